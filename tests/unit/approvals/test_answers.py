"""What a question holds, what is wrong with an answer, and what an approver reads."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg.approvals import rules
from dealreg.approvals.model import Answer, Approval, Choice, NextStep, Status
from dealreg.deals.statuses import RejectReason
from dealreg.matching.rules import Verdict
from dealreg.partners.program import Program
from dealreg.platform.errors import InvalidInput
from tests.unit.approvals.test_rules import DEAL, NOW, PROGRAM
from tests.unit.sentences import is_sentence

REASON, CODE = "The same as last year's", str(RejectReason.DUPLICATE)


def asked(step: int = 1, program: Program = PROGRAM) -> Approval:
    return rules.question(DEAL, 1, step, program, "token", NOW)


def faults_of(choice: str, reason: str = REASON, fields: tuple[str, ...] = (), code: str = CODE) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        rules.check_answer(choice, reason, fields, code)
    assert all(is_sentence(fault.message) for fault in refused.value.errors)
    return [fault.field for fault in refused.value.errors]


class TestQuestion:
    @pytest.mark.parametrize(
        ("step", "approver", "patience"),
        [
            (1, "first@vendor.example", timedelta(hours=48)),
            (2, "second@vendor.example", rules.LAST_STEP),
            (3, "second@vendor.example", rules.LAST_STEP),
        ],
    )
    def test_each_step_has_its_approver_and_its_patience(self, step: int, approver: str, patience: timedelta) -> None:
        assert asked(step) == Approval(
            id=asked(step).id,
            deal_id=DEAL.id,
            review_version=1,
            step=step,
            approver=approver,
            asked_at=NOW,
            remind_at=NOW + timedelta(hours=24),
            expires_at=NOW + patience,
            task_token="token",
        )

    def test_a_deal_that_needs_nobody_is_approved_at_once(self) -> None:
        clear = replace(DEAL, verdict=Verdict.CLEAR)
        assert rules.first_step(clear, 1, clear.amount) is NextStep.APPLY
        assert rules.first_step(replace(clear, verdict=Verdict.POSSIBLE_DUPLICATE), 1, clear.amount) is NextStep.ASK

    def test_reminders_are_an_hour_apart_at_least(self) -> None:
        question = asked(program=replace(PROGRAM, remind_after_hours=0))
        assert rules.when_due(question, DEAL, NOW).remind_at == NOW + timedelta(hours=1)


class TestFaults:
    @pytest.mark.parametrize(
        ("faults", "expected"),
        [
            (lambda: faults_of("maybe"), ["choice"]),
            (lambda: faults_of("reject", reason=" "), ["reason"]),
            (lambda: faults_of("reject", reason="x" * (rules.MAX_REASON + 1)), ["reason"]),
            (lambda: faults_of("approve", reason="x" * (rules.MAX_REASON + 1)), ["reason"]),
            (lambda: faults_of("reject", code="because"), ["reason_code"]),
            (lambda: faults_of("reject", reason="", code="because"), ["reason", "reason_code"]),
            (lambda: faults_of("request_info", reason="", fields=("notes",)), ["reason"]),
            (lambda: faults_of("request_info"), ["fields"]),
            (lambda: faults_of("request_info", fields=("notes", "status")), ["fields"]),
        ],
    )
    def test_each_is_told_at_its_field(self, faults: Callable[[], list[str]], expected: list[str]) -> None:
        assert faults() == expected

    def test_what_can_be_chosen_and_what_cannot_be_asked_is_listed(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            rules.check_answer("reject", REASON, [], "because")
        assert refused.value.errors[0].message.endswith(f"{', '.join(RejectReason)}.")
        with pytest.raises(InvalidInput) as refused:
            rules.check_answer("request_info", REASON, ["notes", "status", "stage"])
        assert refused.value.errors[0].message.endswith("these: status, stage.")


class TestAnswers:
    def test_each_choice_keeps_what_it_needs_and_drops_the_rest(self) -> None:
        given = (f" {REASON} ", ["notes", "amount", "notes"], CODE)
        assert rules.check_answer("approve", *given) == Answer(Choice.APPROVE, REASON, "", ())
        assert rules.check_answer("reject", *given) == Answer(Choice.REJECT, REASON, CODE, ())
        assert rules.check_answer("request_info", *given) == Answer(
            Choice.REQUEST_INFO, REASON, "", ("notes", "amount")
        )

    def test_a_no_without_a_code_is_for_another_reason(self) -> None:
        assert rules.check_answer("reject", REASON, []).reason_code == RejectReason.OTHER

    def test_a_reason_may_be_as_long_as_it_says(self) -> None:
        assert rules.check_answer("reject", "x" * rules.MAX_REASON, [], CODE).reason == "x" * rules.MAX_REASON


@pytest.mark.parametrize("status", [Status.SUPERSEDED, Status.ESCALATED])
def test_why_a_question_is_closed_is_a_sentence(status: Status) -> None:
    assert is_sentence(rules.why_closed(replace(asked(), status=status), DEAL, NOW, ""))
