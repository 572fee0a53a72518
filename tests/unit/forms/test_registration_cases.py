"""Registrations as people send them, by the form and by the API: what is a slip of the hand, and what is not."""

import json
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from dealreg.deals.model import NewDeal
from dealreg.pages.form_data import deal_of, faults, read_form
from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import parse, parse_values
from tests.template import ROOT
from tests.unit.sentences import is_sentence

CASES = ROOT.parent / "shared/cases/registration.json"
FORM = {"customer.name": "Becker", "customer.domain": "becker.example", "amount.amount": "1", "amount.currency": "EUR"}
BODY = {"customer": {"name": "Becker", "domain": "becker.example"}, "amount": {"amount": "1", "currency": "EUR"}}
CONTEXT = {"products": frozenset[str](), "closes_from": date(2026, 1, 1)}


def typed(**fields: str) -> NewDeal:
    return parse_values(NewDeal, deal_of(read_form(urlencode(FORM | fields).encode())), CONTEXT)


def sent(field: str, value: Any) -> NewDeal:
    return parse(NewDeal, json.dumps(BODY | {field: value}).encode(), CONTEXT)


@pytest.mark.parametrize("day", ["0027-02-28", "1999-02-28", "2025-12-31", "2201-01-01", "28.02.2027"])
def test_a_day_of_another_age_is_a_fault_of_its_field_in_words(day: str) -> None:
    for register in (lambda: typed(expected_close_date=day), lambda: sent("expected_close_date", day)):
        with pytest.raises(InvalidInput) as refused:
            register()
        assert [fault.field for fault in refused.value.errors] == ["expected_close_date"]
        assert is_sentence(faults(refused.value, read_form(b""))["expected_close_date"])


@pytest.mark.parametrize("day", ["20270228", "1772236800", 1772236800, 1772236800000, "0", "2027-2-28", "2027-W08"])
def test_digits_that_are_no_written_day_are_none(day: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        sent("expected_close_date", day)
    assert [fault.field for fault in refused.value.errors] == ["expected_close_date"]
    assert "YYYY-MM-DD" in refused.value.errors[0].message


@pytest.mark.parametrize("name", ["X", "喜", "é", "7"])
def test_a_name_may_be_one_letter(name: str) -> None:
    assert typed(**{"customer.name": name}).customer.name == name


@pytest.mark.parametrize("lines", [1, 100])
def test_notes_that_the_browser_let_in_are_taken(lines: int) -> None:
    """It counts a line's end as one character and sends it as two."""
    text = "\n".join(["x" * (4000 // lines - 1)] * lines)
    assert typed(notes=text.replace("\n", "\r\n")).notes == text


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is not here")
def test_the_cases_from_the_field() -> None:
    for case in cast("list[dict[str, Any]]", json.loads(CASES.read_text())):
        is_taken = case["field"] != "expected_close_date"
        text = "\r\n".join(["x" * case.get("characters_in_each", 0)] * case.get("typed_lines", 0))
        try:
            sent(case["field"], case["sent"]) if "sent" in case else typed(**{case["field"]: case.get("typed", text)})
        except InvalidInput as refused:
            assert not is_taken, case
            assert [fault.field for fault in refused.errors] == [case["field"]]
        else:
            assert is_taken, case
