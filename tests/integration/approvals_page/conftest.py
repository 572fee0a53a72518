import json
from collections.abc import Callable
from datetime import datetime

import pytest

from approvals.links import handler
from dealreg.approvals import review, store
from dealreg.approvals.model import Approval, approval_from_item
from dealreg.deals import commands, register
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal, place_of
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.integration.conftest import body
from tests.integration.forms.visitor import Visitor


@pytest.fixture
def today() -> datetime:
    """The pages look at the clock themselves."""
    return times.now()


@pytest.fixture
def deal(new_partner: Callable[[str], Caller], today: datetime) -> Deal:
    new = parse_values(NewDeal, body(), register.validation_context())
    reply = register.register(new_partner("Nordlicht"), new, None, commands.context_at(today))
    return deals.locate(json.loads(reply.body)["id"])


@pytest.fixture
def ask(deal: Deal, today: datetime) -> Callable[..., str]:
    """Puts the deal to the approver of a step, and gives the mailed link's path."""

    def put(step: int = 1, at: datetime = today) -> str:
        review.ask(deal.id, deal.version, step, f"task token {step}", at)
        return f"/approvals/{store.link_token(approvals(deal)[-1])}"

    return put


@pytest.fixture
def link(ask: Callable[..., str]) -> str:
    return ask()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(handler)


def approvals(deal: Deal) -> list[Approval]:
    """By their steps."""
    rows = dynamo.every("Deals", place_of(deal.id).pk, "APPROVAL#")
    return sorted((approval_from_item(row) for row in rows), key=lambda approval: approval.step)
