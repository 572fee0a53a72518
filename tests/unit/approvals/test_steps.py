"""How a review goes through its steps: any, all, side by side, in order, by everybody who may have a part in it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealreg.approvals import handing, steps, waiting
from dealreg.approvals.model import Answer, Choice, Decision, Review, Stage, State, Status
from dealreg.approvals.people import Absence, People
from dealreg.approvals.steps import Setting
from dealreg.deals.facts import seen
from dealreg.deals.model import Deal
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform.money import Money
from tests.unit.deals.samples import DEAL

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
ADA, BO, FIN, LEA, LEO, CSO, LAST = (f"{name}@v.example" for name in ("ada", "bo", "fin", "lea", "leo", "cso", "last"))
YES, NO = Answer(Choice.APPROVE), Answer(Choice.REJECT, "No.", "other")
ASKS = Answer(Choice.REQUEST_INFO, "Why?", fields=("notes",))
DEARER = replace(DEAL, amount=Money(9_900_000, "EUR"))
NOTED = replace(DEAL, notes="They have a budget.")


def rule(*orders: tuple[Step, ...]) -> Rule:
    return Rule("big", steps=orders)


def one(step_id: str, *ask: str, **more: object) -> Step:
    return Step(step_id, ask, **more)  # pyright: ignore[reportArgumentType]  # as the test says


CHAIN = rule(
    (one("channel", ADA, BO, escalate_to=(CSO,)),),
    (one("finance", FIN, reads=("amount", "products")), one("legal", LEA, LEO, need="all")),
    (one("head", CSO),),
)


def setting(
    of: Rule,
    deal: Deal = DEAL,
    now: datetime = MONDAY,
    away: Mapping[str, Absence] | None = None,
    last_resort: str | None = LAST,
) -> Setting:
    people = People({}, None, frozenset(), away or {}, last_resort)
    return Setting(of, Routing((of,), last_resort, 2), lambda: people, seen(deal), now)


def begun(of: Rule = CHAIN, at: Setting | None = None) -> Review:
    return steps.ask(Review("deal_1", 1), at or setting(of))


def say(review: Review, who: str, answer: Answer = YES, at: Setting | None = None) -> Review:
    """By the person's open question."""
    number = next(question.number for question in review.pending if question.approver == who)
    return steps.answered(review, number, answer, at or setting(CHAIN))


def go_on(review: Review, at: Setting | None = None) -> Review:
    assert review.state is State.PASSED
    return steps.ask(review, at or setting(CHAIN))


def asked(review: Review) -> list[str]:
    return [question.approver for question in review.pending]


def statuses(review: Review) -> dict[str, str]:
    return {question.approver: question.status.value for question in review.questions}


class TestInOrder:
    def test_only_the_first_order_is_asked(self) -> None:
        assert asked(begun()) == [ADA, BO]

    def test_the_next_one_when_the_first_has_agreed(self) -> None:
        first = say(begun(), ADA)
        assert (first.state, asked(first)) == (State.PASSED, [])
        assert asked(go_on(first)) == [FIN, LEA, LEO]

    def test_with_the_last_the_deal_is_approved(self) -> None:
        review = go_on(say(begun(), BO))
        for person in (LEO, FIN, LEA):
            assert review.state is State.OPEN
            review = say(review, person)
        review = say(go_on(review), CSO, Answer(Choice.APPROVE, "Well done."))
        assert review.state is State.DECIDED
        assert review.decision == Decision(Answer(Choice.APPROVE, "Well done."), CSO, MONDAY, "head")

    @pytest.mark.parametrize("answer", [NO, ASKS])
    def test_the_first_no_and_the_first_question_end_it(self, answer: Answer) -> None:
        review = say(go_on(say(begun(), ADA)), LEA, answer)
        assert (review.state, asked(review)) == (State.DECIDED, [])
        assert review.decision and (review.decision.answer, review.decision.step) == (answer, "legal")
        assert statuses(review)[LEO] == "superseded"


class TestAnyAndAll:
    def test_of_any_one_is_enough_and_the_others_need_do_nothing(self) -> None:
        review = say(begun(), BO)
        assert statuses(review) == {ADA: "superseded", BO: "decided"}
        assert review.question(1).ended_by == BO

    def test_all_must_approve(self) -> None:
        review = go_on(say(begun(), ADA))
        review = say(say(review, FIN), LEA)
        assert (review.state, asked(review)) == (State.OPEN, [LEO])
        assert say(review, LEO).state is State.PASSED

    def test_one_answer_completes_a_step_whichever_comes_last(self) -> None:
        review = go_on(say(begun(), ADA))
        ways = [(FIN, LEA, LEO), (LEA, LEO, FIN), (LEO, FIN, LEA)]
        for first, second, third in ways:
            assert say(say(say(review, first), second), third).state is State.PASSED


