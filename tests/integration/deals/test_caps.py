"""How many deals a partner may have open: exact, whatever happens at once, and with those that were there before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from dealreg.deals import commands, open_deals, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import LostReason
from dealreg.partners import partners
from dealreg.partners.program import Program, current_program, save_program
from dealreg.platform import dynamo, times
from dealreg.platform.errors import CapReached
from dealreg.platform.http import Caller
from deals import api
from tests.integration.aws_calls import intercept, lose_every_race_to, lose_race_to
from tests.integration.moving import registered
from tests.samples import content, sample

NewPartner = Callable[..., Caller]
Register = Callable[[Caller], Deal]
Limit = Callable[[int | None], None]


@pytest.fixture
def north(new_partner: NewPartner) -> Caller:
    return new_partner("North")


@pytest.fixture
def make(context: CommandContext) -> Register:
    """Registers a deal of a customer whom nobody else has."""
    numbers = count()

    def one(caller: Caller) -> Deal:
        number = next(numbers)
        customer = {"name": f"Kunde {number} {'x' * number}", "domain": f"kunde-{number}.example"}
        later = CommandContext(context.now + timedelta(seconds=number), 1000 * number)
        return registered(caller, later, customer=customer, partner_reference=None)

    return one


@pytest.fixture
def limit(program: Program) -> Limit:
    """Sets that of the tier "registered"; "gold" has none."""

    def to(most: int | None) -> None:
        tiers = (replace(program.tiers[0], open_limit=most), program.tiers[1])
        save_program(replace(current_program(), tiers=tiers), "test")

    return to


def refused(make: Register, caller: Caller) -> dict[str, Any]:
    with pytest.raises(CapReached) as refusal:
        make(caller)
    return refusal.value.extra


def withdrawn(deal: Deal, context: CommandContext) -> Deal:
    return store.commit(deal, rules.withdraw(deal, context, ""))


def test_one_more_than_the_limit_is_refused_with_both_numbers(
    north: Caller, make: Register, limit: Limit, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(2)
    for _ in range(2):
        make(north)
    monkeypatch.setattr(times, "now", lambda: now)
    reply = api.handler(sample("deals-api/register", caller=north), None)
    told = content(reply)
    assert (reply["statusCode"], told["code"], told["limit"], told["open"]) == (409, "cap_reached", 2, 2)
    assert len(list(store.every_of_partner(north.partner_id))) == 2


ENDS: dict[str, Callable[[Deal, CommandContext], object]] = {
    "withdrawn": lambda deal, context: withdrawn(deal, context),
    "rejected": lambda deal, context: commands.apply_decision(
        deal, deal.review_version, "reject", context, "head", reason="No."
    ),
    "lost": lambda deal, context: commands.apply(
        approved(deal, context), lambda one: rules.lose(one, context, LostReason.PRICE, "")
    ),
    "won": lambda deal, context: commands.win(approved(deal, context), None, context, "src_1"),
    "expired": lambda deal, context: commands.release_claim(approved(deal, context), context, "admin"),
}


def approved(deal: Deal, context: CommandContext) -> Deal:
    return commands.apply_decision(deal, deal.review_version, "approve", context, "head")


@pytest.mark.parametrize("end", ENDS)
def test_every_end_makes_room_for_one(
    north: Caller, make: Register, limit: Limit, context: CommandContext, end: str
) -> None:
    limit(2)
    first, _ = make(north), make(north)
    ENDS[end](first, context)
    assert store.locate(first.id).status == end
    make(north)
    assert refused(make, north) == {"limit": 2, "open": 2}


def test_who_waits_or_is_asked_or_approved_is_open(
    north: Caller, new_partner: NewPartner, make: Register, limit: Limit, context: CommandContext
) -> None:
    limit(3)
    registered(new_partner("South"), context)
    waiting = registered(north, CommandContext(context.now, 1000))
    asked, yes = make(north), make(north)
    store.commit(asked, rules.request_info(asked, context, ["notes"], "More?", "head"))
    approved(yes, context)
    assert waiting.status == "queued"
    assert refused(make, north) == {"limit": 3, "open": 3}


def test_deals_from_before_the_limit_count(
    north: Caller, make: Register, limit: Limit, context: CommandContext
) -> None:
    deals = [make(north) for _ in range(3)]
    withdrawn(deals[0], context)
    limit(3)
    make(north)
    assert refused(make, north) == {"limit": 3, "open": 3}


def test_a_lower_limit_ends_nothing_and_a_higher_one_lets_in(north: Caller, make: Register, limit: Limit) -> None:
    limit(3)
    deals = [make(north) for _ in range(3)]
    limit(1)
    assert {store.locate(deal.id).status for deal in deals} == {"in_review"}
    assert refused(make, north) == {"limit": 1, "open": 3}
    limit(4)
    make(north)


def test_of_two_at_once_only_one_gets_the_last_place(
    north: Caller, make: Register, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(2)
    make(north)
    lose_race_to(monkeypatch, lambda: make(north))
    assert refused(make, north) == {"limit": 2, "open": 2}


def test_who_comes_while_the_first_count_is_made_is_in_it(
    north: Caller, make: Register, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(north)
    limit(2)
    lose_race_to(monkeypatch, lambda: make(north), "Deals")
    assert refused(make, north) == {"limit": 2, "open": 2}


def test_what_goes_while_the_first_count_is_made_is_not_in_it(
    north: Caller,
    make: Register,
    limit: Limit,
    context: CommandContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deals = [make(north), make(north)]
    limit(2)
    leaving = iter(deals)

    def leave() -> None:
        if deal := next(leaving, None):
            withdrawn(deal, context)

    with monkeypatch.context() as patched:
        lose_every_race_to(patched, leave)
        make(north)
    make(north)
    assert refused(make, north) == {"limit": 2, "open": 2}


def test_a_deal_that_goes_to_another_partner_goes_from_one_count_to_the_other(
    north: Caller, new_partner: NewPartner, make: Register, limit: Limit, context: CommandContext
) -> None:
    south = new_partner("South")
    limit(1)
    deal = make(north)
    make(south)
    commands.reassign(deal, south.partner_id, context, "admin")
    make(north)
    assert refused(make, south) == {"limit": 1, "open": 2}


def test_a_partner_that_had_no_limit_for_a_while_is_counted_right_again(
    north: Caller, make: Register, limit: Limit, context: CommandContext
) -> None:
    limit(3)
    first = make(north)
    partners.change(north.partner_id, {"tier": "gold"}, "test")
    for _ in range(3):
        make(north)
    withdrawn(first, context)
    partners.change(north.partner_id, {"tier": "registered"}, "test")
    assert refused(make, north) == {"limit": 3, "open": 3}


def test_what_happened_while_no_tier_had_a_limit_counts(
    north: Caller, make: Register, limit: Limit, context: CommandContext
) -> None:
    limit(2)
    first = make(north)
    limit(None)
    withdrawn(first, context)
    make(north)
    limit(2)
    make(north)
    assert refused(make, north) == {"limit": 2, "open": 2}


@pytest.mark.parametrize("days", [0, 1])
def test_a_count_that_is_wrong_or_gone_is_put_right(
    north: Caller, make: Register, limit: Limit, context: CommandContext, days: int
) -> None:
    limit(2)
    make(north)
    key = open_deals.row_key(north.partner_id)
    dynamo.write(dynamo.update(key, add={"open": 7}) if days else dynamo.delete(key))
    later = CommandContext(context.now + timedelta(days=days), 9000)
    registered(north, later)
    row = dynamo.get(key.table, key.pk, key.sk)
    assert row and row["open"] == 2


def test_a_retry_with_its_key_gets_its_deal_though_there_is_no_more_room(
    north: Caller, limit: Limit, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(1)
    monkeypatch.setattr(times, "now", lambda: now)
    replies = [
        api.handler(sample("deals-api/register", caller=north, headers={"idempotency-key": "k1"}), None)
        for _ in range(2)
    ]
    assert [content(reply)["id"] for reply in replies] == [content(replies[0])["id"]] * 2


class TestWhatItCosts:
    @pytest.fixture
    def golden(self, new_partner: NewPartner) -> Caller:
        return new_partner("Gold", tier="gold")

    def test_where_no_tier_has_a_limit_nothing(
        self, north: Caller, make: Register, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(north)
        assert calls_of(lambda: make(north), monkeypatch) == [("BatchGetItem", 0), ("TransactWriteItems", 0)]

    def test_with_one_a_row_more_in_the_same_two_calls(
        self, north: Caller, make: Register, limit: Limit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limit(5)
        make(north)
        assert calls_of(lambda: make(north), monkeypatch) == [("BatchGetItem", 1), ("TransactWriteItems", 1)]

    def test_in_a_tier_without_one_a_read_beside_others_that_have_one(
        self, golden: Caller, make: Register, limit: Limit, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also when some of its deals have ended, which nobody had counted."""
        limit(5)
        withdrawn(make(golden), context)
        assert calls_of(lambda: make(golden), monkeypatch) == [("BatchGetItem", 1), ("TransactWriteItems", 0)]


def calls_of(act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The calls that an act makes, but for reading the deal again, and how many items of each are counts."""
    made: list[tuple[str, int]] = []

    def note(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation != "GetItem":
            made.append((operation, repr(request).count("'OPEN'")))
        return make()

    with monkeypatch.context() as patched:
        intercept(patched, note)
        act()
    return made
