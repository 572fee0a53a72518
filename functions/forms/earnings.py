"""The partner's earnings: what was earned and where it is now, each line with its sum, statements, and disputes."""

import json
from datetime import datetime
from typing import Any

from dealreg.disputes import commands, store
from dealreg.disputes.views import dispute_view
from dealreg.ledger import ids, lists
from dealreg.ledger.inputs import filter_of
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session, session_of
from dealreg.periods import lists as statements
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import PageRequest, page_of
from forms import shown

PATH = "/deals/earnings"
QUERY = {"deal_id": str} | paging.CURSOR
_LINES, _STATEMENTS, _DISPUTES = 20, 12, 10


def show(request: Request) -> Reply:
    draft = shown.draft(request)
    return _page(request, 200, is_done="done" in request.query, typed=draft, notice=shown.KEPT if draft else "")


def dispute(request: Request) -> Reply:
    session, form, now = posting_session(request), read_form(request.body), times.now()
    said = {"line_id": form.text("line_id"), "text": form.text("text")}
    commands.make(json.dumps(said).encode(), session.caller, now)
    return redirect(f"{PATH}?done=1")


def again(request: Request, status: int, error: errors.DealregError) -> Reply:
    form = read_form(request.body)
    is_open_already = isinstance(error, errors.AlreadyExists)
    notice = error.detail if is_open_already else shown.notice(error)
    return _page(
        request, status, typed=form, notice=notice, faults={} if is_open_already else shown.faults(error, form)
    )


def _page(
    request: Request,
    status: int,
    *,
    is_done: bool = False,
    typed: Form | None = None,
    notice: str = "",
    faults: dict[str, str] | None = None,
) -> Reply:
    session, now = session_of(request), times.now()
    partner_id = session.caller.partner_id
    # a form that is shown again is on the first page, of all deals
    page = page_of(request, _LINES) if request.method != "POST" else PageRequest(_LINES)
    wanted = filter_of(request.query)
    listed = lists.listing(partner_id, wanted, page, now)
    return shown.frame(
        session,
        status,
        "earnings.html",
        here="earnings",
        deal_id=wanted.deal_id,
        purses=lists.balance(partner_id, now, wanted.deal_id)["items"],
        lines=listed["items"],
        next_cursor=listed["next_cursor"],
        **({"disputes": (), "statements": ()} if wanted.deal_id else _of_all(partner_id, now)),
        done="We have your message, and answer it." if is_done else "",
        typed=typed or Form({}),
        notice=notice,
        errors=faults or {},
    )


def _of_all(partner_id: str, now: datetime) -> dict[str, Any]:
    disputes = [dispute_view(one) for one in store.page_of_partner(partner_id, None, _DISPUTES)[0]]
    return {
        "disputes": [{**one, "number": ids.number_in(one["line_id"] or "")} for one in disputes],
        "statements": statements.listing(partner_id, PageRequest(_STATEMENTS), now)["items"],
    }