class TestNobodyIsAskedTwice:
    def test_who_approved_an_earlier_step_has_approved_this_one(self) -> None:
        of = rule((one("first", ADA),), (one("second", ADA, BO),), (one("third", BO),))
        review = say(begun(of), ADA, at=setting(of))
        review = steps.ask(review, setting(of))
        assert (review.order, asked(review)) == (3, [BO])

    def test_of_all_only_the_others_are_asked(self) -> None:
        of = rule((one("first", ADA),), (one("second", ADA, BO, need="all"),))
        review = steps.ask(say(begun(of), ADA, at=setting(of)), setting(of))
        assert asked(review) == [BO]

    def test_who_stands_in_both_of_two_steps_gets_one_question(self) -> None:
        of = rule((one("finance", ADA), one("legal", ADA, BO)))
        review = begun(of)
        assert asked(review) == [ADA, BO]
        assert say(review, ADA, at=setting(of)).state is State.DECIDED

    def test_one_whose_other_step_is_agreed_is_still_asked_for_the_rest(self) -> None:
        of = rule((one("finance", ADA), one("legal", ADA, BO)))
        review = say(begun(of), BO, at=setting(of))
        assert (review.state, asked(review)) == (State.OPEN, [ADA])


class TestWhatWasApproved:
    """An approval is of the facts that its approver saw."""

    def test_an_earlier_step_is_asked_again_when_what_it_reads_has_changed(self) -> None:
        review = say(begun(), ADA)
        again = go_on(review, setting(CHAIN, NOTED))
        assert (again.order, asked(again)) == (1, [ADA, BO])

    def test_and_not_when_something_else_has(self) -> None:
        review = go_on(say(begun(), ADA))
        review = say(say(say(review, FIN), LEA), LEO)
        again = steps.ask(review, setting(CHAIN, NOTED))
        assert {step.id: step.agreed for step in again.steps}["finance"]
        assert (again.order, asked(again)) == (1, [ADA, BO])

    def test_another_partners_deal_is_another_deal(self) -> None:
        review = say(begun(), ADA)
        again = go_on(review, setting(CHAIN, replace(DEAL, partner_id="part_2")))
        assert asked(again) == [ADA, BO]


class TestAfterInformation:
    """A new review, with the approvals of the one before."""

    @pytest.fixture
    def before(self) -> Review:
        review = go_on(say(begun(), ADA))
        return say(say(review, FIN), LEA, ASKS)

    def anew(self, before: Review, deal: Deal) -> Review:
        return steps.ask(steps.carried(Review("deal_1", 5), before), setting(CHAIN, deal))

    def test_who_asked_is_asked_and_who_had_not_answered(self, before: Review) -> None:
        review = self.anew(before, DEAL)
        assert (review.order, asked(review)) == (2, [LEA, LEO])
        assert {step.id: step.agreed for step in review.steps} == {"channel": True, "finance": True, "legal": False}

    def test_a_changed_amount_is_read_by_all(self, before: Review) -> None:
        review = self.anew(before, DEARER)
        assert (review.order, asked(review)) == (1, [ADA, BO])
        review = go_on(say(review, BO, at=setting(CHAIN, DEARER)), setting(CHAIN, DEARER))
        assert asked(review) == [FIN, LEA, LEO]

    def test_notes_are_not_finances(self, before: Review) -> None:
        review = go_on(say(self.anew(before, NOTED), ADA, at=setting(CHAIN, NOTED)), setting(CHAIN, NOTED))
        assert asked(review) == [LEA, LEO]

    def test_another_rule_takes_over_what_steps_of_the_same_name_said(self, before: Review) -> None:
        other = rule((one("finance", FIN, reads=("amount",)),), (one("head", CSO),))
        review = steps.ask(steps.carried(Review("deal_1", 5), before), setting(other))
        assert (review.order, asked(review)) == (2, [CSO])


