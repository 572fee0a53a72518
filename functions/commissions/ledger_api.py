"""Ledgers: lines, balances, payouts and disputes; for the vendor those of all, lines by hand, rates and months."""

from typing import Any

from commissions import dispute_routes, payout_routes
from dealreg.ledger import commands, lists, preview, rates, splits
from dealreg.ledger.inputs import BalanceQuery, ManualLine, filter_of
from dealreg.ledger.preview_inputs import PreviewInput, PreviewView
from dealreg.ledger.rates import DayRatesInput, DayRateView
from dealreg.ledger.splits import SplitsInput, SplitsView
from dealreg.ledger.views import LedgerBalanceView, LedgerLineView
from dealreg.partners import reach
from dealreg.partners.credentials import recognise
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request, json_reply, text_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_MONEY, PARTNER, PREVIEW_EARNINGS, SEE_EARNINGS, SEE_MONEY, Route, serve
from dealreg.platform.validation import parse, parse_values


def show_balance(request: Request) -> Reply:
    asked = parse_values(BalanceQuery, dict(request.query))
    return json_reply(200, lists.balance(request.caller.partner_id, asked.at or times.now()))


def list_lines(request: Request) -> Reply:
    wanted, page = filter_of(request.query), page_of(request)
    return json_reply(200, lists.listing(request.caller.partner_id, wanted, page, times.now()))


def show_line(request: Request) -> Reply:
    return json_reply(200, lists.one(request.caller.partner_id, request.params["id"], times.now()))


def preview_commissions(request: Request) -> Reply:
    """Counted by the hour: 429 says when to go on."""
    return json_reply(200, *preview.answer(request.body, request.caller, times.now()))


def list_all(request: Request) -> Reply:
    wanted, page, now = filter_of(request.query), page_of(request), times.now()
    if partner_id := reach.named_partner(request):
        return json_reply(200, lists.listing(partner_id, wanted, page, now))
    return json_reply(200, lists.listing_of_all(wanted, page, now))


def post_line(request: Request) -> Reply:
    by = request.caller.by
    said = parse(ManualLine, request.body)
    posted = commands.post(said, request.headers.get("idempotency-key"), by, times.now())
    return text_reply(posted.status, posted.body)


def save_splits(request: Request) -> Reply:
    said, by = parse(SplitsInput, request.body), request.caller.by
    return json_reply(200, splits.save(request.params["id"], said, by, times.now()))


def save_rates(request: Request) -> Reply:
    rates.save(parse(DayRatesInput, request.body), request.caller.by, times.now())
    return Reply(204)


def list_rates(request: Request) -> Reply:
    return json_reply(200, rates.listing(page_of(request)))


QUERY = {"deal_id": str, "status": str, "period": str, "kind": str} | paging.QUERY
ROUTES = {
    "GET /v1/balance": Route(show_balance, PARTNER, reply=LedgerBalanceView, query={"at": str}),
    "GET /v1/commissions": Route(list_lines, PARTNER, reply=Listing[LedgerLineView], query=QUERY),
    "GET /v1/commissions/{id}": Route(show_line, PARTNER, reply=LedgerLineView),
    "POST /v1/commissions/preview": Route(
        preview_commissions, PREVIEW_EARNINGS, reply=PreviewView, body=PreviewInput, limit=preview.LIMIT
    ),
    "GET /v1/admin/ledger": Route(
        list_all, SEE_EARNINGS, reply=Listing[LedgerLineView], query={"partner_id": str} | QUERY
    ),
    "POST /v1/admin/ledger": Route(
        post_line, CHANGE_MONEY, reply=LedgerLineView, body=ManualLine, status=201, headers=("idempotency-key",)
    ),
    "PUT /v1/admin/deals/{id}/splits": Route(save_splits, CHANGE_MONEY, reply=SplitsView, body=SplitsInput),
    "PUT /v1/admin/exchange-rates": Route(save_rates, CHANGE_MONEY, body=DayRatesInput, status=204),
    "GET /v1/admin/exchange-rates": Route(list_rates, SEE_MONEY, reply=Listing[DayRateView], query=paging.QUERY),
    **payout_routes.ROUTES,
    **dispute_routes.ROUTES,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise)
