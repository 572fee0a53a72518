"""Which events are made of what became of a review, and what each says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals import handing, question_events, steps, waiting
from dealreg.approvals.event_types import VENDOR_EVENT_TYPES
from dealreg.approvals.model import Answer, Choice, Decision, Review
from dealreg.approvals.question_events import between, event_of
from tests.unit.approvals.samples import DEAL, FIRST, NOW, SECOND, asked, setting
from tests.unit.approvals.test_steps import ADA, BO, CHAIN, CSO, FIN, LEA, LEO, MONDAY, YES
from tests.unit.approvals.test_steps import begun as chain_begun
from tests.unit.approvals.test_steps import setting as chain_setting

HOUR = timedelta(hours=1)
NO = Answer(Choice.REJECT, "No.", "other", note="They never pay.")


def told(before: Review | None, after: Review) -> list[tuple[str, str, dict[str, Any]]]:
    """Types, whom they are about, and what they say beside that."""
    return [(one.type, one.question.approver, dict(one.more)) for one in between(before, after)]


def decided(status: str, choice: str | None, by: str | None) -> dict[str, Any]:
    return {"status": status, "choice": choice, "by": by}


def test_who_is_asked() -> None:
    assert told(None, asked()) == [("approval.requested", FIRST, {})]


def test_nothing_where_a_review_is_only_written_again() -> None:
    assert told(asked(), replace(asked(), revision=9)) == []


def test_who_has_not_answered_yet() -> None:
    review = asked()
    (step,) = review.steps
    assert step.remind_at
    after = waiting.struck(review, setting(step.remind_at + HOUR))
    assert told(review, after) == [("approval.reminded", FIRST, {})]
    assert [one.at for one in between(review, after)] == [step.remind_at], "when it was due, whenever the clock came"


def test_who_is_asked_instead() -> None:
    review = asked()
    (step,) = review.steps
    assert step.escalate_at
    after = waiting.struck(review, setting(step.escalate_at))
    assert told(review, after) == [("approval.requested", SECOND, {}), ("approval.escalated", FIRST, {"to": [SECOND]})]


def test_to_whom_it_was_passed_on() -> None:
    after = handing.passed_on(asked(), 1, SECOND, steps.DELEGATED, NOW)
    assert told(asked(), after) == [("approval.requested", SECOND, {}), ("approval.delegated", FIRST, {"to": [SECOND]})]


@pytest.mark.parametrize("answer", [YES, NO])
def test_what_was_answered_by_whom(answer: Answer) -> None:
    after = steps.answered(asked(), 1, answer, setting())
    assert told(asked(), after) == [("approval.decided", FIRST, decided("decided", answer.choice, FIRST))]


def test_that_a_colleague_was_faster() -> None:
    before = chain_begun()
    after = steps.answered(before, 1, YES, chain_setting(CHAIN))
    assert told(before, after) == [
        ("approval.decided", ADA, decided("decided", "approve", ADA)),
        ("approval.decided", BO, decided("superseded", "approve", ADA)),
    ]


def test_that_an_admin_decided_a_step_or_all_of_it() -> None:
    step = steps.signed(asked(), "review", NO, "key_1", setting())
    whole = steps.ended(asked(), Decision(NO, "key_1", NOW), "key_1")
    for after in (step, whole):
        assert told(asked(), after) == [("approval.decided", FIRST, decided("superseded", "reject", "key_1"))]


def test_that_the_deal_left_the_review() -> None:
    after = steps.superseded(asked(), NOW)
    assert told(asked(), after) == [("approval.decided", FIRST, decided("superseded", None, None))]


def test_nothing_of_approvals_that_an_earlier_review_had() -> None:
    earlier = steps.answered(chain_begun(), 1, YES, chain_setting(CHAIN))
    again = steps.ask(steps.carried(Review(DEAL.id, 3), earlier), chain_setting(CHAIN))
    assert [one for _, one, _ in told(None, again)] == [FIN, LEA, LEO]


class TestWhatItSays:
    def test_all_that_a_chat_needs_and_nothing_that_an_approver_wrote(self) -> None:
        before = replace(asked(), revision=1)
        after = replace(steps.answered(before, 1, NO, setting(NOW + HOUR)), revision=2)
        (happened,) = between(before, after)
        event = event_of(happened, after, DEAL)
        VENDOR_EVENT_TYPES[event.type].model_validate(event.data)
        assert event.data == {
            "question_id": f"apr_{DEAL.id[-8:]}-1-1",
            "deal_id": DEAL.id,
            "number": DEAL.number,
            "customer_name": "Acme",
            "steps": [{"id": "review", "title": "review"}],
            "approver": FIRST,
            "instead_of": None,
            "because": None,
            "asked_at": "2026-11-23T10:00:00.000Z",
            "escalate_at": "2026-11-25T10:00:00.000Z",
            "status": "decided",
            "choice": "reject",
            "by": FIRST,
        }
        assert (event.audience, event.subject, event.sequence) == (("vendor",), event.data["question_id"], 2)

    def test_the_same_change_is_the_same_event_and_another_is_another(self) -> None:
        after = replace(asked(), revision=1)
        (first,), (again,) = between(None, after), between(None, after)
        ended = replace(steps.superseded(after, NOW), revision=2)
        (other,) = between(after, ended)
        events = [event_of(first, after, DEAL), event_of(again, after, DEAL), event_of(other, ended, DEAL)]
        assert events[0] == events[1]
        assert events[0].id != events[2].id

    def test_of_steps_side_by_side_that_ask_one_person_both(self) -> None:
        passed = steps.answered(chain_begun(), 1, YES, chain_setting(CHAIN))
        after = steps.ask(passed, chain_setting(CHAIN))
        about = {one.question.approver: [step.id for step in one.steps] for one in between(passed, after)}
        assert about == {FIN: ["finance"], LEA: ["legal"], LEO: ["legal"]}


acts = st.lists(st.tuples(st.sampled_from(["yes", "no", "clock", "pass", "leave"]), st.integers(0, 9)), max_size=25)


@given(acts)
def test_each_question_is_asked_once_and_ends_once(doings: list[tuple[str, int]]) -> None:
    """Whatever happens; and there is one event of a question in each write."""
    now, review = MONDAY, chain_begun()
    seen = [*between(None, review)]
    for act, which in doings:
        now += HOUR * (1 + which)
        after = _next(review, act, which, now)
        found = [*between(review, after)]
        assert len({one.question.number for one in found}) == len(found)
        seen += found
        review = after
    asked_of = [one.question.number for one in seen if one.type == question_events.REQUESTED]
    ended = [one.question.number for one in seen if one.type not in ("approval.requested", "approval.reminded")]
    assert len(set(asked_of)) == len(asked_of)
    assert len(set(ended)) == len(ended)
    assert set(asked_of) - set(ended) == {question.number for question in review.pending}


def _next(review: Review, act: str, which: int, now: Any) -> Review:
    at = chain_setting(CHAIN, now=now)
    if review.state == "passed":
        return steps.ask(review, at)
    if review.state != "open" or not review.pending:
        return review
    number = review.pending[which % len(review.pending)].number
    match act:
        case "yes":
            return steps.answered(review, number, YES, at)
        case "no":
            return steps.answered(review, number, NO, at)
        case "clock":
            return waiting.struck(review, at)
        case "pass":
            return handing.passed_on(review, number, [ADA, CSO, "new@v.example"][which % 3], steps.DELEGATED, now)
        case _:
            return steps.superseded(review, now)
