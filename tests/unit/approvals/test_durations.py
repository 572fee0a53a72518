"""How long an answer and a review took, and the figures of many."""

import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals import durations, handing, steps, waiting
from dealreg.approvals.durations import Duration, figures, quantile
from dealreg.approvals.model import Answer, Choice, Decision, Review
from dealreg.approvals.steps import Setting
from dealreg.partners.program import Approvers, Program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform.working_time import Calendar
from tests.unit.approvals.samples import FIRST, NOW, SECOND, asked, setting

HOUR = timedelta(hours=1)
YES, NO = Answer(Choice.APPROVE), Answer(Choice.REJECT, "No.", "other")
ASKS = Answer(Choice.REQUEST_INFO, "Which site?", fields=("notes",))
FRIDAY = datetime(2026, 11, 27, 16, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 10, tzinfo=UTC)


def answered(before: Review, at: Setting, answer: Answer = YES, number: int = 1) -> Review:
    return steps.answered(before, number, answer, at)


def time_of_answer(before: Review, at: Setting, number: int = 1) -> Duration:
    answer = durations.answered(before, answered(before, at, number=number))
    assert answer
    return durations.of_answer(before, answer, at.rule, at.routing)


class TestAnAnswer:
    def test_takes_working_time_from_the_question(self) -> None:
        assert time_of_answer(asked(FRIDAY), setting(MONDAY)) == Duration(2 * 3600, in_time=True)

    def test_by_the_hours_of_its_step(self) -> None:
        night = Calendar(frozenset(range(7)), timedelta(0), timedelta(hours=24))
        step = Step("review", (FIRST,), calendar="night")
        rule = Rule("rest", steps=((step,),))
        routing = Routing((rule,), FIRST, 2, calendars={"default": Calendar(*DAYTIME), "night": night})
        at = replace(setting(MONDAY), rule=rule, routing=routing)
        assert time_of_answer(asked(FRIDAY), at).seconds == (MONDAY - FRIDAY).total_seconds()

    def test_is_in_time_until_others_are_asked_instead(self) -> None:
        review = asked()
        (step,) = review.steps
        assert step.escalate_at
        assert time_of_answer(review, setting(step.escalate_at)).in_time
        assert not time_of_answer(review, setting(step.escalate_at + timedelta(milliseconds=1))).in_time

    def test_of_who_is_asked_instead_has_a_time_of_its_own(self) -> None:
        review = asked()
        (step,) = review.steps
        assert step.escalate_at
        later = waiting.struck(review, setting(step.escalate_at))
        assert later.question(2).approver == SECOND
        assert time_of_answer(later, setting(step.escalate_at + HOUR), number=2) == Duration(3600, in_time=True)

    def test_is_late_where_there_is_nobody_else_to_ask(self) -> None:
        alone = Program(approvers=Approvers(FIRST))
        review = asked(program=alone)
        (step,) = review.steps
        assert step.escalate_at
        later = waiting.struck(review, setting(step.escalate_at, alone))
        assert later.pending[0].approver == FIRST
        assert not time_of_answer(later, setting(step.escalate_at + HOUR, alone)).in_time

    def test_of_a_stand_in_begins_when_it_was_passed_on(self) -> None:
        review = handing.passed_on(asked(), 1, SECOND, steps.DELEGATED, NOW + 2 * HOUR)
        assert time_of_answer(review, setting(NOW + 3 * HOUR), number=2).seconds == 3600

    def test_in_the_place_of_others_is_nobodys(self) -> None:
        before = asked()
        assert durations.answered(before, steps.signed(before, "review", YES, "key_1", setting())) is None

    def test_that_was_given_to_an_earlier_review_counts_there(self) -> None:
        earlier = answered(asked(), setting(), ASKS)
        again = steps.carried(Review(earlier.deal_id, 3), earlier)
        assert durations.answered(Review(earlier.deal_id, 3), again) is None


class TestAVerdict:
    def test_takes_working_time_from_the_beginning(self) -> None:
        review = answered(asked(FRIDAY), setting(MONDAY))
        taken = durations.of_verdict(review, MONDAY, MONDAY, setting().routing)
        assert taken == Duration(2 * 3600, in_time=True)

    def test_after_what_was_promised_is_late(self) -> None:
        review = answered(asked(), setting())
        assert not durations.of_verdict(review, NOW, NOW - HOUR, setting().routing).in_time

    @pytest.mark.parametrize(("answer", "counts"), [(YES, True), (NO, True), (ASKS, False)])
    def test_is_a_yes_or_a_no(self, answer: Answer, counts: bool) -> None:
        before = asked()
        assert bool(durations.verdict(before, answered(before, setting(), answer))) is counts

    def test_of_nobody_took_nobodys_time(self) -> None:
        ended = steps.ended(Review("deal_1", 1), Decision(YES, steps.AUTOMATIC, NOW), steps.AUTOMATIC)
        assert durations.verdict(None, ended) is None

    def test_is_one_however_often_the_review_is_written(self) -> None:
        review = answered(asked(), setting())
        assert durations.verdict(review, replace(review, revision=9)) is None

    def test_has_the_time_before_a_question_to_the_partner_and_not_that_of_the_partner(self) -> None:
        routing = setting().routing
        first = answered(asked(), setting(NOW + 2 * HOUR), ASKS)
        back = datetime(2026, 11, 26, 10, tzinfo=UTC)
        second = replace(asked(back), spent_before=durations.spent(first, routing))
        asked_again = answered(second, setting(back + HOUR), ASKS)
        third = replace(asked(MONDAY), spent_before=durations.spent(asked_again, routing))
        taken = durations.of_verdict(third, MONDAY + HOUR, None, routing)
        assert taken.seconds == 4 * 3600

    def test_leaves_no_time_to_an_appeal(self) -> None:
        assert durations.spent(answered(asked(), setting(NOW + HOUR), NO), setting().routing) == 0


DAYTIME = (frozenset(range(5)), timedelta(hours=9), timedelta(hours=17))
seconds = st.lists(st.integers(0, 10**8), min_size=1, max_size=200)


@given(seconds)
def test_the_median_is_that_of_the_standard_library(values: list[int]) -> None:
    found = figures(Duration(one, in_time=one % 2 == 0) for one in values)
    assert found.median == pytest.approx(statistics.median(values))
    assert (found.count, found.in_time) == (len(values), sum(one % 2 == 0 for one in values))


@given(seconds.filter(lambda values: len(values) > 1), st.integers(1, 99))
def test_any_quantile_is_between_the_two_that_are_nearest(values: list[int], percent: int) -> None:
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
    assert quantile(sorted(values), percent) == pytest.approx(expected)
