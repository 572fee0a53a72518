"""One question to one approver: may this partner have this deal? Its row, and what the state machine is told of it.

A row that is not pending owes the state machine an answer for as long as it is on the clock.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from dealreg.deals.answers import PartnerAnswer
from dealreg.deals.model import Deal, place_of
from dealreg.platform import dynamo, outbox, times
from dealreg.platform.settings import Setting, read

SK_PREFIX = "APPROVAL#"


class Choice(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_INFO = "request_info"


class Status(StrEnum):
    PENDING = "pending"
    DECIDED = "decided"
    ESCALATED = "escalated"
    """Not answered in time: the next approver is asked."""
    SUPERSEDED = "superseded"
    """The deal left review by another way."""


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
    """Of the approver to ask, from 1; 0 when nobody is asked."""
    approval_id: str
    """Of the decision to apply; empty for an automatic approval."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked choice: it can be applied as it is."""

    choice: Choice
    reason: str
    reason_code: str
    """For REJECT, else empty."""
    fields: tuple[str, ...]
    """What the partner is to correct or add, for REQUEST_INFO."""


@dataclass(frozen=True, slots=True)
class Approval:
    id: str
    deal_id: str
    review_version: int
    step: int
    approver: str
    """E-mail address; empty while the program names none, when only an admin can decide."""
    asked_at: datetime
    remind_at: datetime
    expires_at: datetime
    status: Status = Status.PENDING
    reminders: int = 0
    answer: Answer | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    ended_at: datetime | None = None
    """When nobody was to answer it any more, though nobody had."""
    task_token: str = field(default="", repr=False)
    """Goes to Step Functions and to nobody else; empty once the answer was taken."""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A question with all that an approver weighs: for the page and for the e-mail."""

    approval: Approval
    deal: Deal
    partner_name: str
    matches: tuple[str, ...]
    """Who else has, or may have, the customer, and how that was noticed, in words."""
    closed: str
    """Why there is nothing to decide any more, in words; empty while there is."""
    held: str = ""
    """Why nothing can be decided for now, though the question is open; empty if it can."""
    answered: PartnerAnswer | None = None
    """What the partner answered, where the approver has asked for information."""


def key_of(deal_id: str, approval_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), place_of(deal_id).pk, SK_PREFIX + approval_id)


def link_key(token_hash: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), f"LINK#{token_hash}", "LINK")


def answer_to_item(answer: Answer) -> dynamo.Item:
    return asdict(answer) | {"fields": list(answer.fields)}


def answer_from_item(item: Mapping[str, Any]) -> Answer:
    return Answer(Choice(item["choice"]), item["reason"], item["reason_code"], tuple(item["fields"]))


def approval_to_item(approval: Approval, clock: Mapping[str, str]) -> dynamo.Item:
    """`clock` is what `due.at` answers. The row has no attribute `id`, which would put it into the index of deals."""
    key = key_of(approval.deal_id, approval.id)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "approval_id": approval.id,
        "deal_id": approval.deal_id,
        "review_version": approval.review_version,
        "step": approval.step,
        "approver": approval.approver,
        "asked_at": times.to_text(approval.asked_at),
        "remind_at": times.to_text(approval.remind_at),
        "expires_at": times.to_text(approval.expires_at),
        "status": approval.status,
        "reminders": approval.reminders,
        "task_token": approval.task_token,
        **outbox.MARK,
        **clock,
    }


def approval_from_item(item: Mapping[str, Any]) -> Approval:
    answer = item.get("answer")
    return Approval(
        id=item["approval_id"],
        deal_id=item["deal_id"],
        review_version=item["review_version"],
        step=item["step"],
        approver=item["approver"],
        asked_at=times.from_text(item["asked_at"]),
        remind_at=times.from_text(item["remind_at"]),
        expires_at=times.from_text(item["expires_at"]),
        status=Status(item["status"]),
        reminders=item["reminders"],
        answer=answer_from_item(answer) if answer else None,
        decided_by=item.get("decided_by", ""),
        decided_at=times.from_text(item["decided_at"]) if "decided_at" in item else None,
        ended_at=times.from_text(item["ended_at"]) if "ended_at" in item else None,
        task_token=item.get("task_token", ""),
        due_at=times.from_text(item["due_at"]) if "due_at" in item else None,
    )
