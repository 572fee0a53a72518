"""A review: one run of one rule over one deal, with the steps it has come to and the questions it has put.

Its row is the one place that a decision, an override and the state machine condition on. A review that is not open owes
the state machine an answer for as long as it is on the clock.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict, cast

from dealreg.deals.model import place_of
from dealreg.platform import dynamo, times
from dealreg.platform.ids import deal_locator
from dealreg.platform.settings import Setting, read

REVIEW = "REVIEW"
QUESTION = "APPROVAL"


class Choice(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_INFO = "request_info"


class Status(StrEnum):
    """Of a question."""

    PENDING = "pending"
    DECIDED = "decided"
    ESCALATED = "escalated"
    """Not answered in time: others are asked instead."""
    DELEGATED = "delegated"
    SUPERSEDED = "superseded"
    """Answered by others, or the review ended by another way."""


class State(StrEnum):
    """Of a review."""

    STARTED = "started"
    """Nobody was asked yet."""
    OPEN = "open"
    PASSED = "passed"
    """An order of steps is agreed to, and others follow."""
    DECIDED = "decided"
    SUPERSEDED = "superseded"
    """The deal left review by another way."""


class Stage(StrEnum):
    """Of a step that is asked."""

    ASKED = "asked"
    ESCALATED = "escalated"
    LATE = "late"


class NextStep(StrEnum):
    """What the state machine does next."""

    ASK = "ask"
    APPLY = "apply"
    END = "end"


class Turn(TypedDict):
    """What travels through the state machine: ids only, since executions are kept and shown by AWS."""

    deal_id: str
    version: int
    """The deal's version when the review began."""
    next_step: str
    step: int
    """How many orders of steps have been asked, with the next; 0 when nobody is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked choice: it can be applied as it is."""

    choice: Choice
    reason: str = ""
    """For the partner."""
    reason_code: str = ""
    """For REJECT, else empty."""
    fields: tuple[str, ...] = ()
    """What the partner is to correct or add, for REQUEST_INFO."""
    note: str = ""
    """For the vendor alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What ended a review."""

    answer: Answer
    by: str
    """An approver's address, an admin's id, or AUTOMATIC."""
    at: datetime
    step: str = ""
    """The step that said so; empty for the whole review."""
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A step, or several side by side, put to one person, with one link."""

    number: int
    """Within its review, from 1."""
    approver: str
    """E-mail address; an admin's id where an admin answered in a step's place."""
    asked_at: datetime
    status: Status = Status.PENDING
    instead_of: str = ""
    because: str = ""
    """Why this person: away, nobody, escalated, delegated; empty for who is named."""
    choice: Choice | None = None
    reason: str = ""
    note: str = ""
    saw: str = ""
    """The facts that it was answered on, as `facts.seen`."""
    ended_at: datetime | None = None
    ended_by: str = ""
    """Who answered, or to whom it was passed on."""


@dataclass(frozen=True, slots=True)
class AskedStep:
    id: str
    order: int
    asked_at: datetime
    asked: tuple[int, ...]
    """Numbers of the questions; of people who had approved before, those of then."""
    title: str = ""
    """What the partner reads."""
    escalated: tuple[int, ...] = ()
    """One approval of these stands for all that are missing."""
    agreed: bool = False
    stage: Stage = Stage.ASKED
    reminders: int = 0
    remind_at: datetime | None = None
    escalate_at: datetime | None = None
    """When `escalate_to` is asked, and after that when it is late; None: there is nothing to wait for any more."""


@dataclass(frozen=True, slots=True)
class Review:
    deal_id: str
    version: int
    """The deal's version when it began."""
    program_version: int = 0
    rule: str = ""
    is_extension: bool = False
    """It is about a longer protection, and runs without the state machine."""
    began_at: datetime | None = None
    spent_before: int = 0
    """Working seconds of ours in the reviews before it that asked the partner for information."""
    state: State = State.STARTED
    order: int = 0
    """Of the steps that are asked now."""
    orders: int = 0
    """Of the rule, all in all."""
    steps: tuple[AskedStep, ...] = ()
    questions: tuple[Question, ...] = ()
    decision: Decision | None = None
    revision: int = 0
    due_at: datetime | None = None

    def question(self, number: int) -> Question:
        return self.questions[number - 1]

    def step(self, step_id: str) -> AskedStep | None:
        return next((step for step in self.steps if step.id == step_id), None)

    @property
    def pending(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.status is Status.PENDING)

    def steps_of(self, number: int) -> tuple[AskedStep, ...]:
        """Those of the present order that a question is about."""
        return tuple(
            step for step in self.steps if step.order == self.order and number in (*step.asked, *step.escalated)
        )


