"""Who is asked, when they hear of it again, and what counts as an answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals import rules
from dealreg.approvals.model import Answer, Approval, Choice, NextStep, Status
from dealreg.deals.model import REQUESTABLE, Deal
from dealreg.deals.statuses import RejectReason
from dealreg.deals.statuses import Status as DealStatus
from dealreg.matching.rules import Verdict
from dealreg.partners.program import Approvers, Program
from dealreg.platform import ids, times
from dealreg.platform.errors import InvalidInput, StateConflict
from dealreg.platform.money import Money

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PROGRAM = Program(approvers=Approvers("first@vendor.example", "second@vendor.example"))
DEAL = Deal(
    id=ids.make_id("deal", NOW, 7),
    partner_id="part_1",
    user_id="user_1",
    status=DealStatus.IN_REVIEW,
    version=1,
    review_version=1,
    customer={"name": "Acme"},
    products=[],
    families=[],
    identities=[],
    amount=Money(100_00, "EUR"),
    verdict=Verdict.CLEAR,
    matches=[],
    editable=[],
    created_at=times.to_text(NOW),
    updated_at=times.to_text(NOW),
)
QUESTION = rules.question(DEAL, 1, 1, PROGRAM, "token", NOW)

amounts = st.integers(min_value=1, max_value=10**12)
currencies = st.sampled_from(["EUR", "USD", "JPY"])
monies = st.builds(Money, amounts, currencies)
moments = st.timedeltas(timedelta(days=-30), timedelta(days=400)).map(lambda passed: NOW + passed)
texts = st.text(max_size=30)
field_lists = st.lists(st.sampled_from([*REQUESTABLE, "status", ""]), max_size=4)


class TestWhoIsAsked:
    @given(st.sampled_from(Verdict), monies, st.none() | monies)
    def test_nobody_only_when_the_deal_is_clear_and_within_the_limit_in_its_currency(
        self, verdict: Verdict, amount: Money, limit: Money | None
    ) -> None:
        expected = (
            verdict == "clear"
            and limit is not None
            and limit.currency == amount.currency
            and amount.minor <= limit.minor
        )
        assert rules.needs_nobody(replace(DEAL, verdict=verdict, amount=amount), limit) is expected

    @pytest.mark.parametrize(
        ("certainty", "likelihood", "expected"),
        [("none", 89, True), ("none", 90, False), ("none", 97, False), ("exact", 100, True)],
    )
    def test_a_person_looks_at_who_is_nearly_alike_unless_the_program_lets_it_pass(
        self, certainty: str, likelihood: int, expected: bool
    ) -> None:
        near = {"id": "deal_1", "certainty": certainty, "likelihood": likelihood}
        deal = replace(DEAL, verdict="clear", matches=[near])
        assert rules.needs_nobody(deal, deal.amount) is expected

    @pytest.mark.parametrize(("certainty", "expected"), [("none", True), ("possible", False), ("exact", False)])
    def test_a_person_looks_at_who_registered_the_customer_a_moment_later(self, certainty: str, expected: bool) -> None:
        """Though the verdict does not count it: that one may have been approved without having seen this one."""
        later = {"id": "deal_1", "certainty": certainty, "likelihood": 50, "later": True}
        deal = replace(DEAL, verdict="clear", matches=[later])
        assert rules.needs_nobody(deal, deal.amount) is expected

    @given(st.integers(min_value=1, max_value=10**9))
    def test_a_smaller_deal_never_needs_more_people(self, minor: int) -> None:
        limit = Money(5_000_00, "EUR")
        if rules.needs_nobody(replace(DEAL, verdict="clear", amount=Money(minor + 1, "EUR")), limit):
            assert rules.needs_nobody(replace(DEAL, verdict="clear", amount=Money(minor, "EUR")), limit)

    @given(st.sampled_from(DealStatus), st.integers(1, 3), st.integers(1, 3))
    def test_nobody_when_the_deal_is_not_in_this_review(self, status: DealStatus, began: int, version: int) -> None:
        deal = replace(DEAL, status=status, review_version=began)
        next_step = rules.first_step(deal, version, None)
        assert next_step == (NextStep.ASK if status == DealStatus.IN_REVIEW and began == version else NextStep.END)

    def test_a_comment_during_the_review_does_not_end_it(self) -> None:
        assert rules.first_step(replace(DEAL, version=5), 1, None) is NextStep.ASK

    @given(st.lists(st.emails(), max_size=3), st.integers(1, 40))
    def test_the_last_approver_stays_asked(self, approvers: list[str], step: int) -> None:
        approver = rules.approver_of(approvers, step)
        assert approver == (approvers[min(step, len(approvers)) - 1] if approvers else "")

    def test_the_same_question_has_the_same_id_and_every_other_question_another(self) -> None:
        found = {rules.question(DEAL, version, step, PROGRAM, "t", NOW).id for version in (1, 2) for step in (1, 2, 3)}
        assert len(found) == 6
        assert rules.question(DEAL, 1, 1, PROGRAM, "another", NOW + timedelta(days=1)).id == QUESTION.id
        assert ids.is_id("apr", QUESTION.id)

    def test_without_approvers_the_question_still_stands_for_the_admin(self) -> None:
        question = rules.question(DEAL, 1, 1, Program(), "token", NOW)
        assert (question.approver, question.expires_at) == ("", NOW + rules.LAST_STEP)


class TestTheClock:
    def test_it_reminds_and_then_hands_on(self) -> None:
        day_later = rules.when_due(QUESTION, DEAL, NOW + timedelta(hours=24))
        assert (day_later.status, day_later.reminders) == (Status.PENDING, 1)
        assert rules.next_due(day_later) == NOW + timedelta(hours=48)
        two_days_later = rules.when_due(day_later, DEAL, NOW + timedelta(hours=48))
        assert two_days_later.status is Status.ESCALATED

    def test_nights_and_weekends_are_nobodys_time(self) -> None:
        """Given 24 and 48 hours, a day of the clock counting as a working day, and a question of Friday afternoon."""
        friday = datetime(2026, 11, 27, 16, tzinfo=UTC)
        question = rules.question(DEAL, 1, 1, PROGRAM, "token", friday)
        assert question.remind_at == friday + timedelta(days=3)
        assert question.expires_at == friday + timedelta(days=4)
        asked_on_saturday = rules.question(DEAL, 1, 1, PROGRAM, "token", friday + timedelta(days=1))
        assert asked_on_saturday.remind_at == datetime(2026, 11, 30, 17, tzinfo=UTC)

    def test_reminders_of_the_last_step_thin_out(self) -> None:
        question = rules.question(DEAL, 1, 2, PROGRAM, "token", NOW)
        reminded_after_days: list[int] = []
        while question.status is Status.PENDING:
            moment = rules.next_due(question)
            question = rules.when_due(question, DEAL, moment)
            reminded_after_days.append((moment - NOW).days)
        assert reminded_after_days == [1, 2, 4, 10, 22, 30], "after 1, 2, 4, 8 and 16 working days"

    @given(moments, st.integers(1, 720), st.integers(1, 1440), st.integers(1, 3))
    def test_looking_at_any_moment_leaves_a_later_one_to_look_at(
        self, moment: datetime, remind: int, escalate: int, step: int
    ) -> None:
        program = replace(PROGRAM, remind_after_hours=remind, escalate_after_hours=escalate)
        question = rules.question(DEAL, 1, step, program, "token", NOW)
        after = rules.when_due(question, DEAL, moment)
        assert after.status is Status.ESCALATED or rules.next_due(after) > moment or after == question

    @given(moments)
    def test_too_early_changes_nothing(self, moment: datetime) -> None:
        if moment < rules.next_due(QUESTION):
            assert rules.when_due(QUESTION, DEAL, moment) == QUESTION

    @given(moments, st.sampled_from([status for status in DealStatus if status != DealStatus.IN_REVIEW]))
    def test_a_deal_that_left_review_is_not_asked_about(self, moment: datetime, status: DealStatus) -> None:
        assert rules.when_due(QUESTION, replace(DEAL, status=status), moment).status is Status.SUPERSEDED


class TestAnAnswer:
    @given(texts, texts, field_lists, st.sampled_from(["other", "duplicate", "because", ""]))
    def test_is_complete_or_refused_with_the_fields_at_fault(
        self, choice: str, reason: str, fields: list[str], code: str
    ) -> None:
        try:
            answer = rules.check_answer(choice, reason, fields, code)
        except InvalidInput as error:
            assert error.errors
            assert {fault.field for fault in error.errors} <= {"choice", "reason", "reason_code", "fields"}
        else:
            assert_complete(answer)

    @given(st.sampled_from(Choice), texts, field_lists, st.sampled_from([*RejectReason, "because"]))
    def test_of_a_known_choice_likewise(self, choice: Choice, reason: str, fields: list[str], code: str) -> None:
        try:
            assert_complete(rules.check_answer(choice, reason, fields, code))
        except InvalidInput as error:
            assert choice is not Choice.APPROVE
            assert error.errors

    @pytest.mark.parametrize("choice", ["", "on", "APPROVE", "approve ", "delete"])
    def test_needs_a_choice(self, choice: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            rules.check_answer(choice, "a reason", ["amount"])
        assert [fault.field for fault in caught.value.errors] == ["choice"]

    def test_tells_every_fault_at_once(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            rules.check_answer("request_info", "  ", [])
        assert [fault.field for fault in caught.value.errors] == ["reason", "fields"]

    def test_has_a_reason_of_bearable_length(self) -> None:
        with pytest.raises(InvalidInput):
            rules.check_answer("reject", "x" * (rules.MAX_REASON + 1), [])


def assert_complete(answer: Answer) -> None:
    assert answer.choice is Choice.APPROVE or answer.reason.strip()
    assert (answer.choice is Choice.REJECT) == bool(answer.reason_code)
    assert (answer.choice is Choice.REQUEST_INFO) == bool(answer.fields)
    assert set(answer.fields) <= set(REQUESTABLE)


class TestWhatHolds:
    DECIDED = replace(
        QUESTION,
        status=Status.DECIDED,
        answer=Answer(Choice.REJECT, "no", "other", ()),
        decided_by="first@vendor.example",
        decided_at=NOW,
    )

    def test_an_open_question_is_not_closed(self) -> None:
        assert rules.why_closed(QUESTION, DEAL, NOW, QUESTION.approver) == ""

    @pytest.mark.parametrize(
        ("approval", "words"),
        [
            (DECIDED, "You rejected this on 23 Nov 2026, 10:00 UTC. It takes effect in a moment."),
            (replace(DECIDED, decided_by="head"), "head rejected this on 23 Nov 2026, 10:00 UTC."),
            (replace(QUESTION, status=Status.SUPERSEDED), "no longer under review"),
            (replace(QUESTION, status=Status.ESCALATED), "passed on"),
            (replace(QUESTION, expires_at=NOW), "passed on"),
        ],
    )
    def test_a_closed_one_says_what_holds(self, approval: Approval, words: str) -> None:
        assert words in rules.why_closed(approval, DEAL, NOW, QUESTION.approver)

    def test_a_decision_that_has_had_its_effect_says_how_the_deal_stands(self) -> None:
        rejected = replace(DEAL, status=DealStatus.REJECTED)
        assert rules.why_closed(self.DECIDED, rejected, NOW, "").endswith(" The deal is now rejected.")

    @pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
    def test_a_decision_that_a_withdrawal_overtook_is_not_shown_as_one(self, choice: Choice) -> None:
        overtaken = replace(self.DECIDED, answer=Answer(choice, "", "", ()))
        withdrawn = replace(DEAL, status=DealStatus.WITHDRAWN)
        assert rules.why_closed(overtaken, withdrawn, NOW, QUESTION.approver).startswith("The partner withdrew this.")

    def test_an_approval_that_had_its_effect_before_the_withdrawal_is_one(self) -> None:
        approved = replace(self.DECIDED, answer=Answer(Choice.APPROVE, "", "", ()))
        withdrawn = replace(DEAL, status=DealStatus.WITHDRAWN, protected_until=times.to_text(NOW))
        told = rules.why_closed(approved, withdrawn, NOW, QUESTION.approver)
        assert told.startswith("You approved this") and told.endswith("The deal is now withdrawn.")

    @pytest.mark.parametrize(
        ("status", "editable", "has_asked"),
        [
            (DealStatus.ACTION_REQUIRED, ["notes"], True),
            (DealStatus.WITHDRAWN, ["notes"], True),
            (DealStatus.WITHDRAWN, [], False),
        ],
    )
    def test_a_question_to_the_partner_counts_if_it_was_put(
        self, status: DealStatus, editable: list[str], has_asked: bool
    ) -> None:
        asked = replace(self.DECIDED, answer=Answer(Choice.REQUEST_INFO, "Which?", "", ("notes",)))
        told = rules.why_closed(asked, replace(DEAL, status=status, editable=editable), NOW, QUESTION.approver)
        assert told.startswith("You asked the partner") is has_asked

    @pytest.mark.parametrize(
        "question",
        [
            DECIDED,
            replace(QUESTION, status=Status.SUPERSEDED, ended_at=NOW),
            replace(QUESTION, status=Status.ESCALATED, ended_at=NOW),
            replace(QUESTION, expires_at=NOW),
        ],
    )
    def test_its_link_is_forgotten_ninety_days_after_its_end(self, question: Approval) -> None:
        kept = timedelta(days=90)
        assert not rules.is_forgotten(question, NOW + kept - timedelta(seconds=1))
        assert rules.is_forgotten(question, NOW + kept)

    @pytest.mark.parametrize(
        ("status", "next_step", "step"),
        [(Status.DECIDED, "apply", 1), (Status.ESCALATED, "ask", 2), (Status.SUPERSEDED, "end", 1)],
    )
    def test_the_state_machine_is_told_what_to_do_next(self, status: Status, next_step: str, step: int) -> None:
        turn = rules.turn_after(replace(QUESTION, status=status))
        assert turn == {
            "deal_id": DEAL.id,
            "version": 1,
            "next_step": next_step,
            "step": step,
            "approval_id": QUESTION.id,
        }

    def test_only_an_answer_can_be_applied(self) -> None:
        assert rules.answer_of(self.DECIDED).choice is Choice.REJECT
        with pytest.raises(StateConflict, match=r"^Nobody has decided this\.$") as refused:
            rules.answer_of(QUESTION)
        assert refused.value.extra == {"approval_status": "pending"}

    def test_the_token_does_not_show(self) -> None:
        assert "token" not in repr(replace(QUESTION, task_token="secret-token")).replace("task_token", "")
