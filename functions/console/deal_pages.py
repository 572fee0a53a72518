"""The vendor's deals: what waits, by promise; what is searched for; several decided at once."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from console import shown
from dealreg.approvals import bulk, reach, worklist
from dealreg.approvals.model import Status as Answered
from dealreg.approvals.views import WorkView
from dealreg.approvals.worklist import Filters, Sort, YesNo
from dealreg.deals import store
from dealreg.deals.statuses import RejectReason, Status
from dealreg.deals.views import AdminDealView, admin_view
from dealreg.deals.words import REJECT_REASONS, STATUSES, VERDICTS, is_clear, verdict_words
from dealreg.matching.rules import Verdict
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.sessions import posting_session
from dealreg.partners import partners, staff
from dealreg.partners.program import current_program
from dealreg.platform import paging, times
from dealreg.platform.errors import DealregError, FieldError, InvalidInput
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.routes import DECIDE_DEALS, PAGE, SEE_DEALS, Route, Routes
from dealreg.platform.validation import parse

HERE = "/admin/deals"
_SIZE = 50
_CHOICES = ("approve", "reject")
CSV = "text/csv; charset=utf-8"
WAITING: Mapping[str, str] = {"": "Waiting", **STATUSES}


def list_deals(request: Request) -> Reply:
    if request.query.get("as") == "csv":
        return _export(request)
    filters = _filters(request)
    listed = worklist.listing(filters, page_of(request, _SIZE), times.now())
    items, program = listed["items"], current_program()
    asked = {approver for item in items for approver in waits_for(item)}
    return shown.frame(
        request,
        200,
        "deals.html",
        here=HERE,
        deals=items,
        next_cursor=listed["next_cursor"],
        query={name: text for name, text in request.query.items() if name not in paging.QUERY},
        filters=filters,
        partners=_partners_of(items, filters.partner_id),
        people=staff.names_of(asked),
        waits_for=waits_for,
        found=_found,
        tiers={tier.id: tier.name for tier in program.tiers},
        statuses=_statuses(filters),
        verdicts={verdict: words.title for verdict, words in VERDICTS.items()},
    )


def _export(request: Request) -> Reply:
    """The same list, as much as the API gives at once."""
    text, _ = worklist.export(_filters(request), page_of(request, worklist.EXPORT_PAGE), times.now())
    name = f"deals-{times.now():%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Reply(200, text, {"content-type": CSV, **headers})


def _filters(request: Request) -> Filters:
    """What waits for a decision, soonest first, unless a status, a partner or a text is asked for.

    A value that a page's link does not have is no filter.
    """
    said = {name: text.strip() for name, text in request.query.items()}
    status, text, partner_id = said.get("status"), said.get("q") or None, said.get("partner_id") or None
    known = status if status in list(Status) else None
    return Filters(
        status=known,
        approver=reach.only_asked(request, request.caller.email if said.get("mine") else None),
        partner_id=partner_id,
        tier=said.get("tier") or None,
        late=True if said.get("late") == YesNo.YES else None,
        sort=Sort.NEWEST if known or text or partner_id else Sort.DECIDE_BY,
        verdict=verdict if (verdict := said.get("verdict")) in list(Verdict) else None,
        text=text,
    )


def _statuses(filters: Filters) -> Mapping[str, str]:
    return {**WAITING, "": "Any"} if filters.partner_id or filters.text else WAITING


def _found(item: AdminDealView) -> str:
    """By the conflict check, in words."""
    return verdict_words(item["conflict"]["verdict"], item["matches"]).title


def waits_for(item: WorkView) -> list[str]:
    """Who has an open question about a deal, by address."""
    steps = item["review"]["steps"] if item["review"] else []
    pending = [one["approver"] for step in steps for one in step["questions"] if one["status"] == Answered.PENDING]
    return list(dict.fromkeys(filter(None, pending)))


def _partners_of(items: Sequence[AdminDealView], named: str | None = None) -> dict[str, str]:
    """Names by id."""
    wanted = [item["partner_id"] for item in items] + ([named] if named else [])
    return {partner_id: partner.name for partner_id, partner in partners.named(wanted).items()}


# ---- several at once ------------------------------------------------------------------------------------------------


def choose_several(request: Request) -> Reply:
    posting_session(request)
    return _several(request, 200)


def _several(request: Request, status: int, **context: object) -> Reply:
    form = read_form(request.body)
    items, choice = _chosen(form), _choice(form)
    left_out = {item["id"]: why for item in items if (why := _why_not(choice, item))}
    return shown.frame(
        request,
        status,
        "deals_several.html",
        here=HERE,
        choice=choice,
        deals=[item for item in items if item["id"] not in left_out],
        left_out=[(item, left_out[item["id"]]) for item in items if item["id"] in left_out],
        partners=_partners_of(items),
        rejections=REJECT_REASONS,
        key=form.text("key") or secrets.token_urlsafe(16),
        **({"typed": form, "labels": {"reason": "Reason"}} | context),
    )


def decide_several(request: Request) -> Reply:
    """Sent again, it shows what was decided the first time."""
    posting_session(request)
    form = read_form(request.body)
    choice, items = _choice(form), _chosen(form)
    if choice == "reject" and not form.text("reason"):
        raise InvalidInput([FieldError("reason", "Tell the partners why.")])
    said = {"choice": choice, "reason": form.text("reason")}
    said |= {"reason_code": form.text("reason_code") or RejectReason.OTHER} if choice == "reject" else {}
    # what is not clear any more, but was when the page was made, is not approved unseen
    wanted = [item for item in items if choice == "reject" or is_clear(item["conflict"]["verdict"], item["matches"])]
    results = _decided([{"deal_id": item["id"], **said} for item in wanted], form.text("key"), request)
    return shown.frame(
        request,
        200,
        "deals_decided.html",
        here=HERE,
        choice=choice,
        deals=items,
        partners=_partners_of(items),
        results=results,
    )


def _decided(decisions: list[dict[str, Any]], key: str, request: Request) -> dict[str, bulk.DecisionResult]:
    """By the deal's id."""
    if not decisions:
        return {}
    asked = parse(bulk.Asked, json.dumps({"decisions": decisions}).encode())
    reply = bulk.decide_all(asked, key or secrets.token_urlsafe(16), times.now(), request.caller)
    return {result["deal_id"]: result for result in json.loads(reply.body)["results"]}


