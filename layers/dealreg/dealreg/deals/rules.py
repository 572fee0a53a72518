"""The life of a deal registration: what each command makes of it, within what `statuses.py` allows. Pure.

Two axes, never mixed: `status` is the vendor's verdict, `stage` is the partner's word on how far the sale is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dealreg.deals.model import REQUESTABLE, Deal, place_of
from dealreg.deals.schedule import answer_times, on_clock
from dealreg.deals.statuses import TERMINAL, TRANSITIONS, LostReason, Stage, Status
from dealreg.deals.terms import with_new_terms
from dealreg.deals.words import in_sentence
from dealreg.partners.program import Program
from dealreg.platform import due, times
from dealreg.platform.errors import FieldError, InvalidInput, StateConflict
from dealreg.platform.events import VENDOR, Event
from dealreg.platform.ids import make_id
from dealreg.platform.money import Money

DEFAULTS = Program()
COMMENTED = "deal.commented"
NOTED = "deal.noted"
"""The type of what only the vendor sees."""
REASSIGNED_AWAY = "deal.reassigned_away"
"""The type of what only the partner sees that had the deal."""


@dataclass(frozen=True, slots=True)
class CommandContext:
    """When something is done, and 80 random bits for the ids it makes."""

    now: datetime
    entropy: int


class Side(StrEnum):
    PARTNER = "partner"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Author:
    """Of a comment."""

    id: str
    name: str
    """For both sides to read."""
    side: Side


@dataclass(frozen=True, slots=True)
class Change:
    """What a command makes of a deal, and the events that tell of it."""

    deal: Deal
    events: tuple[Event, ...]


def require_status(deal: Deal, following: Status) -> None:
    if following not in TRANSITIONS[Status(deal.status)]:
        told = f"A deal that is {in_sentence(deal.status)} cannot become {in_sentence(following)}."
        raise StateConflict(told, deal_status=deal.status)


def record(
    deal: Deal,
    context: CommandContext,
    event_type: str,
    data: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
) -> Change:
    """One more version and one more event."""
    now = times.to_text(context.now)
    newer = replace(deal, version=deal.version + 1, sequence=deal.sequence + 1, updated_at=now)
    return Change(newer, (event_of(newer, context, event_type, data, internal),))


def event_of(
    deal: Deal,
    context: CommandContext,
    event_type: str,
    data: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
) -> Event:
    return Event(
        id=make_id("evt", context.now, (context.entropy + deal.sequence) % 2**80),
        type=event_type,
        subject=deal.id,
        sequence=deal.sequence,
        timestamp=context.now,
        partner_id=deal.partner_id,
        audience=_audience(event_type, deal.partner_id),
        data=summary(deal) | dict(data or {}),
        place=place_of(deal.id),
        internal=dict(internal or {}),
    )


def summary(deal: Deal) -> dict[str, Any]:
    """What an event says of its deal: no contact, no notes."""
    return {
        "deal_id": deal.id,
        "number": deal.number,
        "status": deal.status,
        "stage": deal.stage,
        "version": deal.version,
        "customer_name": deal.customer["name"],
        "amount": deal.amount.to_wire(),
        "products": deal.products,
        "partner_reference": deal.partner_reference,
    }


def _audience(event_type: str, partner_id: str) -> tuple[str, ...]:
    if event_type == NOTED:
        return ()
    return (partner_id,) if event_type == REASSIGNED_AWAY else (VENDOR, partner_id)


def move(
    deal: Deal,
    status: Status,
    context: CommandContext,
    event_type: str,
    data: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Change:
    require_status(deal, status)
    off_clock: dict[str, Any] = {"due_bucket": None, "due_at": None, "extension": None, **dict.fromkeys(_DEADLINES)}
    if status == Status.IN_REVIEW:
        off_clock |= new_review(deal)
    moved = replace(deal, status=status, **(off_clock | changes))
    ended = {"extension": deal.extension.review_version} if deal.extension else {}
    return record(moved, context, event_type, data, dict(internal or {}) | ended)


_DEADLINES = ("told_until", "silent_since", "sign_of_life_by", "answer_by", "remind_at", "appeal_by")
"""Each is of one status."""


def new_review(deal: Deal) -> dict[str, int]:
    """Of the version and event that come next."""
    return {"review_version": deal.version + 1, "review_sequence": deal.sequence + 1}


def submit(deal: Deal, context: CommandContext) -> Change:
    """A new registration's first events: submitted, and queued if it waits behind another."""
    began = {"review_version": deal.version, "review_sequence": 1} if deal.status == Status.IN_REVIEW else {}
    first = replace(deal, sequence=1, **began)
    events = [event_of(first, context, "deal.submitted")]
    if deal.status == Status.QUEUED:
        first = replace(first, sequence=2)
        events.append(event_of(first, context, "deal.queued"))
    return Change(first, tuple(events))


def approve(
    deal: Deal,
    context: CommandContext,
    protection_days: int,
    by: str,
    reason: str = "",
    program: Program = DEFAULTS,
) -> Change:
    """`program` is that of its review."""
    protected, now = times.to_text(context.now + timedelta(days=protection_days)), times.to_text(context.now)
    told = {"protected_until": protected, "reason": reason or None}
    since = {"protected_until": protected, "told_until": now, "silent_since": now}
    change = move(deal, Status.APPROVED, context, "deal.approved", told, {"by": by}, **since)
    return timed(change, context, program)


def timed(change: Change, context: CommandContext, program: Program) -> Change:
    """With the clock set to what comes next."""
    return replace(change, deal=on_clock(change.deal, context.now, program))


