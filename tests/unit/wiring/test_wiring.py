"""The wiring against the rules of deals: an event type that is spelled wrong would do nothing, quietly."""

from collections import Counter

import pytest

from dealreg import relay, wiring
from dealreg.capability import EVERY_TYPE, EventHandler
from dealreg.deals.statuses import FREEING, Status
from dealreg.deals.wiring import promote_next
from dealreg.reviewing.wiring import judge_others

ENDED = sorted(FREEING)


def handlers(event_type: str) -> list[EventHandler]:
    return relay.event_handlers(wiring.CAPABILITIES, event_type)


@pytest.mark.parametrize("status", ENDED)
def test_whatever_ends_without_a_sale_lets_the_next_in_line_move_up(status: Status) -> None:
    assert promote_next in handlers(f"deal.{status}")


@pytest.mark.parametrize("event_type", [*(f"deal.{status}" for status in ENDED), "deal.resubmitted"])
def test_who_was_like_it_is_judged_again_when_the_index_has_forgotten_it(event_type: str) -> None:
    steps = handlers(event_type)
    assert steps.index(judge_others) > steps.index(promote_next)


def test_whoever_corrects_the_customer_lets_the_next_in_line_of_the_old_one_move_up() -> None:
    assert promote_next in handlers("deal.resubmitted")


def test_every_event_type_that_is_handled_or_mailed_exists() -> None:
    handled = {event_type for one in wiring.CAPABILITIES for event_type in one.event_handlers} - {EVERY_TYPE}
    mailed = {kind for kind in wiring.letters() if kind.partition(".")[0] in ("deal", "endpoint")}
    assert handled | mailed <= set(wiring.event_types())


@pytest.mark.parametrize("part", ["stream_handlers", "batch_handlers", "due_handlers", "letters"])
def test_nothing_is_claimed_by_two_capabilities(part: str) -> None:
    claims = Counter(key for one in wiring.CAPABILITIES for key in getattr(one, part))
    assert [key for key, count in claims.items() if count > 1] == []
