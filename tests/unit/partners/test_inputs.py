"""What an admin may send: every fault is found at once, and said in words."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from dealreg.partners.inputs import NewPartner, NewUser, PartnerChange, ProgramInput
from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import parse
from tests.template import ROOT


def faults(model: Any, body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        parsed = parse(model, json.dumps(body).encode())
        parsed.to_program()
    return {fault.field: fault.message for fault in refusal.value.errors}


@pytest.fixture
def program() -> dict[str, Any]:
    event = json.loads((ROOT / "events/partners-program-api/save-program.json").read_text())
    return json.loads(event["body"])


def test_every_fault_of_a_program_is_found_at_once(program: dict[str, Any]) -> None:
    program["tiers"][0]["rank"] = 0
    program["tiers"][1]["auto_approve_limit"]["amount"] = "a lot"
    program["products"][0]["family"] = "Data & more"
    program["approvers"]["first"] = "the boss"
    program["decide_within_days"] = "2"
    program["colour"] = "green"
    program["mascot"] = "otter"
    assert faults(ProgramInput, program) == {
        "tiers.0.rank": "Use 1 or more.",
        "tiers.1.auto_approve_limit.amount": 'Write the amount as digits with a point, such as "48000.00".',
        "products.0.family": "Use up to 40 small letters, digits, - and _.",
        "approvers.first": "Write an e-mail address such as name@example.com.",
        "decide_within_days": "Use a whole number.",
        "colour": "Write a colour such as #0d6350.",
        "mascot": "This field is not known.",
    }


def test_a_program_needs_its_name_products_tiers_and_approvers() -> None:
    assert set(faults(ProgramInput, {})) == {"name", "products", "tiers", "approvers"}


@pytest.mark.parametrize(
    ("field", "same", "message"),
    [
        ("products", "id", "Two products have the same id."),
        ("tiers", "id", "Two tiers have the same id."),
        ("tiers", "rank", "Two tiers have the same rank."),
    ],
)
def test_two_entries_must_differ(program: dict[str, Any], field: str, same: str, message: str) -> None:
    program[field][1][same] = program[field][0][same]
    assert faults(ProgramInput, program) == {field: message}


def test_an_escalation_cannot_come_before_the_reminder(program: dict[str, Any]) -> None:
    program |= {"remind_after_hours": 36, "escalate_after_hours": 36}
    assert set(faults(ProgramInput, program)) == {"escalate_after_hours"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.com", "example.com"),
        ("https://www.Example.com/about", "example.com"),
        ("mail.example.co.uk", "example.co.uk"),
    ],
)
def test_an_own_domain_is_kept_as_the_registrable_domain(typed: str, kept: str) -> None:
    body = {"name": "A", "tier": "gold", "own_domains": [typed]}
    assert parse(NewPartner, json.dumps(body).encode()).own_domains == [kept]


def test_a_word_is_no_domain() -> None:
    body = {"name": "A", "tier": "gold", "own_domains": ["example.com", "our website"]}
    assert faults(NewPartner, body) == {"own_domains.1": "Write a domain such as example.com."}


def test_only_what_is_sent_changes_a_partner() -> None:
    assert parse(PartnerChange, b'{"status": "suspended"}').changes() == {"status": "suspended"}
    assert parse(PartnerChange, b"{}").changes() == {}


def test_a_partner_cannot_lose_its_name() -> None:
    assert set(faults(PartnerChange, {"name": None, "tier": "", "status": "gone"})) == {"name", "tier", "status"}


def test_a_user_has_a_name_and_an_address() -> None:
    assert faults(NewUser, {"email": "x"}) == {
        "name": "This is required.",
        "email": "Write an e-mail address such as name@example.com.",
    }


def test_every_setting_is_taken_over(program: dict[str, Any]) -> None:
    """None is accepted and dropped on the way."""
    said = parse(ProgramInput, json.dumps(program).encode())
    numbers = {name: value + 1 for name, value in said.model_dump().items() if type(value) is int}
    other = program | numbers | {"stale_after_days": 100, "possible_match_percent": 40, "colour": "#AABBCC"}
    taken = asdict(parse(ProgramInput, json.dumps(other).encode()).to_program())
    expected = numbers | {"stale_after_days": 100, "possible_match_percent": 40, "colour": "#aabbcc"}
    assert {name: taken[name] for name in expected} == expected
