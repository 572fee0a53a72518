"""A small program on AWS in memory, for tests of stores and handlers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dealreg.deals.rules import CommandContext
from dealreg.partners import partners, users
from dealreg.partners.program import Approvers, Product, Program, Tier, save_program
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from tests.integration.replies import replies_as_declared
from tests.integration.roles import roles_enforced

__all__ = ["replies_as_declared", "roles_enforced"]

PRODUCTS = (Product("analytics", "Analytics", "data"), Product("payments", "Payments", "payments"))
TIERS = (Tier("registered", "Registered", 1), Tier("gold", "Gold", 2, Money(1_000_000, "EUR"), 120))


@pytest.fixture
def program(aws: None) -> Program:
    return save_program(
        Program(
            name="Acme partners",
            products=PRODUCTS,
            tiers=TIERS,
            approvers=Approvers("approver@acme.example", "head@acme.example"),
        ),
        by="test",
    )


@pytest.fixture
def new_partner(program: Program, now: datetime) -> Callable[[str], Caller]:
    """Makes a partner of that name, in the tier "registered", and gives its caller."""

    def make(name: str, tier: str = "registered", own_domains: list[str] | None = None) -> Caller:
        partner = partners.create(name, tier, own_domains or [], now, by="test")
        user = users.create(partner.id, f"{name} user", f"{name.lower()}@partner.example", now, by="test")
        return Caller("partner", partner.id, user.id, frozenset(["deals", "webhooks"]))

    return make


@pytest.fixture
def context(now: datetime) -> CommandContext:
    return CommandContext(now, 7)


def body(**changes: Any) -> dict[str, Any]:
    """A registration's body, with every field that partners usually fill."""
    return {
        "customer": {
            "name": "Müller Maschinenbau GmbH",
            "domain": "mueller-maschinenbau.de",
            "country": "DE",
            "tax_id": "DE136695976",
            "contact": {"name": "Jana Weiß", "email": "j.weiss@mueller-maschinenbau.de", "phone": "+49 30 1234567"},
        },
        "products": ["analytics"],
        "amount": {"amount": "48000.00", "currency": "EUR"},
        "expected_close_date": "2027-02-28",
        "notes": "Met at the fair",
        "partner_reference": "CRM-8841",
    } | changes
