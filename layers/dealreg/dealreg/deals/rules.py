"""The life of a deal registration: what each command makes of it, within what `statuses.py` allows. Pure.

Two axes, never mixed: `status` is the vendor's verdict, `stage` is the partner's word on how far the sale is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dealreg.deals.extensions import require_extendable
from dealreg.deals.model import REQUESTABLE, Deal, place_of, summary
from dealreg.deals.statuses import TERMINAL, TRANSITIONS, UNDECIDED, LostReason, Stage, Status
from dealreg.deals.words import in_sentence
from dealreg.partners.program import Program
from dealreg.platform import due, times
from dealreg.platform.errors import FieldError, InvalidInput, StateConflict
from dealreg.platform.events import VENDOR, Event
from dealreg.platform.ids import make_id
from dealreg.platform.money import Money

EXPIRING_NOTICE = timedelta(days=14)
COMMENTED = "deal.commented"
NOTED = "deal.noted"
"""The type of what only the vendor sees."""


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
        audience=() if event_type == NOTED else (VENDOR, deal.partner_id),
        data=summary(deal) | dict(data or {}),
        place=place_of(deal.id),
        internal=dict(internal or {}),
    )


def _move(
    deal: Deal,
    status: Status,
    context: CommandContext,
    event_type: str,
    data: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Change:
    require_status(deal, status)
    off_clock: dict[str, Any] = {"due_bucket": None, "due_at": None}
    if status == Status.IN_REVIEW:
        off_clock |= _new_review(deal)
    moved = replace(deal, status=status, **(off_clock | changes))
    return record(moved, context, event_type, data, internal)


def _new_review(deal: Deal) -> dict[str, int]:
    """Of the version and event that come next."""
    return {"review_version": deal.version + 1, "review_sequence": deal.sequence + 1}


def decide_by(now: datetime, program: Program) -> datetime:
    """The end of working time on the working day that is so many ahead."""
    return program.calendar.end_of_day(now, program.decide_within_days)


def new_terms(program: Program, now: datetime) -> dict[str, Any]:
    """What a review begins with: the settings that hold for it from now on, and by when it is decided."""
    return {"program_version": program.version, "decide_by": times.to_text(decide_by(now, program))}


def submit(deal: Deal, context: CommandContext) -> Change:
    """A new registration's first events: submitted, and queued if it waits behind another."""
    began = {"review_version": deal.version, "review_sequence": 1} if deal.status == Status.IN_REVIEW else {}
    first = replace(deal, sequence=1, **began)
    events = [event_of(first, context, "deal.submitted")]
    if deal.status == Status.QUEUED:
        first = replace(first, sequence=2)
        events.append(event_of(first, context, "deal.queued"))
    return Change(first, tuple(events))


def approve(deal: Deal, context: CommandContext, protection_days: int, by: str, reason: str = "") -> Change:
    """A notice of its end is sent only if its time is still to come."""
    until = context.now + timedelta(days=protection_days)
    notice = until - EXPIRING_NOTICE
    clock = due.at(notice if notice > context.now else until, deal.id)
    protected = times.to_text(until)
    return _move(
        deal,
        Status.APPROVED,
        context,
        "deal.approved",
        {"protected_until": protected, "reason": reason or None},
        {"by": by},
        protected_until=protected,
        **clock,
    )


def reject(deal: Deal, context: CommandContext, reason_code: str, reason: str, by: str) -> Change:
    told = {"reason_code": reason_code, "reason": reason}
    return _move(deal, Status.REJECTED, context, "deal.rejected", told, {"by": by}, **told)


def request_info(deal: Deal, context: CommandContext, asked: Sequence[str], reason: str, by: str) -> Change:
    if unknown := [name for name in asked if name not in REQUESTABLE]:
        raise InvalidInput([FieldError("fields", f"{name} is not a field of a deal.") for name in unknown])
    told = {"fields": list(asked), "reason": reason}
    return _move(
        deal,
        Status.ACTION_REQUIRED,
        context,
        "deal.action_required",
        told,
        {"by": by},
        editable=list(asked),
        reason=reason,
    )


