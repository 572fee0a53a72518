"""What holds instead of a question, in words for whom it was put to."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals import closed, handing, people, steps, waiting
from dealreg.approvals.closed import why_closed
from dealreg.approvals.model import Answer, Choice, Decision, Review, State, Status
from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status as DealStatus
from dealreg.partners.partners import Partner
from dealreg.platform import times
from tests.unit.approvals.samples import DEAL, NOW, SECOND, asked, setting

OPEN = asked()
WHEN = "23 Nov 2026, 10:00 UTC"
NO = Answer(Choice.REJECT, "No.", "other")


def said(choice: Choice) -> Review:
    """By whom it was put to."""
    return steps.answered(OPEN, 1, Answer(choice, "Why.", "other", ("notes",)), setting())


def told(review: Review, deal: Deal = DEAL, number: int = 1) -> str:
    return why_closed(review, review.question(number), deal)


def ended_by(by: str, answer: Answer) -> Review:
    return steps.ended(OPEN, Decision(answer, by, NOW), by)


def test_an_open_question_is_not_closed() -> None:
    assert told(OPEN) == ""


def test_unless_whom_it_was_put_to_is_in_the_program_no_more() -> None:
    assert why_closed(OPEN, OPEN.question(1), DEAL, barred=closed.LEFT) == "You no longer decide on registrations."


ESCALATED = waiting.struck(OPEN, setting(NOW + timedelta(days=2)))
COLLEAGUE = replace(
    OPEN, questions=(replace(OPEN.questions[0], status=Status.SUPERSEDED, ended_at=NOW, ended_by=SECOND),)
)
CLOSED = [
    (said(Choice.REJECT), f"You rejected this on {WHEN}. It takes effect in a moment."),
    (said(Choice.APPROVE), f"You approved this on {WHEN}. It takes effect in a moment."),
    (said(Choice.REQUEST_INFO), f"You asked the partner for information on {WHEN}. It takes effect in a moment."),
    (
        replace(said(Choice.APPROVE), state=State.PASSED, decision=None),
        f"You approved this on {WHEN}. Others have yet to decide.",
    ),
    (COLLEAGUE, f"{SECOND} approved this on {WHEN}; you need do nothing."),
    (
        steps.ended(OPEN, Decision(Answer(Choice.APPROVE), SECOND, NOW, step="review"), SECOND),
        f"{SECOND} approved this on {WHEN}; you need do nothing. It takes effect in a moment.",
    ),
    (ended_by("key_9", NO), f"An administrator rejected this on {WHEN}. It takes effect in a moment."),
    (
        ended_by("key_9", Answer(Choice.APPROVE)),
        f"An administrator approved this on {WHEN}. It takes effect in a moment.",
    ),
    (
        ended_by(SECOND, Answer(Choice.REQUEST_INFO, "Which?", fields=("notes",))),
        f"{SECOND} asked the partner on {WHEN}. You are asked again if something changes that you look at.",
    ),
    (
        ESCALATED,
        f"This was not answered by 25 Nov 2026, 10:00 UTC, so {SECOND} was asked. You can no longer decide.",
    ),
    (handing.passed_on(OPEN, 1, SECOND, steps.DELEGATED, NOW), f"Passed on to {SECOND} on {WHEN}."),
    (handing.passed_on(OPEN, 1, SECOND, people.AWAY, NOW), f"Passed on to {SECOND} on {WHEN}: you were away."),
    (
        handing.passed_on(OPEN, 1, SECOND, people.NOBODY, NOW),
        f"Passed on to {SECOND} on {WHEN}: you were away, or no mail reached you.",
    ),
    (
        replace(OPEN, questions=(replace(OPEN.questions[0], status=Status.DELEGATED, ended_at=NOW),)),
        f"You were away, or no mail reached you, on {WHEN}: others are asked as soon as there is somebody.",
    ),
    (
        steps.ended(OPEN, Decision(Answer(Choice.APPROVE), steps.AUTOMATIC, NOW), steps.AUTOMATIC),
        f"The program’s rules approved this on {WHEN}. It takes effect in a moment.",
    ),
]


@pytest.mark.parametrize(("review", "words"), CLOSED)
def test_a_closed_one_says_what_holds(review: Review, words: str) -> None:
    assert told(review) == words


def test_who_was_asked_instead_can_decide() -> None:
    assert told(ESCALATED, number=2) == ""


def test_a_decision_that_has_had_its_effect_says_how_the_deal_stands() -> None:
    rejected = replace(DEAL, status=DealStatus.REJECTED)
    for review in (said(Choice.REJECT), ended_by("key_9", NO)):
        assert told(review, rejected).endswith(" The deal is now rejected.")


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
def test_a_decision_that_a_withdrawal_overtook_is_not_shown_as_one(choice: Choice) -> None:
    withdrawn = replace(DEAL, status=DealStatus.WITHDRAWN)
    assert told(said(choice), withdrawn).startswith("The partner withdrew this.")


def test_an_approval_that_had_its_effect_before_the_withdrawal_is_one() -> None:
    withdrawn = replace(DEAL, status=DealStatus.WITHDRAWN, protected_until=times.to_text(NOW))
    words = told(said(Choice.APPROVE), withdrawn)
    assert words.startswith("You approved this") and words.endswith("The deal is now withdrawn.")


@pytest.mark.parametrize(
    ("status", "editable", "has_asked"),
    [
        (DealStatus.ACTION_REQUIRED, ["notes"], True),
        (DealStatus.WITHDRAWN, ["notes"], True),
        (DealStatus.WITHDRAWN, [], False),
    ],
)
def test_a_question_to_the_partner_counts_if_it_was_put(
    status: DealStatus, editable: list[str], has_asked: bool
) -> None:
    words = told(said(Choice.REQUEST_INFO), replace(DEAL, status=status, editable=editable))
    assert words.startswith("You asked the partner") is has_asked


@given(st.sampled_from(DealStatus), st.integers(1, 3), st.sampled_from([OPEN, *(review for review, _ in CLOSED)]))
def test_of_a_deal_that_left_this_review_nothing_is_open(status: DealStatus, version: int, review: Review) -> None:
    deal = replace(DEAL, status=status, review_version=version)
    words = told(review, deal)
    assert (words == "") == (review == OPEN and closed.under_review(deal, 1))
    assert not words or words.endswith(".")


@pytest.mark.parametrize(
    ("deal", "words"),
    [
        (
            replace(DEAL, review_version=2),
            "It was given to another partner, so there is nothing to decide by this link.",
        ),
        (
            replace(DEAL, status=DealStatus.WITHDRAWN),
            "The partner withdrew this. The deal is withdrawn, so there is nothing to decide.",
        ),
        (replace(DEAL, status=DealStatus.EXPIRED), "This deal is expired, so there is nothing to decide."),
    ],
)
def test_how_a_deal_left_the_review(deal: Deal, words: str) -> None:
    assert told(OPEN, deal) == words


def test_a_review_that_was_given_up_while_its_deal_is_under_review_is_closed() -> None:
    words = told(steps.superseded(OPEN, NOW))
    assert words == "This deal is no longer under review, so there is nothing to decide."


@given(st.sampled_from(DealStatus), st.integers(1, 3), st.integers(1, 3), st.integers(1, 9))
def test_a_deal_is_in_the_review_that_began_last_and_in_no_other(
    status: DealStatus, began: int, version: int, now: int
) -> None:
    deal = replace(DEAL, status=status, review_version=began, version=now)
    assert closed.under_review(deal, version) is (status == DealStatus.IN_REVIEW and began == version)


@pytest.mark.parametrize(("status", "is_held"), [("active", False), ("suspended", True)])
def test_nothing_of_a_suspended_partner_is_decided(status: Literal["active", "suspended"], is_held: bool) -> None:
    partner = Partner("part_1", "North", "gold", status, (), NOW)
    assert bool(closed.why_held(partner)) is is_held
