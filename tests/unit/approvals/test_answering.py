"""What counts as an answer, and what is wrong with one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals.answering import MAX_REASON, Said, check_answer
from dealreg.approvals.model import Answer, Choice
from dealreg.deals.model import REQUESTABLE
from dealreg.deals.statuses import RejectReason
from dealreg.platform.errors import InvalidInput
from tests.unit.sentences import is_sentence

REASON, CODE = "The same as last year's", str(RejectReason.DUPLICATE)
TOO_LONG = "x" * (MAX_REASON + 1)
texts = st.text(max_size=30)
field_lists = st.lists(st.sampled_from([*REQUESTABLE, "status", ""]), max_size=4)


def faults_of(
    choice: str, reason: str = REASON, fields: tuple[str, ...] = (), code: str = CODE, note: str = ""
) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        check_answer(Said(choice, reason, fields, code, note))
    assert all(is_sentence(fault.message) for fault in refused.value.errors)
    return [fault.field for fault in refused.value.errors]


class TestAnAnswer:
    @given(texts, texts, field_lists, st.sampled_from(["other", "duplicate", "because", ""]), texts)
    def test_is_complete_or_refused_with_the_fields_at_fault(
        self, choice: str, reason: str, fields: list[str], code: str, note: str
    ) -> None:
        try:
            answer = check_answer(Said(choice, reason, fields, code, note))
        except InvalidInput as error:
            assert error.errors
            assert {fault.field for fault in error.errors} <= {"choice", "reason", "reason_code", "fields"}
        else:
            assert_complete(answer)

    @given(st.sampled_from(Choice), texts, field_lists, st.sampled_from([*RejectReason, "because"]))
    def test_of_a_known_choice_likewise(self, choice: Choice, reason: str, fields: list[str], code: str) -> None:
        try:
            assert_complete(check_answer(Said(choice, reason, fields, code)))
        except InvalidInput as error:
            assert choice is not Choice.APPROVE
            assert error.errors

    @pytest.mark.parametrize("choice", ["", "on", "APPROVE", "approve ", "delete"])
    def test_needs_a_choice(self, choice: str) -> None:
        assert faults_of(choice, "a reason", ("amount",)) == ["choice"]

    def test_tells_every_fault_at_once(self) -> None:
        assert faults_of("request_info", "  ") == ["reason", "fields"]


def assert_complete(answer: Answer) -> None:
    assert answer.choice is Choice.APPROVE or answer.reason.strip()
    assert (answer.choice is Choice.REJECT) == bool(answer.reason_code)
    assert (answer.choice is Choice.REQUEST_INFO) == bool(answer.fields)
    assert set(answer.fields) <= set(REQUESTABLE)


class TestFaults:
    @pytest.mark.parametrize(
        ("faults", "expected"),
        [
            (lambda: faults_of("maybe"), ["choice"]),
            (lambda: faults_of("reject", reason=" "), ["reason"]),
            (lambda: faults_of("reject", reason=TOO_LONG), ["reason"]),
            (lambda: faults_of("approve", reason=TOO_LONG), ["reason"]),
            (lambda: faults_of("approve", note=TOO_LONG), ["note"]),
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
            check_answer(Said("reject", REASON, reason_code="because"))
        assert refused.value.errors[0].message.endswith(f"{', '.join(RejectReason)}.")
        with pytest.raises(InvalidInput) as refused:
            check_answer(Said("request_info", REASON, ["notes", "status", "stage"]))
        assert refused.value.errors[0].message.endswith("these: status, stage.")


class TestAnswers:
    def test_each_choice_keeps_what_it_needs_and_drops_the_rest(self) -> None:
        given = (f" {REASON} ", ["notes", "amount", "notes"], CODE, " A note. ")
        assert check_answer(Said("approve", *given)) == Answer(Choice.APPROVE, REASON, note="A note.")
        assert check_answer(Said("reject", *given)) == Answer(Choice.REJECT, REASON, CODE, note="A note.")
        assert check_answer(Said("request_info", *given)) == Answer(
            Choice.REQUEST_INFO, REASON, "", ("notes", "amount"), "A note."
        )

    def test_a_no_without_a_code_is_for_another_reason(self) -> None:
        assert check_answer(Said("reject", REASON)).reason_code == RejectReason.OTHER

    @pytest.mark.parametrize("choice", ["approve", "reject"])
    def test_a_reason_and_a_note_may_be_as_long_as_they_say(self, choice: str) -> None:
        longest = "x" * MAX_REASON
        answer = check_answer(Said(choice, longest, reason_code=CODE, note=longest))
        assert (answer.reason, answer.note) == (longest, longest)
