"""Who answers a partner's comment; and who is written to when several steps side by side have something to say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg.approvals import comments
from dealreg.approvals.model import AskedStep, Choice, Question, Review, State, Status
from dealreg.approvals.wiring import letters_between
from tests.stand_ins import returning
from tests.unit.approvals.samples import DEAL, NOW

ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@acme.example"


def question(number: int, approver: str, status: Status = Status.SUPERSEDED, choice: Choice | None = None) -> Question:
    return Question(number, approver, NOW + timedelta(hours=number), status, choice=choice)


def review(*questions: Question) -> Review:
    return Review(DEAL.id, 1, questions=questions)


OPEN = review(question(1, ADA, Status.ESCALATED), question(2, BO, Status.PENDING), question(3, CY, Status.PENDING))
ASKING = review(question(1, ADA, Status.DECIDED, Choice.REQUEST_INFO), question(2, BO))
BY_ADMIN = review(question(1, ADA), question(2, BO), question(3, "key_1", Status.DECIDED, Choice.REQUEST_INFO))


@pytest.mark.parametrize(
    ("found", "expected"), [(OPEN, BO), (ASKING, ADA), (BY_ADMIN, BO), (review(), None), (None, None)]
)
def test_the_first_that_is_open_or_who_asked_or_the_newest(
    found: Review | None, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "has_left", returning(False))
    in_hand = comments.in_hand(found)
    assert (in_hand.approver if in_hand else None) == expected


def test_who_is_in_two_steps_that_remind_together_is_reminded_once() -> None:
    steps = tuple(AskedStep(name, 1, NOW, (1,)) for name in ("finance", "legal"))
    before = Review(DEAL.id, 1, state=State.OPEN, order=1, steps=steps, questions=(question(1, ADA, Status.PENDING),))
    after = replace(before, steps=tuple(replace(step, reminders=1) for step in steps))
    assert [(kind, one.approver, which) for kind, one, which in letters_between(before, after)] == [
        ("approval.reminder", ADA, "#finance#1")
    ]
