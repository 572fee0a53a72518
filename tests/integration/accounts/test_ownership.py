"""What a partner is told of the vendor's own accounts: by whose they are, as the program's settings say."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.deals import register
from dealreg.deals.model import ConflictCheckRequest
from dealreg.partners.inputs import ProgramInput
from dealreg.partners.limits import limit
from dealreg.partners.program import Program, save_program, stored_program
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.conftest import NOW

SETTINGS: dict[str, Any] = {
    "name": "Acme",
    "products": [{"id": "analytics", "name": "Analytics", "family": "data"}],
    "tiers": [{"id": "registered", "name": "Registered", "rank": 1}],
    "approvers": {"first": "a@acme.example"},
}


@pytest.fixture
def told(program: Program, new_partner: Callable[[str], Caller]) -> Callable[..., tuple[str, str | None]]:
    """Verdict and reason for a partner that asks after an account of this ownership."""
    partner = new_partner("North")

    def ask(ownership: str, **customer: str) -> tuple[str, str | None]:
        account = {"name": "Kranz AG", "domains": ["kranz.example"], "ownership": ownership, "external_id": "A1"}
        accounts.create(json.dumps(account).encode(), NOW, "test")
        asked = parse_values(
            ConflictCheckRequest, {"customer": customer or {"name": "Shop", "domain": "kranz.example"}}
        )
        judgement, _ = register.judge(partner.partner_id, asked, NOW, limit("checks", partner.partner_id, NOW))
        return judgement.verdict, judgement.reason_code

    return ask


@pytest.mark.parametrize(
    ("ownership", "verdict"),
    [
        ("customer", "existing_customer"),
        ("open_opportunity", "direct_pipeline"),
        ("former_customer", "possible_duplicate"),
        ("partner_owned", "possible_duplicate"),
    ],
)
def test_without_settings(told: Callable[..., tuple[str, str]], ownership: str, verdict: str) -> None:
    assert told(ownership) == (verdict, "domain_match")
    assert told(ownership, name="Kranz", domain="other.example") == ("possible_duplicate", "name_match")


def test_the_settings_decide(told: Callable[..., tuple[str, str]], program: Program) -> None:
    said = {"former_customer": "clear", "partner_owned": "claimed_by_partner"}
    settings = parse_values(ProgramInput, SETTINGS | {"ownership_verdicts": said}).to_program()
    save_program(replace(program, ownership_verdicts=settings.ownership_verdicts), by="test")
    assert told("customer") == ("existing_customer", "domain_match")
    assert told("partner_owned") == ("claimed_by_partner", "domain_match")
    assert told("former_customer") == ("clear", None)
    assert told("former_customer", name="Kranz", domain="other.example") == ("clear", None)


def test_settings_of_before_have_the_defaults(program: Program) -> None:
    assert stored_program().ownership_verdicts["customer"] == "existing_customer"