def _choice(form: Form) -> str:
    choice = form.text("choice")
    if choice not in _CHOICES:
        raise InvalidInput([FieldError("choice", "Choose whether to approve or to reject.")])
    return choice


def _chosen(form: Form) -> list[AdminDealView]:
    """As they are now, in the order of the form. Raises InvalidInput where nothing, or too much, is chosen."""
    named = dict.fromkeys(form.every("deal"))
    if not named or len(named) > bulk.MOST:
        raise InvalidInput([FieldError("deal", f"Choose from 1 to {bulk.MOST} deals.")])
    return [
        admin_view(deal) for deal in store.load_all((one.partition("/")[0], one.partition("/")[2]) for one in named)
    ]


def _why_not(choice: str, item: AdminDealView) -> str:
    """Why a deal is not among those that are decided at once; empty if it is."""
    if item["status"] != Status.IN_REVIEW and not item["extension"]:
        return f"{STATUSES[item['status']]}: there is nothing to decide."
    if choice == "approve" and not is_clear(item["conflict"]["verdict"], item["matches"]):
        return f"{_found(item)}: compare first."
    return ""


def _several_again(request: Request, status: int, error: DealregError) -> Reply:
    form = read_form(request.body)
    if form.text("choice") in _CHOICES and form.every("deal"):
        return _several(request, status, **shown.told(request, error))
    return shown.frame(request, status, "deals_none.html", here=HERE, notice="Choose some deals first.")


_QUERY: Mapping[str, type] = dict.fromkeys(("q", "status", "partner_id", "tier", "verdict", "late", "mine", "as"), str)
ROUTES: Routes = {
    "GET /admin/deals": Route(list_deals, SEE_DEALS, query=_QUERY | paging.CURSOR, media=PAGE),
    "POST /admin/deals/several": Route(choose_several, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/deals/several/decide": Route(decide_several, DECIDE_DEALS, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/deals/several": _several_again,
    "POST /admin/deals/several/decide": _several_again,
}