class TestTime:
    def struck(self, review: Review, at: datetime) -> Review:
        return waiting.struck(review, setting(CHAIN, now=at))

    def test_after_eight_working_hours_who_has_not_answered_is_reminded_once(self) -> None:
        review = begun()
        assert waiting.next_due(review) == MONDAY + timedelta(hours=8)
        reminded = self.struck(review, MONDAY + timedelta(hours=8))
        assert (reminded.steps[0].reminders, asked(reminded)) == (1, [ADA, BO])
        assert self.struck(reminded, MONDAY + timedelta(hours=9)) == reminded

    def test_after_sixteen_others_are_asked_and_have_the_same_time(self) -> None:
        tuesday_evening = MONDAY + timedelta(days=1, hours=8)
        review = self.struck(begun(), tuesday_evening)
        assert statuses(review) == {ADA: "escalated", BO: "escalated", CSO: "pending"}
        assert waiting.next_due(review) == MONDAY + timedelta(days=3, hours=8)
        assert review.steps[0].stage is Stage.ESCALATED

    def test_then_it_is_late_and_nothing_is_decided(self) -> None:
        review = begun()
        for day in range(1, 30):
            review = self.struck(review, MONDAY + timedelta(days=day))
        assert (review.state, asked(review), review.steps[0].stage) == (State.OPEN, [CSO], Stage.LATE)
        assert waiting.next_due(review) is None

    def test_one_approval_of_theirs_stands_for_all_that_are_missing(self) -> None:
        of = rule((one("legal", LEA, LEO, need="all", escalate_to=(CSO,)),))
        review = say(begun(of), LEA, at=setting(of))
        review = waiting.struck(review, setting(of, now=MONDAY + timedelta(days=2)))
        assert statuses(review) == {LEA: "decided", LEO: "escalated", CSO: "pending"}
        assert say(review, CSO, at=setting(of)).state is State.DECIDED

    def test_where_nobody_new_comes_the_questions_stay_open_until_it_is_late(self) -> None:
        of = rule((one("head", LAST),))
        review = waiting.struck(begun(of), setting(of, now=MONDAY + timedelta(days=2)))
        assert (asked(review), review.steps[0].stage) == ([LAST], Stage.ESCALATED)
        assert say(review, LAST, at=setting(of)).state is State.DECIDED

    def test_while_there_is_nobody_to_ask_it_looks_again(self) -> None:
        of = rule((one("head", CSO),))
        gone = {CSO: Absence(MONDAY - timedelta(days=1), MONDAY + timedelta(hours=2), None)}
        review = begun(of, setting(of, away=gone, last_resort=None))
        assert asked(review) == []
        later = waiting.next_due(review)
        assert later
        review = waiting.struck(review, setting(of, now=later, away=gone, last_resort=None))
        assert asked(review) == []
        back = waiting.next_due(review)
        assert back
        assert asked(waiting.struck(review, setting(of, now=back, away=gone, last_resort=None))) == [CSO]


class TestPassedOn:
    def test_the_other_signs_in_the_time_that_is_left(self) -> None:
        review = go_on(say(begun(), ADA))
        number = next(question.number for question in review.pending if question.approver == LEA)
        review = handing.passed_on(review, number, BO, steps.DELEGATED, MONDAY)
        assert statuses(review)[LEA] == "delegated"
        assert sorted(asked(review)) == sorted([FIN, LEO, BO])
        assert say(say(say(review, BO), LEO), FIN).state is State.PASSED

    def test_to_one_who_is_asked_anyway_makes_one_question(self) -> None:
        review = handing.passed_on(begun(), 1, BO, steps.DELEGATED, MONDAY)
        assert asked(review) == [BO]


def gone(*persons: str, to: str | None = None) -> dict[str, Absence]:
    return {person: Absence(MONDAY, None, to) for person in persons}


def handed_over(review: Review, who: str, of: Rule, away: Mapping[str, Absence]) -> Review:
    """Somebody's open question, since they are away."""
    number = next(question.number for question in review.pending if question.approver == who)
    return handing.replaced(review, number, setting(of, away=away))


