"""A longer protection that somebody has to agree to: what holds whenever it is asked for and answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.deals import deadlines, extensions, rules, schedule
from dealreg.deals.model import Deal, Extension, from_item, to_item
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.views import next_step, view
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import StateConflict
from tests.unit.deals.samples import DEAL, NOW

PROGRAM = Program(extension_days=20)
BEFORE_THE_END = st.timedeltas(timedelta(seconds=1), timedelta(days=60)).map(
    lambda left: timedelta(milliseconds=left // timedelta(milliseconds=1))
)
BY = {"by": "ada@acme.example", "note": "Ours."}


def protected(left: timedelta = timedelta(days=10), **changes: Any) -> Deal:
    ends = times.to_text(NOW + left)
    return replace(DEAL, status="approved", protected_until=ends, **changes)


def context(moment: datetime = NOW) -> CommandContext:
    return CommandContext(moment, 7)


def request(deal: Deal, days: int = 20) -> Deal:
    return extensions.request(deal, context(), days, "once", PROGRAM, "They sign in March.").deal


def promised_of(deal: Deal) -> datetime:
    return times.from_text(deal.decide_by or "")


def test_it_is_kept_as_it_was_asked() -> None:
    asked = request(protected())
    assert asked.extension == Extension(DEAL.version + 1, 20, "They sign in March.")
    assert (asked.version, asked.asked_version) == (DEAL.version + 1,) * 2
    assert from_item(to_item(asked)) == asked


def test_asking_is_a_sign_of_life() -> None:
    asked = request(protected(silent_since="2026-01-01T00:00:00.000Z", sign_of_life_by="2026-11-24T00:00:00.000Z"))
    assert (asked.silent_since, asked.sign_of_life_by) == (times.to_text(NOW), None)


@given(left=BEFORE_THE_END)
def test_the_protection_holds_until_the_answer_was_promised_and_never_shorter_than_before(left: timedelta) -> None:
    asked = request(protected(left))
    ends = max(NOW + left, promised_of(asked))
    assert times.from_text(asked.protection_ends or "") == ends
    assert asked.protected_until == times.to_text(NOW + left), "which the new end is counted from"
    assert (schedule.next_look(asked, PROGRAM) or NOW) <= ends
    before = deadlines.strike(asked, context(ends - timedelta(milliseconds=1)), PROGRAM).deal
    assert before.status == "approved"
    after = deadlines.strike(replace(asked, told_until=times.to_text(ends)), context(ends), PROGRAM)
    assert (after.deal.status, after.deal.extension) == ("expired", None)
    assert after.events[0].internal["extension"] == asked.asked_version


@given(left=BEFORE_THE_END, days=st.integers(1, 400), percent=st.integers(0, 99), is_granted=st.booleans())
def test_answered_in_time_it_ends_where_it_was_or_so_many_days_later(
    left: timedelta, days: int, percent: int, is_granted: bool
) -> None:
    asked = request(protected(left), days)
    moment = NOW + (times.from_text(asked.protection_ends or "") - NOW) * percent / 100
    if is_granted:
        after = extensions.grant(asked, context(moment), "", BY, PROGRAM)
    else:
        after = extensions.refuse(asked, context(moment), "No.", "other", BY, PROGRAM)
    until = NOW + left + timedelta(days=days if is_granted else 0)
    assert after.deal.protected_until == after.deal.protection_ends == times.to_text(until)
    assert (after.deal.extension, after.deal.extensions) == (None, int(is_granted))
    event, *ended = after.events
    assert event.internal == BY and "Ours." not in str(event.data)
    is_over = until <= moment
    assert (after.deal.status, [one.type for one in ended]) == (
        ("expired", ["deal.expired"]) if is_over else ("approved", [])
    )
    if not is_over:
        assert after.deal.silent_since == asked.silent_since, "the answer is no act of its partner"
        assert times.from_text(after.deal.due_at or "") <= until


ANSWERS: dict[str, Callable[[Deal, CommandContext], Change]] = {
    "grant": lambda deal, at: extensions.grant(deal, at, "", BY, PROGRAM),
    "refuse": lambda deal, at: extensions.refuse(deal, at, "No.", "other", BY, PROGRAM),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_there_is_no_answer_to_what_has_ended_or_was_not_asked(answer: str) -> None:
    asked = request(protected(timedelta(hours=1)))
    with pytest.raises(StateConflict, match="has ended"):
        ANSWERS[answer](asked, context(promised_of(asked)))
    with pytest.raises(StateConflict, match="No extension waits"):
        ANSWERS[answer](protected(), context())


@pytest.mark.parametrize(
    ("deal", "allowed", "cause"),
    [
        (request(protected()), "unlimited", "extension_pending"),
        (protected(), "off", "extensions_off"),
        (protected(extensions=1), "once", "extensions_used_up"),
        (
            protected(extensions=1, extended_from="2026-11-24T00:00:00.000Z"),
            "unlimited",
            "extension_too_early",
        ),
        (protected(timedelta(0)), "unlimited", None),
        (DEAL, "unlimited", None),
    ],
    ids=str,
)
def test_what_cannot_be_had_at_once_cannot_be_asked_for(deal: Deal, allowed: str, cause: str | None) -> None:
    for command in (extensions.request, extensions.extend):
        with pytest.raises(StateConflict) as refused:
            command(deal, context(), 20, allowed, PROGRAM)
        assert refused.value.extra.get("cause") == cause


def test_held_by_what_is_asked_it_can_be_confirmed() -> None:
    asked = request(protected(timedelta(hours=1)))
    assert rules.confirm(asked, context(NOW + timedelta(hours=2))).deal.status == "approved"


def test_its_partner_reads_what_it_waits_for() -> None:
    asked = request(protected(timedelta(hours=1)))
    said = "Approved. The deal is yours until 25 Nov 2026. You asked for 20 more days and get an answer by 25 Nov 2026."
    assert next_step(asked) == said
    assert next_step(asked, is_late=True).endswith("We promised an answer by 25 Nov 2026 and are late.")
    assert view(asked)["extension"] == {"status": "pending", "days": 20, "decide_by": asked.decide_by}
    assert view(protected())["extension"] is None
