"""An export of ten customers, as systems and spreadsheets write it."""

HEADER = ["external_id", "name", "ownership", "domains", "country", "tax_id"]
NAMES = (
    *("Müller Feinguss GmbH", "Weber Spedition AG", "Österreichische Pinselwerke GmbH", "Plain Copper Ltd"),
    *("Kolmar Werk GmbH", "Brandner Elektro GmbH", "Tiefbau Weiß GmbH", "Lindau Textil GmbH", "Orka Marine AG"),
    "Quant Autohaus GmbH",
)
ROWS = [[f"C{n}", name, "customer", f"kunde-{n}.example", "DE", ""] for n, name in enumerate(NAMES, 1)]


def export(delimiter: str = ",", end: str = "\r\n", rows: list[list[str]] = ROWS) -> str:
    return "".join(delimiter.join(row) + end for row in [HEADER, *rows])


def lines() -> list[str]:
    return export().splitlines(keepends=True)


PLAIN = export()
READ_WHOLE: dict[str, bytes] = {
    "utf-8": PLAIN.encode(),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "windows-1252": PLAIN.encode("windows-1252"),
    "utf-16-le": b"\xff\xfe" + PLAIN.encode("utf-16-le"),
    "utf-16-be": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "utf-16-le without a mark": PLAIN.encode("utf-16-le"),
    "utf-16-be without a mark": PLAIN.encode("utf-16-be"),
    "semicolons": export(";").encode(),
    "tabs": export("\t").encode(),
    "tabs in utf-16, as a spreadsheet's Unicode text": b"\xff\xfe" + export("\t").encode("utf-16-le"),
    "bars": export("|").encode(),
    "sep=": b"sep=;\r\n" + export(";").encode(),
    "sep= in quotes": b'"sep=,"\r\n' + PLAIN.encode(),
    "line feeds": export(end="\n").encode(),
    "carriage returns": export(end="\r").encode(),
    "two carriage returns before a line feed": export(end="\r\r\n").encode(),
    "empty lines above": b"\r\n;;;\r\n\r\n" + export(";").encode(),
    "titles above": "Kundenliste, Stand 27.11.;;\r\nErzeugt von: Jörg;;\r\n\r\n".encode() + export(";").encode(),
    "empty lines between and below": PLAIN.replace("\r\nC4", "\r\n\r\n,,,,,\r\nC4").encode() + b"\r\n\r\n",
    "no end of the last line": PLAIN.removesuffix("\r\n").encode(),
    "last empty cells left out": PLAIN.replace(",DE,\r\n", ",DE\r\n").encode(),
    "a comma more in each row": PLAIN.replace(",DE,\r\n", ",DE,,\r\n").encode(),
    "a comma more in each line": PLAIN.replace(",DE,\r\n", ",DE,,\r\n").replace("tax_id", "tax_id,").encode(),
    "everything in quotes": "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in [HEADER, *ROWS]).encode(),
    "each line in quotes as a whole": "".join(f'"{line}"\r\n' for line in PLAIN.splitlines()).encode(),
    "spaces around quotes": PLAIN.replace(",customer,", ', "customer" ,').encode(),
    "a header in capitals and words": PLAIN.replace("external_id", "External ID").replace("tax_id", "Tax-Id").encode(),
    "a column without a name": "".join(f"{line},\r\n" for line in PLAIN.splitlines()).encode(),
    "ids as formulas": PLAIN.replace("\r\nC4,", '\r\n="C4",').replace("\r\nC5,", '\r\n"=""C5""",').encode(),
    "a carriage return within a name": PLAIN.replace("Kolmar Werk", "Kolmar\r Werk").encode(),
    "a line feed within quotes": PLAIN.replace("Kolmar Werk GmbH", '"Kolmar Werk\nGmbH"').encode(),
    "quotes within a cell": PLAIN.replace("Tiefbau Weiß", 'Tiefbau "Weiß"').encode(),
    "spaces nobody sees": PLAIN.replace("\r\nC4,", "\r\n\u200bC4\u00a0,").encode(),
}
"""All ten are read from them, as they are."""
DAMAGED: dict[str, bytes] = {
    "a quote that is not closed": PLAIN.replace("C3,Ö", 'C3,"Ö').replace("Weiß", '"Weiß"').encode(),
    "a quote that is not closed to the end": PLAIN.replace("C3,Ö", 'C3,"Ö').encode(),
    "two stray quotes": PLAIN.replace("C3,Ö", 'C3,"Ö').replace("Weiß GmbH", 'Weiß GmbH"').encode(),
    "a comma in a name": PLAIN.replace("Kolmar Werk", "Kolmar, Werk").encode(),
    "a comma left out": PLAIN.replace("C5,Kolmar", "C5Kolmar").encode(),
    "a line break within a name": PLAIN.replace("Kolmar Werk", "Kolmar\r\nWerk").encode(),
    "an id left out": PLAIN.replace("C5,", ",").encode(),
    "ids that a spreadsheet shortened": PLAIN.replace("C5,", "1,23457E+11,").replace("C6,", "1.23457E+11,").encode(),
    "letters of another encoding in one row": PLAIN.encode().replace("Tiefbau Weiß".encode(), b"Tiefbau Wei\xdf"),
    "a zero byte": PLAIN.replace("Kolmar Werk", "Kolmar\0 Werk").encode(),
    "an id twice": PLAIN.replace("\r\nC5,", "\r\nC6,").encode(),
    "another id": PLAIN.replace("\r\nC5,", "\r\n5,").encode(),
    "a country that is none": PLAIN.replace("C5,Kolmar Werk GmbH,customer,kunde-5.example,DE", "C5,,,,").encode(),
    "a total below": PLAIN.encode() + b"Total,10,,,,\r\nConfidential: do not pass on\r\n",
}
"""Some row of them cannot be read as it was; every account still has a line."""
CUT: dict[str, bytes] = {
    "within a row": PLAIN[: PLAIN.index("per Ltd")].encode(),
    "after three rows": "".join(lines()[:4]).encode(),
    "within quotes": "".join(lines()[:4]).encode() + b'C4,"Plain Co',
    "within a letter": "".join(lines()[:3]).encode() + "C3,Ö".encode()[:-1],
    "within a letter of UTF-16": PLAIN.encode("utf-16-le")[:301],
}
"""Accounts are missing at the end."""
