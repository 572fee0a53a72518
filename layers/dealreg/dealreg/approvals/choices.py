"""What an approver's choices would do, for the page that offers them."""

from datetime import datetime

from dealreg.approvals import steps
from dealreg.approvals.asked import AskedView
from dealreg.approvals.model import Answer, Choice, State
from dealreg.approvals.setting import setting_of
from dealreg.platform import times
from dealreg.platform.text import day


def meaning_of_yes(view: AskedView, now: datetime) -> str:
    if view.extension:
        told = f"The protection ends on {day(view.extension.until)}. The partner is told."
        return told if _is_the_last(view, now) else f"Others must agree too. Then: {told}"
    if _is_the_last(view, now):
        return "The partner is protected and told."
    return "Others must agree too. Then the partner is protected and told."


def meaning_of_no(view: AskedView, now: datetime) -> str:
    if view.extension:
        if times.from_text(view.extension.instead_of) <= now:
            return "The protection ends at once. The partner is told why."
        return f"The protection ends on {day(view.extension.instead_of)}. The partner is told why."
    if view.deal.appeal:
        return "Final. The partner is told why."
    return "It ends here. The partner is told why, and may appeal once."


def _is_the_last(view: AskedView, now: datetime) -> bool:
    """Whether nobody else needs to agree, by what an approval now would make of the review."""
    setting = setting_of(view.review, view.deal, now)
    after = steps.answered(view.review, view.question.number, Answer(Choice.APPROVE), setting)
    return steps.gone_on(after, setting).state is State.DECIDED  # whoever is asked next may have agreed already