def key_of(deal_id: str, version: int) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), place_of(deal_id).pk, f"{REVIEW}#{version:08}")


def token_key(deal_id: str, version: int) -> dynamo.Key:
    """Of the row that has the token with which the review's execution waits."""
    return dynamo.Key(read(Setting.DEALS_TABLE), place_of(deal_id).pk, f"TOKEN#{version:08}")


def question_key(review: Review, number: int) -> dynamo.Key:
    key = key_of(review.deal_id, review.version)
    return dynamo.Key(key.table, key.pk, f"{QUESTION}#{question_id(review, number)}")


def question_id(review: Review, number: int) -> str:
    """The same for the same question, so that asking it again cannot ask twice."""
    return f"apr_{deal_locator(review.deal_id)}-{review.version}-{number}"


def number_of(question_id: str) -> int:
    """Within its review."""
    return int(question_id.rpartition("-")[2])


def progress_of(review: Review) -> dict[str, Any]:
    """What the partner may see of it, as `deals.progress` reads it: titles, never people."""
    waiting = [step for step in review.steps if step.order == review.order and not step.agreed]
    if review.state is not State.OPEN or not waiting:
        return {}
    since = min(step.asked_at for step in waiting)
    return {
        "step": ", ".join(step.title or step.id for step in waiting),
        "number": review.order,
        "of": review.orders,
        "since": times.to_text(since),
    }


def to_item(review: Review) -> dynamo.Item:
    """The content, without keys, mark and clock. The row has no attribute `id`, which would put it among the deals."""
    content = asdict(review)
    del content["due_at"], content["version"]
    content["review_version"] = review.version
    content["progress"] = progress_of(review)
    content["questions"] = [_question_item(question) for question in review.questions]
    content["steps"] = [_plain(asdict(step)) for step in review.steps]
    if review.decision:
        content["decision"] = _plain(asdict(review.decision)) | {"answer": _plain(asdict(review.decision.answer))}
    return _plain(content)


def _question_item(question: Question) -> dict[str, Any]:
    """Without who answered, where that is who was asked."""
    is_own = question.choice is not None and question.ended_by == question.approver
    return _plain(asdict(replace(question, ended_by="") if is_own else question))


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, datetime):
            found[name] = times.to_text(value)
        elif isinstance(value, tuple):
            found[name] = [*cast("tuple[Any, ...]", value)]
        else:
            found[name] = value
    return {name: value for name, value in found.items() if value not in (None, "", [], {}, 0, False)}


def from_item(item: Mapping[str, Any]) -> Review:
    decision = item.get("decision")
    return Review(
        deal_id=item["deal_id"],
        version=item["review_version"],
        program_version=item.get("program_version", 0),
        rule=item.get("rule", ""),
        is_extension=item.get("is_extension", False),
        began_at=_moment(item, "began_at"),
        spent_before=item.get("spent_before", 0),
        state=State(item["state"]),
        order=item.get("order", 0),
        orders=item.get("orders", 0),
        steps=tuple(_step(step) for step in item.get("steps", ())),
        questions=tuple(_question(question) for question in item.get("questions", ())),
        decision=_decision(decision) if decision else None,
        revision=item.get("revision", 0),
        due_at=_moment(item, "due_at"),
    )


def _step(item: Mapping[str, Any]) -> AskedStep:
    moments = {name: _moment(item, name) for name in ("asked_at", "remind_at", "escalate_at")}
    numbers = {name: tuple(item.get(name, ())) for name in ("asked", "escalated")}
    return AskedStep(**_with(item, **moments, **numbers, stage=Stage(item["stage"])))


def _question(item: Mapping[str, Any]) -> Question:
    moments = {name: _moment(item, name) for name in ("asked_at", "ended_at")}
    choice = Choice(item["choice"]) if "choice" in item else None
    ended_by = item.get("ended_by") or (item["approver"] if choice else "")
    return Question(**_with(item, **moments, choice=choice, status=Status(item["status"]), ended_by=ended_by))


def _decision(item: Mapping[str, Any]) -> Decision:
    said = item["answer"]
    answer = Answer(**_with(said, choice=Choice(said["choice"]), fields=tuple(said.get("fields", ()))))
    return Decision(**_with(item, answer=answer, at=times.from_text(item["at"])))


def _with(item: Mapping[str, Any], **read: Any) -> dict[str, Any]:
    return {**item, **read}


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return times.from_text(item[name]) if item.get(name) else None
