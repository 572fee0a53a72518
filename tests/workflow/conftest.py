"""A deployed state machine, a program with two approvers, and deals to review."""

from collections.abc import Callable
from datetime import datetime

import pytest

from dealreg.deals import register
from dealreg.deals import store as deals
from dealreg.deals.model import Customer, Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners
from dealreg.partners.program import Approvers, Program, Tier, save_program
from dealreg.platform.fields import PositiveAmount
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from tests.workflow.interpreter import Machine, deploy

FIRST, SECOND = "first@vendor.example", "second@vendor.example"
PROGRAM = Program(
    tiers=(Tier("gold", "Gold", rank=1, auto_approve_limit=Money(10_000_00, "EUR")),),
    approvers=Approvers(FIRST, SECOND),
)


@pytest.fixture
def machine(aws: None, monkeypatch: pytest.MonkeyPatch) -> Machine:
    save_program(PROGRAM, by="test")
    return deploy(monkeypatch)


@pytest.fixture
def new_deal(machine: Machine, now: datetime) -> Callable[[str], Deal]:
    """Registers a deal of that many euros."""
    partner = partners.create("North", "gold", [], now, by="test")

    def make(euros: str) -> Deal:
        caller = Caller("partner", partner.id, "user_1", frozenset(["deals"]))
        customer = Customer(name="Acme GmbH", domain="acme.example", country="DE")
        new = NewDeal(customer=customer, amount=PositiveAmount(amount=euros, currency="EUR"))
        register.register(caller, new, None, CommandContext(now, 7))
        (item,) = deals.newest_of_partner(partner.id, 5)
        return item

    return make
