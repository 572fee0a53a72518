"""The relay's tables against the rules of deals: an event type that is spelled wrong would do nothing, quietly."""

import pytest

from dealreg import relay
from dealreg.deals.statuses import FREEING, Status
from dealreg.notifications.letters import DEAL_LETTERS
from dealreg.webhooks.deliveries.rules import EVENT_TYPES


@pytest.mark.parametrize("status", sorted(FREEING))
def test_whatever_ends_without_a_sale_lets_the_next_in_line_move_up(status: Status) -> None:
    assert relay._promote_next in relay.ACTS[f"deal.{status}"]


@pytest.mark.parametrize("event_type", [*(f"deal.{status}" for status in sorted(FREEING)), "deal.resubmitted"])
def test_who_was_like_it_is_judged_again_when_the_index_has_forgotten_it(event_type: str) -> None:
    steps = relay.ACTS[event_type]
    assert steps.index(relay._judge_others) > steps.index(relay._promote_next)


def test_whoever_corrects_the_customer_lets_the_next_in_line_of_the_old_one_move_up() -> None:
    assert relay._promote_next in relay.ACTS["deal.resubmitted"]


@pytest.mark.parametrize("event_type", sorted({*relay.ACTS, *DEAL_LETTERS}))
def test_every_event_type_exists(event_type: str) -> None:
    assert event_type in EVENT_TYPES