class TestHandedOver:
    """A review ends, or waits for a named person, whoever approved before."""

    FIRST_LAST = (one("first", LAST),)

    @pytest.fixture(params=["any", "all"])
    def of(self, request: pytest.FixtureRequest) -> Rule:
        return rule(self.FIRST_LAST, (one("second", FIN, need=request.param),), (one("third", CSO),))

    def second_asked(self, of: Rule) -> Review:
        return go_on(say(begun(of), LAST, at=setting(of)), setting(of))

    def test_to_the_last_resort_who_approved_an_earlier_step(self, of: Rule) -> None:
        review = handed_over(self.second_asked(of), FIN, of, gone(FIN))
        assert statuses(review) == {LAST: "decided", FIN: "delegated"}
        assert review.question(2).ended_by == LAST
        assert asked(go_on(review, setting(of))) == [CSO]

    def test_to_a_stand_in_who_approved_an_earlier_step(self, of: Rule) -> None:
        review = handed_over(self.second_asked(of), FIN, of, gone(FIN, to=LAST))
        assert asked(review) == []
        assert asked(go_on(review, setting(of))) == [CSO]

    def test_what_others_were_asked_in_that_step_needs_no_answer_any_more(self) -> None:
        of = rule(self.FIRST_LAST, (one("second", FIN, BO),))
        review = handed_over(self.second_asked(of), FIN, of, gone(FIN, to=LAST))
        assert statuses(review) == {LAST: "decided", FIN: "delegated", BO: "superseded"}
        assert review.question(3).ended_by == LAST
        assert steps.ask(review, setting(of)).state is State.DECIDED

    def test_an_approval_of_other_facts_is_none(self) -> None:
        of = rule(self.FIRST_LAST, (one("second", FIN),))
        review = self.second_asked(of)
        away = replace(setting(of, NOTED), find_people=setting(of, away=gone(FIN)).find_people)
        assert asked(handing.replaced(review, 2, away)) == [LAST]

    def test_asked_anew_in_a_while_it_goes_on_too(self) -> None:
        """Who became the last resort has approved by then."""
        of = rule((one("first", BO),), (one("second", FIN),))
        review = go_on(say(begun(of), BO, at=setting(of)), setting(of))
        nobody = setting(of, away=gone(FIN), last_resort=None)
        review = handing.replaced(review, 2, nobody)
        later = waiting.next_due(review)
        assert (asked(review), later) == ([], MONDAY + timedelta(hours=1))
        assert later
        review = waiting.struck(review, setting(of, now=later, away=gone(FIN), last_resort=BO))
        assert go_on(review, setting(of)).state is State.DECIDED

    def test_the_last_resort_keeps_what_nobody_else_can_be_asked(self) -> None:
        of = rule((one("first", LAST),))
        review = begun(of)
        assert handed_over(review, LAST, of, gone(LAST)) == review

    def test_where_colleagues_are_asked_too_it_is_theirs(self) -> None:
        of = rule(self.FIRST_LAST, (one("second", FIN, BO),))
        review = handed_over(self.second_asked(of), FIN, of, gone(FIN))
        assert (asked(review), review.question(2).ended_by) == ([BO], BO)


class TestSignaturesStay:
    """Two do not become one because somebody is away."""

    BOTH = one("legal", LEA, LAST, need="all")

    def test_where_nobody_else_can_sign_the_question_stays_with_its_owner(self) -> None:
        of = rule((self.BOTH,))
        review = handed_over(begun(of), LEA, of, gone(LEA))
        assert asked(review) == [LEA, LAST]
        review = say(review, LAST, at=setting(of))
        assert (review.state, asked(review)) == (State.OPEN, [LEA])
        for day in range(1, 30):
            review = waiting.struck(review, setting(of, now=MONDAY + timedelta(days=day), away=gone(LEA)))
        assert (asked(review), review.steps[0].stage) == ([LEA], Stage.LATE)
        assert say(review, LEA, at=setting(of)).state is State.DECIDED

    def test_whoever_signs_instead_may_have_approved_an_earlier_step(self) -> None:
        of = rule((one("first", CSO),), (replace(self.BOTH, escalate_to=(CSO,)),))
        review = go_on(say(begun(of), CSO, at=setting(of)), setting(of))
        review = handed_over(review, LEA, of, gone(LEA))
        assert asked(review) == [LAST]
        assert say(review, LAST, at=setting(of)).state is State.DECIDED

    def test_a_question_about_two_steps_stays_for_the_one_that_nobody_else_signs(self) -> None:
        of = rule((one("finance", LEA, escalate_to=(CSO,)), self.BOTH))
        review = handed_over(begun(of), LEA, of, gone(LEA))
        assert asked(review) == [LEA, LAST, CSO]
        assert [step.id for step in review.steps_of(1)] == ["legal"]

    def test_one_who_comes_for_two_steps_gets_one_question(self) -> None:
        of = rule((one("finance", LEA, escalate_to=(CSO,)), replace(self.BOTH, escalate_to=(CSO,))))
        review = handed_over(begun(of), LEA, of, gone(LEA))
        assert asked(review) == [LAST, CSO]
        assert [step.id for step in review.steps_of(3)] == ["finance", "legal"]


