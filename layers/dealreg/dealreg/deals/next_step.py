"""What happens next with a deal, in words for its partner. Pure."""

from dealreg.deals import words
from dealreg.deals.model import Deal
from dealreg.platform.text import day


def next_step(deal: Deal, *, is_late: bool = False) -> str:
    deadlines = {name: getattr(deal, name) for name in words.DEADLINES}
    known = {name: day(moment) for name, moment in deadlines.items() if moment}
    text = words.NEXT_STEPS[deal.status].format(
        decide_by=day(deal.decide_by) if deal.decide_by else "soon",
        protected_until=day(deal.protection_ends) if deal.protection_ends else "soon",
        reason=deal.reason or "",
        expired=words.EXPIRED_BECAUSE.get(deal.reason_code or "", ""),
    )
    said = (words.DEADLINES[name].format_map(known) for name in known)
    return " ".join(filter(None, (text.strip(), _of_extension(deal, is_late=is_late), *said)))


def _of_extension(deal: Deal, *, is_late: bool) -> str:
    """Empty where none is asked for."""
    if deal.extension is None:
        return ""
    told = words.EXTENSION_LATE if is_late else words.EXTENSION_ASKED
    return told.format(days=deal.extension.days, decide_by=day(deal.decide_by) if deal.decide_by else "soon")
