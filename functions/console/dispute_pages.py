"""What partners say is wrong with their commissions, and what the vendor answers."""

import json
from typing import Any

from console import shown
from dealreg.disputes import commands, store
from dealreg.disputes.views import dispute_view
from dealreg.ledger import ids, lists
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.pages.typed_amounts import wire_amount
from dealreg.partners import partners
from dealreg.platform import acts, errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.routes import CHANGE_MONEY, PAGE, SEE_MONEY, Route, Routes

HERE = "/admin/money"
DISPUTES = f"{HERE}/disputes"
_LABELS = {"outcome": "Answer", "text": "In words", "amount.amount": "Amount", "amount.currency": "Currency"}


def list_disputes(request: Request) -> Reply:
    page = page_of(request)
    found, following = store.page(page.start, page.size)
    return shown.frame(
        request,
        200,
        "disputes.html",
        here=HERE,
        disputes=[{**dispute_view(one), "number": ids.number_in(one.line_id or "")} for one in found],
        names=partners.names(one.partner_id for one in found),
        next_cursor=page.cursor(following),
    )


def show_dispute(request: Request) -> Reply:
    return _one(request, 200, done="The partner has your answer." if "done" in request.query else "")


def _one(request: Request, status: int, **context: Any) -> Reply:
    dispute = store.load(request.params["id"])
    line = lists.one(dispute.partner_id, dispute.line_id, times.now()) if dispute.line_id else None
    return shown.frame(
        request,
        status,
        "dispute.html",
        here=HERE,
        dispute=dispute_view(dispute),
        line=line,
        by=dispute.answer.by if dispute.answer else "",
        partner=partners.names([dispute.partner_id]).get(dispute.partner_id, "A partner"),
        **({"labels": _LABELS} | context),
    )


def answer_dispute(request: Request) -> Reply:
    by, form = posting_session(request).caller.by, read_form(request.body)
    dispute_id, amount = request.params["id"], signed_amount(form)
    acts.about(dispute_id=dispute_id)
    said = {"outcome": form.text("outcome"), "text": form.text("text")} | ({"amount": amount} if amount else {})
    commands.answer(dispute_id, json.dumps(said).encode(), by, times.now())
    return redirect(f"{DISPUTES}/{dispute_id}?done=1")


def signed_amount(form: Form) -> dict[str, str]:
    """As the API takes it; nothing where none was typed."""
    typed, currency = form.text("amount.amount"), form.text("amount.currency")
    digits = typed.lstrip("-−")
    sign = "-" if digits != typed else ""
    return {"amount": sign + wire_amount(digits.strip(), currency), "currency": currency} if typed else {}


def _again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


ROUTES: Routes = {
    f"GET {DISPUTES}": Route(list_disputes, SEE_MONEY, query=paging.CURSOR, media=PAGE),
    f"GET {DISPUTES}/{{id}}": Route(show_dispute, SEE_MONEY, query={"done": str}, media=PAGE),
    f"POST {DISPUTES}/{{id}}/answer": Route(answer_dispute, CHANGE_MONEY, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {f"POST {DISPUTES}/{{id}}/answer": _again}
