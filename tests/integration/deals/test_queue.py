"""Who waits behind a claim: in the order of registration, and what a suspension and a win do to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dealreg.deals import commands, judging, prospects, queue, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.matching import claims
from dealreg.partners import partners
from dealreg.platform import times
from dealreg.platform.http import Caller
from relay import app
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import create_state_machine, records_of, registered, stream
from tests.unit.deals.samples import JANA

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


class TestAWin:
    """Of who has the customer: nobody waits for it any longer."""

    @pytest.fixture
    def won(self, waiting: list[Deal], context: CommandContext) -> Deal:
        deal, later = waiting[0], at(context, 10)
        commands.apply_decision(deal, deal.review_version, "approve", later, "head")
        return commands.win(store.locate(deal.id), None, later, "src_1")

    def test_rejects_all_who_wait_in_words_for_them(
        self, waiting: list[Deal], won: Deal, context: CommandContext
    ) -> None:
        for _ in range(2):
            queue.turn_away(store.locate(won.id), at(context, 20))
        for deal in map(again, waiting[1:]):
            told = store.events_of(deal)
            assert (deal.status, deal.reason_code) == ("rejected", "existing_customer")
            assert deal.reason == "The registration ahead of yours was won, so this customer buys from us already."
            assert [event.type for event in told] == ["deal.submitted", "deal.queued", "deal.rejected"]
            assert told[-1].internal == {"by": won.id}
            assert is_in_no_queue(deal)
        assert again(won).due_at is None

    @pytest.mark.usefixtures("little_at_once")
    def test_goes_on_by_the_clock_where_many_wait(
        self, waiting: list[Deal], won: Deal, context: CommandContext
    ) -> None:
        queue.turn_away(won, at(context, 20))
        assert statuses(waiting) == ["won", "rejected", "queued"]
        key = store.deal_key(won.partner_id, won.id)
        for minute in (1, 2, 3):
            commands.on_due(key, context.now + timedelta(minutes=minute))
        assert statuses(waiting) == ["won", "rejected", "rejected"]
        assert again(won).due_at is None

    def test_whatever_fails_between(
        self, waiting: list[Deal], won: Deal, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who changed in that moment is met again."""
        rival = at(context, 15)
        lose_race_to(
            monkeypatch,
            lambda: commands.apply(waiting[1], lambda read: rules.comment(read, rival, "Any news?", JANA)),
        )
        queue.turn_away(won, at(context, 20))
        assert statuses(waiting) == ["won", "queued", "rejected"]
        commands.on_due(store.deal_key(won.partner_id, won.id), at(context, 90).now)
        assert statuses(waiting) == ["won", "rejected", "rejected"]

    def test_who_comes_later_does_not_begin_to_wait(
        self, won: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = registered(new_partner("East"), at(context, 30))
        assert late.status == "queued"
        *_, queued = store.events_of(late)
        for _ in range(2):
            queue.turn_away_late(queued, at(context, 40))
        assert (again(late).status, again(late).reason_code) == ("rejected", "existing_customer")

    def test_of_another_deal_leaves_who_waits_in_peace(self, waiting: list[Deal], context: CommandContext) -> None:
        for deal in waiting[1:]:
            *_, queued = store.events_of(deal)
            queue.turn_away_late(queued, at(context, 40))
        assert statuses(waiting) == ["in_review", "queued", "queued"]

    def test_follows_from_the_event(
        self, waiting: list[Deal], won: Deal, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create_state_machine(monkeypatch)
        monkeypatch.setattr(times, "now", lambda: at(context, 20).now)
        assert app.handler({"Records": records_of("Deals", "EVENT")}, None) == {"batchItemFailures": []}
        assert statuses(waiting) == ["won", "rejected", "rejected"]


@pytest.fixture
def little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_AT_ONCE", 1)


def again(deal: Deal) -> Deal:
    return store.locate(deal.id)


def is_in_no_queue(deal: Deal) -> bool:
    keys = prospects.of_deal(deal).claim_keys
    return not any(row["deal_id"] == deal.id for key in keys for row in claims.queue(key))


def test_an_end_in_the_queue_of_a_held_claim_looks_at_nobody_else(
    waiting: list[Deal], context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a queue that is turned away would be tried anew for each of it."""
    gone = commands.apply(waiting[1], lambda read: rules.withdraw(read, at(context, 10), ""))
    monkeypatch.setattr(queue, "_moved_up", unexpected)
    queue.promote(store.events_of(gone)[-1], at(context, 20))


def unexpected(*_: object) -> bool:
    raise AssertionError
