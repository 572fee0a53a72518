"""Registering a deal by the form."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from dealreg.deals import commands, register
from dealreg.deals.model import NewDeal
from dealreg.pages.form_data import Form, deal_of, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import Session, cookie, posting_session, session_of
from dealreg.partners.program import current_program
from dealreg.platform import errors, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.validation import parse_values
from forms import commission, shown

_CURRENCY = "dealreg_currency"
_YEAR = 365 * 24 * 3600
_MORE = (
    "expected_close_date",
    "customer.contact.name",
    "customer.contact.email",
    "customer.contact.phone",
    "customer.country",
    "customer.tax_id",
    "notes",
    "partner_reference",
)


def new_deal(request: Request) -> Reply:
    session = session_of(request)
    if draft := shown.draft(request):
        return _form_page(session, 200, draft, token=draft.text("form"), notice=shown.KEPT)
    return _form_page(session, 200, Form({"amount.currency": [request.cookies.get(_CURRENCY, _usual_currency())]}))


def register_deal(request: Request) -> Reply:
    """The form's own token is its idempotency key, so that a second tap finds the first one's deal.

    Its other button registers nothing: it asks what the sale would bring.
    """
    session = posting_session(request)
    form = read_form(request.body)
    if form.text("preview"):
        told = commission.of_form(form, session.caller, times.now())
        return _form_page(session, 200, form, token=form.text("form"), estimate=told)
    new = parse_values(NewDeal, deal_of(form), register.validation_context())
    key = f"form-{form.text('form')}" if form.text("form") else None
    reply = register.register(session.caller, new, key, commands.context_at(times.now()))
    remember = cookie(request, _CURRENCY, new.amount.currency, seconds=_YEAR)
    return redirect(f"/deals/{json.loads(reply.body)['id']}?done=1", (remember,))


def _usual_currency() -> str:
    limits = [tier.auto_approve_limit for tier in current_program().tiers]
    return next((limit.currency for limit in limits if limit), "EUR")


def _form_page(
    session: Session,
    status: int,
    typed: Form,
    found: Mapping[str, str] | None = None,
    *,
    token: str = "",
    notice: str = "",
    estimate: Any = None,
) -> Reply:
    products = current_program().products
    more_open = any(name in (found or {}) or typed.text(name) for name in _MORE)
    return shown.frame(
        session,
        status,
        "register.html",
        here="register",
        typed=typed,
        errors=found or {},
        notice=notice,
        estimate=estimate,
        form_token=token or secrets.token_urlsafe(16),
        products=products if len(products) > 1 else (),
        more=_MORE,
        more_open=more_open,
    )


def form_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    """The form with all that was typed; only a form that was sent as another deal needs a new token."""
    form = read_form(request.body)
    token = "" if isinstance(error, errors.IdempotencyMismatch) else form.text("form")
    found, notice = shown.faults(error, form), shown.notice(error)
    return _form_page(session_of(request), status, form, found, token=token, notice=notice)
