"""A longer protection: whether its partner may have one, at once or when somebody has agreed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dealreg.deals import deadlines, rules
from dealreg.deals.model import Deal, Extension
from dealreg.deals.rules import DEFAULTS, Change, CommandContext
from dealreg.deals.statuses import Status
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import StateConflict
from dealreg.platform.text import day

REQUESTED, EXTENDED, REFUSED = "deal.extension_requested", "deal.extended", "deal.extension_refused"


@dataclass(frozen=True, slots=True)
class Offer:
    days: int
    until: str
    """When the protection would end."""
    needs_agreement: bool


def offer(deal: Deal, now: datetime, program: Program) -> Offer | None:
    """What its partner may ask for now; `program` is that of the deal's review. None: nothing."""
    allowed, days = program.extensions_of(deal.tier)
    try:
        _require_extendable(deal, now, days, allowed)
    except StateConflict:
        return None
    return Offer(days, new_end(deal, days), needs_agreement(program))


def needs_agreement(program: Program) -> bool:
    return program.routing is not None and program.routing.extension_step is not None


def extend(
    deal: Deal, context: CommandContext, days: int, allowed: str, program: Program = DEFAULTS, reason: str = ""
) -> Change:
    """At once; `reason` is its partner's. Raises StateConflict.

    `allowed` is the program's word: off, once or unlimited, which reaches one extension ahead.
    """
    _require_extendable(deal, context.now, days, allowed)
    internal = {"reason": reason} if reason else None
    return _longer(rules.by_partner(deal, context), context, days, program, internal=internal)


def request(
    deal: Deal, context: CommandContext, days: int, allowed: str, program: Program = DEFAULTS, reason: str = ""
) -> Change:
    """Somebody has to agree: until then, or until that was promised, the protection holds. Raises StateConflict."""
    _require_extendable(deal, context.now, days, allowed)
    asked = replace(
        rules.by_partner(deal, context),
        extension=Extension(deal.version + 1, days, reason),
        decide_by=times.to_text(program.calendar.end_of_day(context.now, program.decide_within_days)),
        told_until=times.to_text(context.now),
    )
    told = {"days": days, "reason": reason or None, "decide_by": asked.decide_by}
    told |= {"protected_until": deal.protected_until}
    return rules.timed(rules.record(asked, context, REQUESTED, told), context, program)


def grant(
    deal: Deal, context: CommandContext, reason: str, internal: Mapping[str, Any], program: Program = DEFAULTS
) -> Change:
    """Raises StateConflict once the protection has ended: the customer may be somebody else's by then."""
    extension = _pending(deal, context.now)
    return _longer(replace(deal, extension=None), context, extension.days, program, reason, internal)


def refuse(
    deal: Deal,
    context: CommandContext,
    reason: str,
    reason_code: str,
    internal: Mapping[str, Any],
    program: Program = DEFAULTS,
) -> Change:
    """With the end, where it was put off until the answer. Raises StateConflict once the protection has ended."""
    _pending(deal, context.now)
    told = {"reason_code": reason_code, "reason": reason, "protected_until": deal.protected_until}
    refused = rules.record(replace(deal, extension=None), context, REFUSED, told, internal)
    return _timed(refused, context, program)


def _timed(answered: Change, context: CommandContext, program: Program) -> Change:
    """With the clock set, or with the end that has passed while the answer was waited for."""
    if times.from_text(answered.deal.protected_until or "") > context.now:
        return rules.timed(answered, context, program)
    ended = deadlines.end_protection(answered.deal, context)
    return Change(ended.deal, (*answered.events, *ended.events))


def _pending(deal: Deal, now: datetime) -> Extension:
    if deal.extension is None:
        raise StateConflict("No extension waits for an answer.", deal_status=deal.status)
    _require_protected(deal, now)
    return deal.extension


def _longer(
    deal: Deal,
    context: CommandContext,
    days: int,
    program: Program,
    reason: str = "",
    internal: Mapping[str, Any] | None = None,
) -> Change:
    """Brings the notices of the new end, of which those whose time is past are none."""
    begins, now = deal.protected_until or "", times.to_text(context.now)
    until = new_end(deal, days)
    longer = replace(deal, protected_until=until, extended_from=begins, extensions=deal.extensions + 1, told_until=now)
    told = {"protected_until": until, "reason": reason or None}
    return _timed(rules.record(longer, context, EXTENDED, told, internal), context, program)


def new_end(deal: Deal, days: int) -> str:
    return times.to_text(times.from_text(deal.protected_until or "") + timedelta(days=days))


def _require_extendable(deal: Deal, now: datetime, days: int, allowed: str) -> None:
    if deal.status != Status.APPROVED:
        raise StateConflict("Only an approved deal has a protection to extend.", deal_status=deal.status)
    _require_protected(deal, now)
    if refused := _refusal(deal, now, days, allowed):
        cause, told = refused
        raise StateConflict(told, deal_status=deal.status, cause=cause)


def _require_protected(deal: Deal, now: datetime) -> None:
    if times.from_text(deal.protection_ends or "") <= now:
        raise StateConflict("The protection has ended.", deal_status=deal.status)


def _refusal(deal: Deal, now: datetime, days: int, allowed: str) -> tuple[str, str] | None:
    if deal.extension:
        return "extension_pending", "An extension was asked for already, and nobody has answered yet."
    if allowed == "off":
        return "extensions_off", "Protections cannot be extended here."
    if allowed == "once" and deal.extensions:
        return "extensions_used_up", "The protection cannot be extended again."
    if deal.extensions and now < (begins := _last_begins(deal, days)):
        told = f"The protection was extended already: extend it again from {day(times.to_text(begins))} on."
        return "extension_too_early", told
    return None


def _last_begins(deal: Deal, days: int) -> datetime:
    """When the days of its last extension begin. One from before that was written down had the program's days."""
    if deal.extended_from:
        return times.from_text(deal.extended_from)
    return times.from_text(deal.protected_until or "") - timedelta(days=days)
