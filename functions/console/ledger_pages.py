"""A partner's ledger, line by line with each one's sum, its statements, and lines by hand."""

import secrets
from typing import Any

from console import shown
from console.dispute_pages import signed_amount
from console.listed import page_for
from dealreg.commissions.ledger import LineKind, Status
from dealreg.ledger import commands, lists
from dealreg.ledger.inputs import ManualLine, filter_of
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import partner_lists, partners, reach
from dealreg.periods import lists as statements
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.routes import CHANGE_MONEY, PAGE, SEE_EARNINGS, Route, Routes
from dealreg.platform.validation import parse_values

HERE = "/admin/money"
LEDGER = f"{HERE}/ledger"
_REASONS = ("goodwill", "correction", "write_off", "opening_balance")
_LABELS = {"amount.amount": "Amount", "amount.currency": "Currency", "reason_code": "Kind", "text": "In words"}
_FILTERS = ("status", "period", "kind")


def choose_partner(request: Request) -> Reply:
    """Of a manager, those that are theirs."""
    listed = partner_lists.listing(page_of(request), {}, reach.only_manager(request))
    return shown.frame(
        request, 200, "ledgers.html", here=HERE, partners=listed["items"], next_cursor=listed["next_cursor"]
    )


def show_ledger(request: Request) -> Reply:
    return _ledger(request, 200, done="Posted." if "done" in request.query else "")


def _ledger(request: Request, status: int, **context: Any) -> Reply:
    partner_id, now = request.params["id"], times.now()
    reach.require_partner(request, partner_id)
    said = {name: request.query[name] for name in _FILTERS if request.query.get(name)}
    page = page_for(request, f"GET {LEDGER}/{{id}}", filters=said)
    listed = lists.listing(partner_id, filter_of(said), page, now)
    return shown.frame(
        request,
        status,
        "ledger.html",
        here=HERE,
        partner=partners.load(partner_id),
        purses=[] if page.start else lists.balance(partner_id, now)["items"],
        lines=listed["items"],
        next_cursor=listed["next_cursor"],
        said=said,
        states=STATES,
        kinds=KINDS,
        reasons=_REASONS,
        once=secrets.token_urlsafe(16),
        **({"labels": _LABELS} | context),
    )


def post_line(request: Request) -> Reply:
    by, form, partner_id = posting_session(request).caller.by, read_form(request.body), request.params["id"]
    reach.require_partner(request, partner_id)
    sent = {"partner_id": partner_id, "amount": signed_amount(form) or {"amount": "", "currency": "EUR"}}
    said = parse_values(ManualLine, sent | {name: form.text(name) for name in ("reason_code", "text")})
    commands.post(said, form.text("once") or None, by, times.now())
    return redirect(f"{LEDGER}/{partner_id}?done=1")


def _again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _ledger(request, status, **shown.told(request, error))


def list_statements(request: Request) -> Reply:
    partner_id = request.params["id"]
    reach.require_partner(request, partner_id)
    listed = statements.listing(partner_id, page_of(request), times.now())
    return shown.frame(
        request,
        200,
        "statements.html",
        here=HERE,
        partner=partners.load(partner_id),
        statements=listed["items"],
        next_cursor=listed["next_cursor"],
    )


STATES: tuple[Status, ...] = ("held", "disputed", "payable", "in_payout", "paid", "none")
KINDS: tuple[LineKind, ...] = ("accrual", "clawback", "adjustment", "payout", "payout_return")
QUERY = {"status": str, "period": str, "kind": str, "done": str} | paging.CURSOR
ROUTES: Routes = {
    f"GET {LEDGER}": Route(choose_partner, SEE_EARNINGS, query=paging.CURSOR, media=PAGE),
    f"GET {LEDGER}/{{id}}": Route(show_ledger, SEE_EARNINGS, query=QUERY, media=PAGE),
    f"POST {LEDGER}/{{id}}": Route(post_line, CHANGE_MONEY, body=Form, media=PAGE),
    f"GET {LEDGER}/{{id}}/statements": Route(list_statements, SEE_EARNINGS, query=paging.CURSOR, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {f"POST {LEDGER}/{{id}}": _again}
