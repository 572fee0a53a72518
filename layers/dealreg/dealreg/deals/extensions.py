"""Whether a partner may make its protection longer. Pure."""

from datetime import datetime, timedelta

from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status
from dealreg.platform import times
from dealreg.platform.errors import StateConflict
from dealreg.platform.text import day


def require_extendable(deal: Deal, now: datetime, days: int, allowed: str) -> None:
    """By the program's word on how often, `allowed`: off, once or unlimited, which reaches one extension ahead.

    Raises StateConflict.
    """
    if deal.status != Status.APPROVED:
        raise StateConflict("Only an approved deal has a protection to extend.", deal_status=deal.status)
    if times.from_text(deal.protected_until or "") <= now:
        raise StateConflict("The protection has ended.", deal_status=deal.status)
    if refused := _refusal(deal, now, days, allowed):
        cause, told = refused
        raise StateConflict(told, deal_status=deal.status, cause=cause)


def _refusal(deal: Deal, now: datetime, days: int, allowed: str) -> tuple[str, str] | None:
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
