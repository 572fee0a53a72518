"""A mapping as it is sent: all its faults at once, and what is kept of it."""

import json
from typing import Any

import pytest

from dealreg.exports.mapping_inputs import ENCODINGS, mapping_of, read_mapping
from dealreg.exports.mapping_store import built_in
from dealreg.exports.mappings import ExportMapping, FileForm
from dealreg.platform.errors import InvalidInput, Malformed, TooLarge

CONTRACT: dict[str, Any] = {
    "id": "sage50",
    "rows": "payouts",
    "currencies": False,
    "date": "%d/%m/%Y",
    "decimal": ".",
    "replace": {"Ł": "L"},
    "file": {
        "encoding": "windows-1252",
        "delimiter": ",",
        "quote": "needed",
        "newline": "crlf",
        "bom": False,
        "header": True,
        "preamble": [],
    },
    "settings": {"expense_account": "6101", "department": "0"},
    "columns": [
        {"name": "Type", "value": "PI"},
        {"name": "Account Reference", "value": "{partner.erp_reference}", "max": 8, "required": True},
        {"name": "Details", "value": "Commission {run.period} {partner.name}", "max": 60, "too_long": "cut"},
        {"name": "Net Amount", "value": "{payout.net}"},
    ],
}


def read(name: str = "own", **changes: Any) -> ExportMapping:
    said = {"rows": "payouts", "columns": [{"name": "x", "value": "1"}]} | changes
    return read_mapping(name, json.dumps(said).encode()).to_mapping()


def faults(name: str = "own", **changes: Any) -> set[str]:
    with pytest.raises(InvalidInput) as refused:
        read(name, **changes)
    return {fault.field for fault in refused.value.errors}


def column(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "value": "1"} | changes


def test_that_of_the_contract_is_kept_as_it_is() -> None:
    said = read_mapping("sage50", json.dumps(CONTRACT).encode()).written("sage50")
    for sent, kept in zip(CONTRACT["columns"], said.pop("columns"), strict=True):
        assert kept == {"required": False, "too_long": "refuse"} | sent
    assert said == {name: value for name, value in CONTRACT.items() if name != "columns"}


@pytest.mark.parametrize("name", sorted(built_in()))
def test_what_is_shown_can_be_sent_again(name: str) -> None:
    shown = {**built_in()[name].written, "version": 1}
    assert read_mapping(name, json.dumps(shown).encode()).written(name) == built_in()[name].written


def test_defaults_are_those_of_a_plain_csv() -> None:
    assert read().file == FileForm("utf-8", ",", False, "\r\n", False, True, ())


def test_spaces_stay_where_they_say_something() -> None:
    own = read(replace={" ": "_", "-": " "}, file={"preamble": [" a "]}, settings={"a": " b "})
    assert (own.replace, own.file.preamble, own.settings) == ({" ": "_", "-": " "}, (" a ",), {"a": "b"})


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_an_encoding_is_pythons(encoding: str) -> None:
    assert "PI".encode(encoding) == b"PI"


def test_all_faults_are_said_at_once() -> None:
    told = faults(
        "Not A Slug",
        id="other",
        surprise=1,
        rows="lines",
        date="today",
        decimal="'",
        file={"encoding": "utf-16", "delimiter": "x", "quote": "never", "newline": "cr", "preamble": ["=1"]},
        settings={"Not A Name": "1"},
        columns=[
            column(value="{payout.iban}"),
            column(name="=x"),
            column(name="y", max=0, too_long="wrap", on="first"),
            column(name="z", value="{entry.debit} {settings.none} {"),
            column(),
        ],
    )
    assert told == {
        "id",
        "surprise",
        "rows",
        "date",
        "decimal",
        "file.encoding",
        "file.delimiter",
        "file.quote",
        "file.newline",
        "file.preamble.0",
        "settings.Not A Name",
        "columns.0.value",
        "columns.1.name",
        "columns.2.max",
        "columns.2.too_long",
        "columns.2.on",
        "columns.3.value",
        "columns.4.name",
    }


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"columns": []}, "columns"),
        ({"columns": [column(value="{payout.net")]}, "columns.0.value"),
        ({"columns": [column(value="{{payout.net}}")]}, "columns.0.value"),
        ({"columns": [column(value="{payout}")]}, "columns.0.value"),
        ({"columns": [column(value="{entry.account}")]}, "columns.0.value"),
        ({"columns": [column(value="{settings.account}")]}, "columns.0.value"),
        ({"columns": [column(name="Ł")], "file": {"encoding": "windows-1252"}}, "columns.0.name"),
        ({"columns": [column(name=f"c{number}") for number in range(101)]}, "columns"),
        ({"file": {"bom": True, "encoding": "us-ascii"}}, "file.bom"),
        ({"file": {"preamble": ["ż"], "encoding": "us-ascii"}}, "file.preamble.0"),
        ({"date": "%H"}, "date"),
        ({"date": "%"}, "date"),
        ({"date": "2026"}, "date"),
        ({"version": "1"}, "version"),
    ],
)
def test_what_a_file_could_not_be_made_by_is_refused(changes: dict[str, Any], at: str) -> None:
    assert faults(**changes) == {at}


def test_an_own_setting_and_a_row_of_an_entry_can_be_named() -> None:
    values = [column(value="{settings.cost_centre_2}"), column(name="y", value="{entry.amount}", on="first")]
    assert len(read(rows="entries", settings={"cost_centre_2": "7"}, columns=values).columns) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"columns": {"0": 1}, "file": []}', b"[" * 9999, b"\xff"])
def test_whatever_is_sent_is_refused(body: bytes) -> None:
    with pytest.raises((InvalidInput, Malformed)):
        read_mapping("own", body)


def test_more_than_can_be_kept_is_too_much() -> None:
    with pytest.raises(TooLarge):
        read_mapping("own", b" " * 40_000)


def test_what_is_kept_is_read_again() -> None:
    assert mapping_of(dict(built_in()["csv"].written)).currencies
