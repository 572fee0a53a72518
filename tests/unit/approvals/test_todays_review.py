"""The review by the fields that every program has: who is asked, when they hear of it again, what comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals import handing, steps, waiting
from dealreg.approvals.model import (
    Answer,
    Choice,
    Decision,
    Review,
    Stage,
    State,
    Status,
    from_item,
    number_of,
    question_id,
    to_item,
)
from dealreg.approvals.workflow import turn_after
from dealreg.partners.program import Program
from tests.unit.approvals.samples import DEAL, FIRST, NOW, PROGRAM, SECOND, asked, setting

APPROVE = Answer(Choice.APPROVE)
moments = st.timedeltas(timedelta(days=-30), timedelta(days=400)).map(lambda passed: NOW + passed)


def struck(review: Review, moment: datetime, program: Program = PROGRAM) -> Review:
    return waiting.struck(review, setting(moment, program))


def told(review: Review) -> list[tuple[str, Status]]:
    return [(question.approver, question.status) for question in review.questions]


class TestWhoIsAsked:
    def test_the_first_then_the_other_and_then_nobody_new(self) -> None:
        review = asked()
        assert told(review) == [(FIRST, Status.PENDING)]
        review = struck(review, NOW + timedelta(hours=48))
        assert told(review) == [(FIRST, Status.ESCALATED), (SECOND, Status.PENDING)]
        review = struck(review, NOW + timedelta(days=30))
        assert told(review) == [(FIRST, Status.ESCALATED), (SECOND, Status.PENDING)]
        assert (review.steps[0].stage, waiting.next_due(review)) == (Stage.LATE, None)

    def test_alone_the_first_keeps_the_question_and_it_is_late_in_the_end(self) -> None:
        alone = replace(PROGRAM, approvers=replace(PROGRAM.approvers, escalation=""))
        review = asked(program=alone)
        for hours, stage in ((48, Stage.ESCALATED), (96, Stage.LATE)):
            review = struck(review, NOW + timedelta(hours=hours), alone)
            assert (told(review), review.steps[0].stage) == ([(FIRST, Status.PENDING)], stage)

    def test_without_approvers_the_review_still_stands_for_the_admin_and_looks_for_somebody_each_hour(self) -> None:
        review = asked(program=Program())
        assert (review.state, review.questions) == (State.OPEN, ())
        assert waiting.next_due(review) == NOW + timedelta(hours=1)
        review = struck(review, NOW + timedelta(hours=1), Program())
        assert waiting.next_due(review) == NOW + timedelta(hours=2)
        review = struck(review, NOW + timedelta(hours=2))
        assert told(review) == [(FIRST, Status.PENDING)]
        decision = steps.signed(asked(program=Program()), "review", APPROVE, "key_9", setting()).decision
        assert decision and decision.by == "key_9"

    def test_asked_again_nobody_is_asked_twice(self) -> None:
        again = steps.ask(asked(), setting(NOW + timedelta(hours=1)))
        assert told(again) == [(FIRST, Status.PENDING)]

    @given(st.integers(1, 3), st.integers(1, 9))
    def test_the_same_question_has_the_same_id_and_every_other_another(self, version: int, number: int) -> None:
        review = Review(DEAL.id, version)
        name = question_id(review, number)
        assert name == question_id(replace(review, state=State.OPEN, revision=7), number)
        assert number_of(name) == number
        others = {question_id(Review(DEAL.id, one), other) for one in range(1, 4) for other in range(1, 10)}
        assert len(others) == 27 and name in others


class TestTheClock:
    def test_it_reminds_and_then_asks_others(self) -> None:
        assert waiting.next_due(asked()) == NOW + timedelta(hours=24)
        reminded = struck(asked(), NOW + timedelta(hours=24))
        assert (told(reminded), reminded.steps[0].reminders) == ([(FIRST, Status.PENDING)], 1)
        assert waiting.next_due(reminded) == NOW + timedelta(hours=48)
        assert struck(reminded, NOW + timedelta(hours=48)).steps[0].stage is Stage.ESCALATED

    def test_who_comes_later_has_the_same_time_again(self) -> None:
        """Nine hours late, after the end of the working day."""
        review = struck(asked(), datetime(2026, 11, 25, 19, tzinfo=UTC))
        assert waiting.next_due(review) == datetime(2026, 11, 27, 17, tzinfo=UTC)

    def test_nights_and_weekends_are_nobodys_time(self) -> None:
        """Given 24 and 48 hours, a day of the clock counting as a working day, and a question of Friday afternoon."""
        friday = datetime(2026, 11, 27, 16, tzinfo=UTC)
        (step,) = asked(friday).steps
        assert (step.remind_at, step.escalate_at) == (friday + timedelta(days=3), friday + timedelta(days=4))
        (step,) = asked(friday + timedelta(days=1)).steps
        assert step.remind_at == datetime(2026, 11, 30, 17, tzinfo=UTC)

    def test_of_a_reminder_and_an_escalation_at_one_instant_the_escalation_happens(self) -> None:
        together = replace(PROGRAM, remind_after_hours=48)
        (step,) = struck(asked(program=together), NOW + timedelta(hours=48), together).steps
        assert (step.stage, step.reminders) == (Stage.ESCALATED, 0)

    @given(moments, st.integers(1, 720), st.integers(1, 1440))
    def test_looking_at_any_moment_leaves_a_later_one_to_look_at_or_none(
        self, moment: datetime, remind: int, escalate: int
    ) -> None:
        program = replace(PROGRAM, remind_after_hours=remind, escalate_after_hours=escalate)
        review = asked(program=program)
        for _ in range(4):
            after = struck(review, moment, program)
            due = waiting.next_due(after)
            assert after == review or due is None or due > moment
            review, moment = after, due or moment
        assert [status for _, status in told(review)].count(Status.PENDING) == 1

    @given(moments)
    def test_too_early_changes_nothing(self, moment: datetime) -> None:
        if moment < NOW + timedelta(hours=24):
            assert struck(asked(), moment) == asked()


class TestTheEnd:
    @pytest.mark.parametrize(
        ("review", "next_step", "step"),
        [
            (steps.answered(asked(), 1, APPROVE, setting()), "apply", 1),
            (replace(asked(), state=State.PASSED), "ask", 2),
            (steps.superseded(asked(), NOW), "end", 1),
        ],
    )
    def test_the_state_machine_is_told_what_to_do_next(self, review: Review, next_step: str, step: int) -> None:
        assert turn_after(review) == {"deal_id": DEAL.id, "version": 1, "next_step": next_step, "step": step}

    @pytest.mark.parametrize("choice", list(Choice))
    def test_an_answer_decides_and_closes(self, choice: Choice) -> None:
        answer = Answer(choice, "Why.", fields=("notes",), note="Ours.")
        review = steps.answered(asked(), 1, answer, setting())
        assert (review.state, review.decision) == (State.DECIDED, Decision(answer, FIRST, NOW, "review"))
        assert told(review) == [(FIRST, Status.DECIDED)]


@pytest.mark.parametrize(
    "review",
    [
        Review(DEAL.id, 1),
        asked(),
        struck(asked(), NOW + timedelta(hours=24)),
        struck(asked(), NOW + timedelta(hours=48)),
        handing.passed_on(asked(), 1, SECOND, steps.DELEGATED, NOW),
        steps.answered(asked(), 1, Answer(Choice.REQUEST_INFO, "Which?", fields=("notes",), note="Ours."), setting()),
        steps.signed(asked(), "review", Answer(Choice.REJECT, "No.", "other"), "key_9", setting()),
        steps.superseded(asked(), NOW),
    ],
)
def test_a_review_is_read_as_it_was_written(review: Review) -> None:
    assert from_item(to_item(review)) == review
    assert not [name for name, value in to_item(review).items() if value in (None, "", [])]