# ---- any rule, any order of events ----------------------------------------------------------------------------------

PERSONS = (ADA, BO, FIN, LEA, LEO, CSO, LAST)
people_lists = st.lists(st.sampled_from(PERSONS), min_size=1, max_size=3).map(tuple)
any_step = st.builds(
    Step,
    id=st.just(""),
    ask=people_lists,
    need=st.sampled_from(["any", "all"]),
    escalate_to=st.lists(st.sampled_from(PERSONS), max_size=2).map(tuple),
    reads=st.sampled_from([("amount",), ("notes",), ("amount", "notes", "customer")]),
)


def named(orders: list[list[Step]]) -> Rule:
    return rule(
        *(tuple(replace(step, id=f"s{o}{n}") for n, step in enumerate(order)) for o, order in enumerate(orders))
    )


any_rule = st.lists(st.lists(any_step, min_size=1, max_size=2), min_size=1, max_size=3).map(named)
ACTS = ["yes", "yes", "yes", "time", "edit", "away", "away", "back"]
any_acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9)), max_size=25)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_rule, any_acts)
def test_whatever_happens(of: Rule, acts: list[tuple[str, int]]) -> None:
    """It waits for a named person or has come to its end; it is approved only by approvals of what the deal is."""
    deal, now, away = DEAL, MONDAY, dict[str, Absence]()
    review = steps.ask(Review("deal_1", 1), setting(of, deal, now))
    for act, which in acts:
        if review.state is State.PASSED:
            review = steps.ask(review, setting(of, deal, now, away))
        if review.state is not State.OPEN:
            break
        at = setting(of, deal, now, away)
        if act == "yes":
            review = steps.answered(review, review.pending[which % len(review.pending)].number, YES, at)
        elif act == "time":
            now += timedelta(days=which)
            review = waiting.struck(review, setting(of, deal, now, away))
        elif act == "away":
            question = review.pending[which % len(review.pending)]
            away[question.approver] = Absence(now, None, (*PERSONS, None, None, None)[which])
            review = handing.replaced(review, question.number, setting(of, deal, now, away))
        elif act == "back":
            away.clear()
        else:
            deal = replace(deal, notes=f"note {which}") if which % 2 else replace(deal, amount=Money(which, "EUR"))
        _keeps_its_word(review, of, deal)


def _keeps_its_word(review: Review, of: Rule, deal: Deal) -> None:
    assert review.state is not State.OPEN or review.pending, "somebody is asked"
    assert review.state is not State.OPEN or waiting.next_due(review) or _is_late(review), "in a time"
    for step in (step for order in of.steps for step in order if step.need == "all"):
        state = review.step(step.id)
        assert state is None or len(state.asked) == len(set(step.ask)), "a signature of each who is named, or instead"
    pending = [question.approver for question in review.pending]
    assert len(pending) == len(set(pending)), "nobody is asked twice at once"
    assert [question.number for question in review.questions] == list(range(1, len(review.questions) + 1))
    assert review.state is not State.DECIDED or not pending
    if review.state is State.DECIDED:
        assert all(_agreed(review, step, deal) for order in of.steps for step in order)


def _is_late(review: Review) -> bool:
    """All that it waits for."""
    return all(step.stage is Stage.LATE for step in review.steps if step.order == review.order and not step.agreed)


def _agreed(review: Review, step: Step, deal: Deal) -> bool:
    """Said once more in other words."""
    state = review.step(step.id)
    assert state is not None
    approved = {
        question.number
        for question in review.questions
        if question.status is Status.DECIDED and _same(question.saw, seen(deal), step)
    }
    wanted = set(state.asked)
    by_others = approved & set(state.escalated)
    return bool(by_others) or (wanted <= approved if step.need == "all" else bool(wanted & approved))


def _same(one: str, other: str, step: Step) -> bool:
    parts = ("amount", "products", "customer", "expected_close_date", "notes", "type", "partner")
    size = len(one) // len(parts)
    places = [parts.index(part) for part in (*step.reads, "partner")]
    return all(one[place * size : (place + 1) * size] == other[place * size : (place + 1) * size] for place in places)
