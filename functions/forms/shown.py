"""What the partner's pages have in common: their frame, and a form that is shown again with what was typed."""

from typing import Any

from dealreg.deals.words import FIELDS
from dealreg.pages import drafts
from dealreg.pages.form_data import Form
from dealreg.pages.form_data import faults as faults_of
from dealreg.pages.render import page
from dealreg.pages.sessions import Session
from dealreg.partners.program import current_program
from dealreg.platform import errors, times
from dealreg.platform.http import Reply, Request

KEPT = "You were signed out while you typed. Here it is again: please look at it and send it."
_STALE = "You signed in anew since you opened this page. Please look at what you typed and send it again."
EXTEND_REASON = "extend_reason"
"""A form's own name for its `reason`, where another form of the page has one too."""
_LABELS = {**FIELDS, "text": "Comment", "reason": "Why", EXTEND_REASON: "Why longer"}


def frame(session: Session, status: int, template: str, *, here: str = "", **context: Any) -> Reply:
    program = current_program()
    common = {"brand": program.name, "labels": _LABELS, "here": here, "deal_types": program.deal_types}
    return page(status, template, session=session, **common, **context)


def draft(request: Request) -> Form | None:
    """What was typed there before its session ended."""
    return drafts.read(request.caller.user_id, request.path, times.now()) if "typed" in request.query else None


def notice(error: errors.DealregError) -> str:
    """Above the form that is shown again."""
    match error:
        case errors.IdempotencyMismatch():
            return "You sent this form before, as another deal. Send it again to register this one too."
        case errors.StaleForm():
            return _STALE
        case errors.RateLimited() | errors.CapReached():
            return error.detail
        case _:
            return ""


def faults(error: errors.DealregError, form: Form) -> dict[str, str]:
    match error:
        case errors.InvalidInput():
            return faults_of(error, form)
        case errors.AlreadyExists():
            return {"partner_reference": "You registered a deal under this reference before."}
        case _:
            return {}
