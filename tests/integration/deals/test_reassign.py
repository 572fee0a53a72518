"""A deal is given to another partner, who is active."""

from collections.abc import Callable
from typing import Any

import pytest

from dealreg.deals import commands, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners
from dealreg.platform.errors import StaleVersion
from dealreg.platform.http import Caller
from tests.integration.aws_calls import lose_race_to
from tests.integration.deals.reviewing import call
from tests.integration.moving import registered
from tests.samples import content

NewPartner = Callable[[str], Caller]


@pytest.fixture
def deal(new_partner: NewPartner, context: CommandContext) -> Deal:
    return registered(new_partner("North"), context)


def reassigned(deal: Deal, partner_id: str) -> dict[str, Any]:
    return call("reassign", deal.id, body={"partner_id": partner_id})


def suspend(partner_id: str) -> None:
    partners.change(partner_id, {"status": "suspended"}, "test")


class TestWhoCannotHaveIt:
    def test_who_has_it_already(self, deal: Deal) -> None:
        reply = reassigned(deal, deal.partner_id)
        assert (reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]) == (422, ["partner_id"])
        assert store.locate(deal.id) == deal

    def test_who_is_suspended(self, deal: Deal, new_partner: NewPartner) -> None:
        south = new_partner("South").partner_id
        suspend(south)
        reply = reassigned(deal, south)
        assert (reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]) == (422, ["partner_id"])
        assert store.locate(deal.id) == deal

    def test_who_is_suspended_in_that_moment(
        self, deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        south = new_partner("South").partner_id
        lose_race_to(monkeypatch, lambda: suspend(south))
        with pytest.raises(StaleVersion):
            commands.reassign(deal, south, context, "user_1")
        assert store.locate(deal.id) == deal
