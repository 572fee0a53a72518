"""Who waits behind a claim: in the order of registration, and what a suspension does to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dealreg.deals import commands, judging, queue, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners
from dealreg.platform import times
from dealreg.platform.http import Caller
from relay import app
from tests.integration.moving import create_state_machine, records_of, registered, stream

NewPartner = Callable[[str], Caller]


@pytest.fixture
def waiting(new_partner: NewPartner, context: CommandContext) -> list[Deal]:
    """One that has the customer, and two behind it."""
    names = ("North", "South", "West")
    return [registered(new_partner(name), at(context, place)) for place, name in enumerate(names)]


def at(context: CommandContext, seconds: int) -> CommandContext:
    return CommandContext(context.now + timedelta(seconds=seconds), context.entropy + 1000 * seconds)


def change(partner_id: str, status: str) -> None:
    partners.change(partner_id, {"status": status}, "test")


def withdraw(deal: Deal, context: CommandContext) -> None:
    gone = commands.apply(store.locate(deal.id), lambda read: rules.withdraw(read, context, ""))
    queue.promote(store.events_of(gone)[-1], context)


def statuses(deals: list[Deal]) -> list[str]:
    return [store.locate(deal.id).status for deal in deals]


class TestASuspendedPartner:
    def test_is_passed_over_and_keeps_its_place(self, waiting: list[Deal], context: CommandContext) -> None:
        change(waiting[1].partner_id, "suspended")
        withdraw(waiting[0], at(context, 10))
        assert statuses(waiting) == ["withdrawn", "queued", "in_review"]
        change(waiting[1].partner_id, "active")
        withdraw(waiting[2], at(context, 20))
        assert statuses(waiting) == ["withdrawn", "in_review", "withdrawn"]

    def test_moves_up_when_it_is_active_again(
        self, waiting: list[Deal], context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, suspended, _ = waiting
        for deal in waiting[1:]:
            change(deal.partner_id, "suspended")
        withdraw(first, at(context, 10))
        assert statuses(waiting) == ["withdrawn", "queued", "queued"]
        for deal in waiting[1:]:
            change(deal.partner_id, "active")
        create_state_machine(monkeypatch)
        monkeypatch.setattr(times, "now", lambda: at(context, 20).now)
        assert len(records_of("Partners", "PARTNER", "MODIFY")) == 4
        for _ in range(2):
            records = [one for one in stream("Partners") if "NewImage" in one["dynamodb"]]
            assert app.handler({"Records": records}, None) == {"batchItemFailures": []}
        assert statuses(waiting) == ["withdrawn", "in_review", "queued"]
        assert store.locate(suspended.id).review_version

    def test_is_not_moved_up_by_a_re_check_until_it_is_active(
        self, waiting: list[Deal], context: CommandContext
    ) -> None:
        first, suspended, last = waiting
        withdraw(last, at(context, 5))
        change(suspended.partner_id, "suspended")
        withdraw(first, at(context, 10))
        assert judging.recheck(store.locate(suspended.id), at(context, 20)).status == "queued"
        change(suspended.partner_id, "active")
        assert judging.recheck(store.locate(suspended.id), at(context, 30)).status == "in_review"
