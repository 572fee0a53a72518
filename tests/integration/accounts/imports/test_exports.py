"""Exports as people send them, whole and damaged: a full import removes nobody whose line is still there."""

import os
from typing import Any

import pytest

from dealreg.accounts.model import id_of
from dealreg.platform import aws as clients
from tests.exports import CUT, DAMAGED, PLAIN, READ_WHOLE, ROWS
from tests.integration.accounts.imports.conftest import call, show, upload, work_off
from tests.moto_resources import as_left_by
from tests.samples import content
from tests.template import ROOT

CASES = ROOT.parent / "shared/cases/imports"
NO_CODE = ("Input should", "codec", "surrogate", "ordinal", "Error", "csv", "None", "Traceback", "\\x")


def sent(file: bytes, **asked: Any) -> dict[str, Any]:
    """A full import, as far as it goes without a person."""
    import_id = str(content(call("create", body={"mode": "full"} | asked))["id"])
    upload(import_id, file)
    assert call("start", import_id)["statusCode"] == 202
    work_off()
    shown = show(import_id)
    assert not any(words in str(said) for said in said_of(shown) for words in NO_CODE), said_of(shown)
    return shown


def said_of(shown: dict[str, Any]) -> list[str]:
    rejects = content(call("list-rejects", shown["id"], query={"limit": "100"}))["items"]
    return [
        shown["problem"] or "",
        *shown["warnings"],
        *(fault["message"] for row in rejects for fault in row["errors"]),
    ]


def there() -> set[str]:
    """The external ids of the accounts that there are."""
    reply = clients.client("dynamodb").scan(TableName=os.environ["ACCOUNTS_TABLE"])
    return {item["external_id"]["S"] for item in reply["Items"] if item["sk"]["S"] == "ACCOUNT"}


EVERYBODY = {row[0] for row in ROWS}


def known() -> None:
    sent(PLAIN.encode())


def test_the_encoding_is_named() -> None:
    named = {form: sent(READ_WHOLE[form])["encoding"] for form in ("utf-8", "windows-1252", "utf-16-le without a mark")}
    assert named == {"utf-8": "utf-8", "windows-1252": "windows-1252", "utf-16-le without a mark": "utf-16-le"}


@pytest.mark.parametrize("damage", DAMAGED)
def test_whoever_still_has_a_line_is_not_removed(damage: str) -> None:
    as_left_by(known)
    shown = sent(DAMAGED[damage])
    assert there() >= EVERYBODY
    assert shown["state"] in ("completed", "awaiting_confirmation")
    assert shown["removed"] == 0
    assert shown["rejected"] > 0 or damage in ("another id", "a zero byte")


@pytest.mark.parametrize("cut", CUT)
def test_a_file_that_was_cut_off_waits_for_a_person(cut: str) -> None:
    as_left_by(known)
    shown = sent(CUT[cut])
    assert (shown["state"], shown["removed"]) == ("awaiting_confirmation", 0)
    assert shown["removals"] >= 5
    assert there() == EVERYBODY
    listed = content(call("list-removals", shown["id"], query={"limit": "100"}))["items"]
    assert len(listed) == shown["removals"]
    assert {item["external_id"] for item in listed} <= EVERYBODY


def test_the_row_of_an_open_quote_is_named_with_the_lines_it_would_have_swallowed() -> None:
    shown = sent(DAMAGED["a quote that is not closed"])
    (row,) = content(call("list-rejects", shown["id"]))["items"]
    assert (row["line"], row["external_id"], shown["created"]) == (4, "C3", 9)
    assert "swallowed 4 lines, to line 8" in row["errors"][0]["message"]


@pytest.mark.parametrize("encoding", ["mac-roman", "cp850", "cp1251"])
def test_letters_of_other_encodings_are_not_guessed(encoding: str) -> None:
    names = "Жанна Плюс" if encoding == "cp1251" else "Müller Öfen"
    file = f"external_id,name,ownership\r\nC1,{names},customer\r\n".encode(encoding)
    shown = sent(file)
    assert shown["state"] == "failed"
    assert "encoding" in shown["problem"]
    said = sent(file, encoding={"cp1251": "windows-1251"}.get(encoding, encoding))
    assert (said["state"], said["created"]) == ("completed", 1)
    account = content_of_account("C1")
    assert account["name"]["S"] == names


def content_of_account(external_id: str) -> dict[str, Any]:
    key = {"pk": {"S": f"ACCOUNT#{id_of('crm', external_id)}"}, "sk": {"S": "ACCOUNT"}}
    return clients.client("dynamodb").get_item(TableName=os.environ["ACCOUNTS_TABLE"], Key=key)["Item"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"PK\x03\x04" + b"\0" * 200, "workbook"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 200, "Excel"),
        (b"\xff\xfe\0\0" + "external_id".encode("utf-32-le"), "UTF-32"),
        (b"<html><table><tr><td>external_id</td></tr></table>", "header"),
        (b"external_id,name,ownership,name\r\nC1,A,customer,B\r\n", "name twice"),
        (b"external_id,name,ownership\r\n", "no rows"),
        (b"external_id,name,ownership\r\n" + b"x" * 70_000, "longer"),
        (b"\0" * 5000, "header"),
    ],
)
def test_what_is_no_table_is_refused_in_words(file: bytes, words: str) -> None:
    as_left_by(known)
    shown = sent(file)
    assert shown["state"] == "failed"
    assert words in shown["problem"]
    assert there() == EVERYBODY


def known_from_the_field() -> dict[str, Any]:
    return sent((CASES / "01-full-export-utf-8.csv").read_bytes())


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases from the field are not on this machine")
@pytest.mark.parametrize("case", sorted(path.name for path in CASES.glob("*.csv")))
def test_cases_from_the_field(case: str) -> None:
    before = as_left_by(known_from_the_field)
    assert before["created"] == 10
    shown = sent((CASES / case).read_bytes())
    assert (shown["removed"], len(there())) == (0, 10)
    if case.startswith("06"):
        assert (shown["state"], shown["removals"]) == ("awaiting_confirmation", 6)
    else:
        assert shown["state"] == "completed"
        assert shown["rejected"] == (1 if case.startswith("05") else 0)
