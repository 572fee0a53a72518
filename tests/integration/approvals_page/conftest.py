import json
from collections.abc import Callable
from datetime import datetime

import pytest

from approvals.links import handler
from dealreg.approvals import review
from dealreg.approvals.model import Status
from dealreg.deals import commands, register
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.integration.conftest import body
from tests.integration.forms.visitor import Visitor
from tests.reviews import Put, questions_of


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
    """Puts the deal to its approver, and gives the mailed link's path."""

    def put(at: datetime = today) -> str:
        review.ask(deal.id, deal.version, "task token", at)
        return path_of(questions_of(deal)[-1])

    return put


@pytest.fixture
def link(ask: Callable[..., str]) -> str:
    return ask()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(handler)


def path_of(put: Put) -> str:
    return f"/approvals/{put.link}"


def statuses(deal: Deal) -> list[Status]:
    """Of its questions."""
    return [put.status for put in questions_of(deal)]
