"""What a match and its verdict are called on the approver's page, by `MatchVerdict` and by the line compared."""

COMPARED = {
    "name": "Name",
    "domain": "Website",
    "country": "Country",
    "tax_id": "Tax no.",
    "lei": "LEI",
    "duns": "DUNS",
}
RELATIONS = {"same": "Same", "related": "Related", "different": "Another"}