def reject(
    deal: Deal, context: CommandContext, reason_code: str, reason: str, by: str, program: Program = DEFAULTS
) -> Change:
    """`program` is that of its review. After an appeal it is final."""
    until = None if deal.appeal else times.to_text(context.now + timedelta(days=program.appeal_within_days))
    why = {"reason_code": reason_code, "reason": reason}
    kept: dict[str, Any] = {**why, "rejected_by": by, "appeal_by": until}
    return move(deal, Status.REJECTED, context, "deal.rejected", {**why, "appeal_by": until}, {"by": by}, **kept)


def request_info(
    deal: Deal,
    context: CommandContext,
    asked: Sequence[str],
    reason: str,
    by: str,
    program: Program = DEFAULTS,
) -> Change:
    """`program` is that of its review."""
    if unknown := [name for name in asked if name not in REQUESTABLE]:
        raise InvalidInput([FieldError("fields", f"{name} is not a field of a deal.") for name in unknown])
    until = answer_times(context.now, program)
    told = {"fields": list(asked), "reason": reason, "answer_by": until["answer_by"]}
    kept: dict[str, Any] = {"editable": list(asked), "reason": reason, **until}
    change = move(deal, Status.ACTION_REQUIRED, context, "deal.action_required", told, {"by": by}, **kept)
    return timed(change, context, program)


def withdraw(deal: Deal, context: CommandContext, reason: str) -> Change:
    told: dict[str, Any] = {"reason_code": "withdrawn_by_partner", "reason": reason or None}
    return move(deal, Status.WITHDRAWN, context, "deal.withdrawn", told, **told)


def resubmit(
    deal: Deal,
    context: CommandContext,
    review_until: datetime,
    let_go: Sequence[str] = (),
    answer: Mapping[str, Any] | None = None,
) -> Change:
    """`let_go` are the claims that a corrected identity no longer needs; `answer` is that of `answers`."""
    if deal.status != Status.ACTION_REQUIRED:
        told = f"A deal that is {in_sentence(deal.status)} cannot be resubmitted."
        raise StateConflict(told, deal_status=deal.status)
    return move(
        deal,
        Status.IN_REVIEW,
        context,
        "deal.resubmitted",
        internal=({"let_go": list(let_go)} if let_go else {}) | ({"answer": answer} if answer else {}),
        editable=[],
        reason=None,
        decide_by=times.to_text(review_until),
    )


def promote(deal: Deal, context: CommandContext, program: Program) -> Change:
    """From the queue into review: the claim is free now."""
    if deal.status != Status.QUEUED:
        raise StateConflict("Only a queued deal can move up.", deal_status=deal.status)
    return move(with_new_terms(deal, program, context.now), Status.IN_REVIEW, context, "deal.in_review")


def win(deal: Deal, context: CommandContext, amount: Money | None, source: str) -> Change:
    """On the clock until those who wait behind it are turned away."""
    won, clock = amount or deal.amount, due.at(context.now, deal.id)
    told = {"won_amount": won.to_wire()}
    return move(deal, Status.WON, context, "deal.won", told, {"by": source}, won_amount=won, **clock)


def lose(deal: Deal, context: CommandContext, reason_code: LostReason, reason: str) -> Change:
    told: dict[str, Any] = {"reason_code": str(reason_code), "reason": reason or None}
    return move(deal, Status.LOST, context, "deal.lost", told, **told)


def expire(deal: Deal, context: CommandContext, reason_code: str, by: str) -> Change:
    told = {"reason_code": reason_code}
    return move(deal, Status.EXPIRED, context, "deal.expired", told, {"by": by}, **told)


def by_partner(deal: Deal, context: CommandContext) -> Deal:
    """After an act of its partner, which answers whoever asked for a sign of life. The clock finds that by itself."""
    if deal.status != Status.APPROVED:
        return deal
    return replace(deal, silent_since=times.to_text(context.now), sign_of_life_by=None)


def confirm(deal: Deal, context: CommandContext) -> Change:
    """The partner's word that the sale goes on, whether or not it was asked."""
    if deal.status != Status.APPROVED or times.from_text(deal.protection_ends or "") <= context.now:
        raise StateConflict("Only a deal that is protected can be confirmed.", deal_status=deal.status)
    return record(by_partner(deal, context), context, "deal.confirmed")


def set_stage(deal: Deal, context: CommandContext, stage: Stage) -> Change:
    if deal.status in TERMINAL:
        raise StateConflict(f"The deal is {in_sentence(deal.status)}.", deal_status=deal.status)
    moved = by_partner(replace(deal, stage=str(stage)), context)
    return record(moved, context, "deal.stage_changed", {"from": deal.stage})


def comment(deal: Deal, context: CommandContext, text: str, author: Author, by: str = "") -> Change:
    """`by` is for the vendor alone, where it knows more of the author than the partner may."""
    said = {"text": text, "author": author.id, "author_name": author.name, "side": str(author.side)}
    heard = by_partner(deal, context) if author.side == Side.PARTNER else deal
    return record(heard, context, COMMENTED, said, {"by": by} if by else None)


def note(deal: Deal, context: CommandContext, text: str, by: str, more: Mapping[str, Any] | None = None) -> Change:
    """What only the vendor sees."""
    return record(deal, context, NOTED, internal={**(more or {}), "text": text, "by": by})


def rejudge(judged: Deal, context: CommandContext) -> Change:
    """What is known of the customer has changed; the partner learns the verdict, as at the registration."""
    verdict = {"verdict": judged.verdict, "reason_code": judged.conflict_reason}
    return record(judged, context, "deal.conflict_changed", {"conflict": verdict})
