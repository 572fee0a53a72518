"""The log: who of the vendor's did what, by person, partner or deal."""

from console import shown
from dealreg.pages.form_data import Form
from dealreg.partners import log, partners, staff
from dealreg.partners.views import ActView
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.ids import deal_number, is_id
from dealreg.platform.paging import PageRequest, page_of
from dealreg.platform.routes import PAGE, SEE_PROGRAM, Route, Routes

HERE = "/admin/log"
CSV = "text/csv; charset=utf-8"


def list_acts(request: Request) -> Reply:
    if request.query.get("as") == "csv":
        return _export(request)
    wanted = _filters(request)
    listed = log.listing(wanted, page_of(request), times.now())
    acts = listed["items"]
    return shown.frame(
        request,
        200,
        "log.html",
        here=HERE,
        typed=Form({name: [text[:200]] for name, text in wanted.items()}),
        wanted={name: text[:200] for name, text in wanted.items()},
        acts=acts,
        next_cursor=listed["next_cursor"],
        partners=partners.names({act["partner_id"] for act in acts if act["partner_id"]}),
        deals={one: deal_number(one) for act in acts if is_id("deal", one := act["deal_id"] or "")},
        people=_people(wanted.get("who", ""), acts),
    )


def _people(chosen: str, acts: list[ActView]) -> dict[str, str]:
    """Who can be chosen; also who or what else is, such as a key."""
    there = {one["id"]: one["name"] for one in staff.listing(PageRequest(paging.MAX_SIZE))["items"]}
    other = next((act["name"] for act in acts), "Somebody else")
    return there if chosen in ("", *there) else {chosen[:200]: other, **there}


def _export(request: Request) -> Reply:
    """As `GET /v1/admin/log.csv`, for who is signed in."""
    text, cursor = log.export(_filters(request), page_of(request, paging.MAX_SIZE), times.now())
    more = {"x-next-cursor": cursor} if cursor else {}
    named = {"content-type": CSV, "cache-control": "no-store", "content-disposition": 'attachment; filename="log.csv"'}
    return Reply(200, text, named | more)


def _filters(request: Request) -> dict[str, str]:
    return {name: text for name in log.FILTERS if (text := request.query.get(name, "").strip())}


ROUTES: Routes = {
    "GET /admin/log": Route(list_acts, SEE_PROGRAM, query={**log.FILTERS, **paging.CURSOR, "as": str}, media=PAGE),
}
