"""A deal is given to another partner, who is active."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dealreg.deals import commands, letters, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.notifications.model import Notice
from dealreg.partners import partners
from dealreg.platform import events, times
from dealreg.platform.errors import StaleVersion
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
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


class TestAnApprovedDeal:
    @pytest.fixture
    def approved(self, deal: Deal, context: CommandContext) -> Deal:
        return commands.apply_decision(deal, deal.review_version, "approve", context, "head")

    def test_keeps_its_dates_and_takes_the_new_partners_tier(
        self, approved: Deal, new_partner: Callable[..., Caller], context: CommandContext
    ) -> None:
        south = new_partner("South", tier="gold")
        later = CommandContext(context.now + timedelta(days=20), 9000)
        moved = commands.reassign(approved, south.partner_id, later, "admin")
        kept = ("status", "protected_until", "told_until", "due_at", "program_version", "extensions")
        assert [getattr(moved, name) for name in kept] == [getattr(approved, name) for name in kept]
        assert (moved.tier, moved.silent_since) == ("gold", times.to_text(later.now))
        assert moved == store.locate(approved.id)

    def test_is_told_to_both_and_neither_learns_of_the_other(
        self, approved: Deal, new_partner: NewPartner, context: CommandContext
    ) -> None:
        north, south = approved.partner_id, new_partner("South").partner_id
        moved = commands.reassign(approved, south, context, "admin")
        away, came = store.events_of(moved)[-2:]
        assert (away.type, away.partner_id, away.audience) == ("deal.reassigned_away", north, (north,))
        assert (came.type, came.partner_id, came.audience) == ("deal.reassigned", south, ("vendor", south))
        assert away.data["partner_reference"] == "CRM-8841" and came.data["partner_reference"] is None
        assert south not in json.dumps(away.to_envelope()) and north not in json.dumps(came.to_envelope())
        assert away.data["version"] == came.data["version"] == moved.version

    def test_is_a_letter_to_each(self, approved: Deal, new_partner: NewPartner, context: CommandContext) -> None:
        moved = commands.reassign(approved, new_partner("South").partner_id, context, "admin")
        mailings = [
            letters.write(
                Notice(event.type, event.id, Setting.DEALS_TABLE, event.key.pk, event.key.sk),
                events.to_item(event),
                context.now,
            )
            for event in store.events_of(moved)[-2:]
        ]
        told = [(one.addresses, one.letter) for one in mailings if one]
        assert [addresses for addresses, _ in told] == [("north@partner.example",), ("south@partner.example",)]
        gone, came = (letter for _, letter in told)
        assert gone.subject.startswith("No longer yours") and gone.links[0].url.endswith("/deals")
        assert came.subject.startswith("Now yours") and came.links[0].url.endswith(f"/deals/{moved.id}")
        assert "South" not in repr(gone) and "North" not in repr(came)


def test_a_new_partner_has_all_the_time_to_answer(deal: Deal, new_partner: NewPartner, context: CommandContext) -> None:
    said: dict[str, Any] = {"fields": ["notes"], "reason": "Which site?"}
    asked = commands.apply_decision(deal, deal.review_version, "request_info", context, "head", **said)
    later = CommandContext(context.now + timedelta(days=7), 9000)
    moved = commands.reassign(asked, new_partner("South").partner_id, later, "admin")
    assert (asked.answer_by, moved.answer_by) == ("2026-12-07T17:00:00.000Z", "2026-12-14T17:00:00.000Z")
    assert moved.due_at == moved.remind_at
