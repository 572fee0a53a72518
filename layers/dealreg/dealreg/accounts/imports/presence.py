"""Whose account a row speaks of that was not accepted, or that has another id than before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict

from dealreg.accounts import store as accounts
from dealreg.accounts.imports.table import Row
from dealreg.accounts.model import Account, id_of
from dealreg.matching import identities, index
from dealreg.matching.names.keys import BLOCK_CAP
from dealreg.platform import dynamo

_TOTALS = (
    "total",
    "grand total",
    "sum",
    "summe",
    "gesamt",
    "count",
    "anzahl",
    "confidential",
    "copyright",
    "generated",
)
Found = Mapping[dynamo.Key, dynamo.Item]


def find_owners(rows: Sequence[Row], source: str) -> tuple[dict[str, Account], int]:
    """The accounts of the source that rows which were not accepted may speak of, by id, and of how many it is not sure.

    By any part that can be read: an id, a domain, a number, a name. Rather too many than too few.
    """
    places = {row.line: _places(row) for row in rows}
    found = dynamo.batch_get({place for of_row in places.values() for place in of_row})
    wanted = {id_of(source, cell) for row in rows for cell in _ids(row)} | _accounts_in(found)
    known = {account_id: one for account_id, one in _load(wanted).items() if one.source == source}
    owners, untold = dict[str, Account](), 0
    for row in rows:
        by_id = {id_of(source, cell) for cell in _ids(row)} & known.keys()
        by_parts = {one for place in places[row.line] for one in _owners(place, found, row.cells)} & known.keys()
        owners |= {account_id: known[account_id] for account_id in by_id | by_parts}
        has_its_id = row.is_in_shape and id_of(source, row.external_id) in known
        untold += not (has_its_id or by_parts or _says_nothing(row, bool(by_id)))
    return owners, untold


def find_renamed(gone: Sequence[Account], import_id: str) -> int:
    """How many of these accounts have a namesake, or share an identity, among those that the import wrote."""
    places = {one.id: _places_of(one) for one in gone}
    found = dynamo.batch_get({place for of_one in places.values() for place in of_one})
    known = _load(_accounts_in(found))
    written = {one.id for one in known.values() if one.stamp and one.stamp.import_id == import_id}
    return sum(
        any(written & set(_owners(place, found, [one.name])) - {one.id} for place in places[one.id]) for one in gone
    )


def _load(account_ids: Iterable[str]) -> dict[str, Account]:
    wanted, known = sorted(account_ids), dict[str, Account]()
    for start in range(0, len(wanted), 100):
        known |= accounts.load_many(wanted[start : start + 100])
    return known


def _accounts_in(found: Found) -> set[str]:
    return {entry_id for row in found.values() for entry_id in index.entries_in(row) if entry_id.startswith("acc_")}


def _ids(row: Row) -> list[str]:
    return [cell for cell in dict.fromkeys((row.external_id, *row.cells)) if cell]


def _says_nothing(row: Row, has_id: bool) -> bool:
    """A title, a note or a total below the table."""
    filled = [cell for cell in row.cells if cell]
    return not has_id and (len(filled) <= 1 or filled[0].lower().rstrip(":").startswith(_TOTALS))


def _places(row: Row) -> list[dynamo.Key]:
    """The rows of the index where what the cells say may stand."""
    cells = [cell for cell in row.cells if len(cell) > 2]
    country = next((cell for cell in row.cells if len(cell) == 2 and cell.isalpha()), None)
    numbers = [cell for cell in cells if sum(letter.isdigit() for letter in cell) > 5]
    known = [identities.identify([part.strip() for cell in cells for part in cell.split("|")], {})]
    known += [
        identities.identify([], {name: n, "country": country}) for n in numbers for name in ("tax_id", "lei", "duns")
    ]
    return [*_identified(known), *(key for cell in cells for key in index.blocks_to_write(None, cell)[:1])]


def _places_of(account: Account) -> list[dynamo.Key]:
    known = identities.identify(account.domains, asdict(account))
    return [*_identified([known]), *index.blocks_to_write(None, account.name)[:1]]


def _identified(known: Iterable[identities.Identities]) -> list[dynamo.Key]:
    return [index.entries_key(key) for one in known for key in (*one.claims, *one.hints)]


def _owners(place: dynamo.Key, found: Found, names: Collection[str]) -> list[str]:
    """Those with this identity, or of this very name. Nobody where there is no room for all: the right one may miss."""
    row = found.get(place, {})
    if row.get("entries", 0) >= BLOCK_CAP:
        return []
    said = {name.casefold() for name in names}
    is_identity = not place.pk.startswith("ID#name#")
    return [one for one, entry in index.entries_in(row).items() if is_identity or entry["name"].casefold() in said]