def withdraw(deal: Deal, context: CommandContext, reason: str) -> Change:
    told: dict[str, Any] = {"reason_code": "withdrawn_by_partner", "reason": reason or None}
    return _move(deal, Status.WITHDRAWN, context, "deal.withdrawn", told, **told)


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
    return _move(
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
    return _move(deal, Status.IN_REVIEW, context, "deal.in_review", **new_terms(program, context.now))


def win(deal: Deal, context: CommandContext, amount: Money | None, source: str) -> Change:
    """On the clock until those who wait behind it are turned away."""
    won, clock = amount or deal.amount, due.at(context.now, deal.id)
    told = {"won_amount": won.to_wire()}
    return _move(deal, Status.WON, context, "deal.won", told, {"by": source}, won_amount=won, **clock)


def report_sale(deal: Deal, context: CommandContext, sale: Mapping[str, Any], source: str) -> Change:
    """The vendor learns of a sale that will win the deal once it is approved; `sale` is a ReportedSaleView."""
    if deal.status not in UNDECIDED:
        raise StateConflict(f"The deal is {in_sentence(deal.status)}.", deal_status=deal.status)
    amount = "{amount} {currency}".format_map(sale["amount"])
    told = {"text": f"A sale of {amount} was reported. The deal is won by it when it is approved.", "by": source}
    return record(replace(deal, reported_sales=[*deal.reported_sales, dict(sale)]), context, NOTED, {}, told)


def drop_sale(deal: Deal, context: CommandContext, event_id: str, by: str) -> Change:
    """What was reported is another deal's, or nobody's."""
    if deal.status not in UNDECIDED:
        raise StateConflict(f"The deal is {in_sentence(deal.status)}.", deal_status=deal.status)
    others = [sale for sale in deal.reported_sales if sale["event_id"] != event_id]
    told = {"text": "The reported sale does not count for this deal any more.", "by": by}
    return record(replace(deal, reported_sales=others), context, NOTED, {}, told)


def lose(deal: Deal, context: CommandContext, reason_code: LostReason, reason: str) -> Change:
    told: dict[str, Any] = {"reason_code": str(reason_code), "reason": reason or None}
    return _move(deal, Status.LOST, context, "deal.lost", told, **told)


def expire(deal: Deal, context: CommandContext, reason_code: str, by: str) -> Change:
    told = {"reason_code": reason_code}
    return _move(deal, Status.EXPIRED, context, "deal.expired", told, {"by": by}, **told)


def warn_of_expiry(deal: Deal, context: CommandContext) -> Change:
    """The protection ends soon; the clock comes back when it does."""
    clock = due.at(times.from_text(deal.protected_until or ""), deal.id)
    return record(replace(deal, **clock), context, "deal.expiring", {"protected_until": deal.protected_until})


def extend(deal: Deal, context: CommandContext, days: int, allowed: str) -> Change:
    """`allowed` is the program's word: off, once or unlimited."""
    require_extendable(deal, context.now, days, allowed)
    begins = deal.protected_until or ""
    until = times.from_text(begins) + timedelta(days=days)
    clock = due.at(max(context.now, until - EXPIRING_NOTICE), deal.id)
    changes: dict[str, Any] = {"protected_until": times.to_text(until), "extended_from": begins, **clock}
    longer = replace(deal, extensions=deal.extensions + 1, **changes)
    return record(longer, context, "deal.extended", {"protected_until": longer.protected_until})


def set_stage(deal: Deal, context: CommandContext, stage: Stage) -> Change:
    if deal.status in TERMINAL:
        raise StateConflict(f"The deal is {in_sentence(deal.status)}.", deal_status=deal.status)
    return record(replace(deal, stage=str(stage)), context, "deal.stage_changed", {"from": deal.stage})


def comment(deal: Deal, context: CommandContext, text: str, author: Author, by: str = "") -> Change:
    """`by` is for the vendor alone, where it knows more of the author than the partner may."""
    said = {"text": text, "author": author.id, "author_name": author.name, "side": str(author.side)}
    return record(deal, context, COMMENTED, said, {"by": by} if by else None)


def note(deal: Deal, context: CommandContext, text: str, by: str) -> Change:
    """What only the vendor sees."""
    return record(deal, context, NOTED, internal={"text": text, "by": by})


def rejudge(judged: Deal, context: CommandContext) -> Change:
    """What is known of the customer has changed; the partner learns the verdict, as at the registration."""
    verdict = {"verdict": judged.verdict, "reason_code": judged.conflict_reason}
    return record(judged, context, "deal.conflict_changed", {"conflict": verdict})


def reassign(before: Deal, moved: Deal, context: CommandContext, by: str) -> Change:
    """`moved` is the deal as the other partner has it. In review, another review of it begins."""
    if before.status in TERMINAL:
        raise StateConflict(f"The deal is {in_sentence(before.status)}.", deal_status=before.status)
    if before.status == Status.IN_REVIEW:
        moved = replace(moved, **_new_review(before))
    return record(moved, context, "deal.reassigned", internal={"from": before.partner_id, "by": by})
