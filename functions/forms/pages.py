"""The partner's pages, made for a phone: sign-in, the form, the deals. They make the calls that the JSON API makes."""

from typing import Any

from dealreg.deals import appeals, authors, commands, edits, extensions, progress, rules, statuses, store
from dealreg.deals.model import Deal
from dealreg.deals.timeline import timeline_of
from dealreg.deals.views import view
from dealreg.deals.words import CONFIRMATIONS
from dealreg.pages import words
from dealreg.pages.form_data import Form, filled_with, patch_of, read_form
from dealreg.pages.render import message, redirect
from dealreg.pages.sessions import Session, posting_session, recognise, session_of
from dealreg.partners.limits import Act, limit
from dealreg.partners.program import current_program, in_its_zone, program_at
from dealreg.partners.sessions import STAFF_START
from dealreg.platform import errors, ids, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import PageRequest, page_of
from dealreg.platform.routes import ANY_CALLER, ANYONE, PAGE, PARTNER, Route, serve
from dealreg.platform.validation import parse_values
from forms import commission, earnings, registering, shown, sign_in

_NEWEST = 20
"""Comments and entries on a deal's page, and entries on a page of its timeline."""


def start(request: Request) -> Reply:
    if request.caller.principal_type == "admin":
        return redirect(STAFF_START)
    session = session_of(request)
    deals = [view(deal) for deal in store.newest_of_partner(session.caller.partner_id, 5)]
    return shown.frame(session, 200, "start.html", deals=deals)


def list_deals(request: Request) -> Reply:
    session = session_of(request)
    listed = store.list_of_partner(session.caller.partner_id, None, page_of(request, 20))
    return shown.frame(
        session, 200, "deals.html", here="deals", deals=listed["items"], next_cursor=listed["next_cursor"]
    )


def show_deal(request: Request) -> Reply:
    session, draft = session_of(request), shown.draft(request)
    deal = _own(request)
    return _deal_page(
        session, 200, deal, is_done="done" in request.query, typed=draft, notice=shown.KEPT if draft else ""
    )


def show_timeline(request: Request) -> Reply:
    session = session_of(request)
    deal = _own(request)
    told = timeline_of(deal, page_of(request, _NEWEST))
    return shown.frame(
        session, 200, "timeline.html", deal=view(deal), entries=told["items"], next_cursor=told["next_cursor"]
    )


def withdraw(request: Request) -> Reply:
    session, deal = _posted(request)
    said = parse_values(edits.Reason, {"reason": read_form(request.body).text("reason")})
    change = rules.withdraw(deal, commands.context_at(times.now()), said.reason)
    store.commit(deal, change, allowance=_allowance("changes", session))
    return redirect(f"/deals/{deal.id}?done=1")


def answer(request: Request) -> Reply:
    session, deal = _posted(request)
    patch, context = patch_of(read_form(request.body), deal.editable), commands.context_at(times.now())
    edits.resubmit(deal, patch, context, _allowance("changes", session))
    return redirect(f"/deals/{deal.id}?done=1")


def confirm(request: Request) -> Reply:
    session, deal = _posted(request)
    change = rules.confirm(deal, commands.context_at(times.now()))
    store.commit(deal, change, allowance=_allowance("changes", session))
    return redirect(f"/deals/{deal.id}?done=1")


def appeal(request: Request) -> Reply:
    session, deal = _posted(request)
    said = parse_values(edits.AppealReason, {"reason": read_form(request.body).text("reason")})
    commands.appeal(deal, commands.context_at(times.now()), said.reason, _allowance("changes", session))
    return redirect(f"/deals/{deal.id}?done=1")


def extend(request: Request) -> Reply:
    """At once, or asked for, where the program has somebody who must agree."""
    session, deal = _posted(request)
    said = parse_values(edits.Reason, {"reason": read_form(request.body).text(shown.EXTEND_REASON)})
    commands.extend(deal, commands.context_at(times.now()), said.reason, _allowance("changes", session))
    return redirect(f"/deals/{deal.id}?done=1")


def comment(request: Request) -> Reply:
    session, deal = _posted(request)
    said = parse_values(edits.Comment, {"text": read_form(request.body).text("text")})
    context, author = commands.context_at(times.now()), authors.of_partner(session.caller)
    allowance = _allowance("comments", session)
    commands.apply(deal, lambda current: rules.comment(current, context, said.text, author), allowance=allowance)
    return redirect(f"/deals/{deal.id}?done=1")


def _allowance(act: Act, session: Session) -> Allowance:
    return limit(act, session.caller.partner_id, times.now()).read()


def _posted(request: Request) -> tuple[Session, Deal]:
    """The deal first: whatever else is refused is shown on its page."""
    deal = _own(request)
    return posting_session(request), deal


def _own(request: Request) -> Deal:
    return store.load(request.caller.partner_id, ids.of_link(request.params["id"]))


def _deal_page(
    session: Session,
    status: int,
    deal: Deal,
    *,
    is_done: bool = False,
    typed: Form | None = None,
    notice: str = "",
    **context: Any,
) -> Reply:
    """`typed` is one of the page's forms; the others are as they were."""
    now, program = times.now(), current_program()
    there = progress.view_with_progress(deal, now)
    told = timeline_of(deal, PageRequest(paging.MAX_SIZE))
    newest = next((entry["type"] for entry in told["items"]), "")
    comments = [entry for entry in told["items"] if entry["type"] == rules.COMMENTED]
    happened = [entry for entry in told["items"] if entry["type"] != rules.COMMENTED]
    is_whole = told["next_cursor"] is None and max(len(comments), len(happened)) <= _NEWEST
    return shown.frame(
        session,
        status,
        "deal.html",
        deal=there,
        facts=words.facts(there, program),
        products=program.products,
        comments=comments[:_NEWEST][::-1],
        timeline=happened[:_NEWEST],
        has_older=not is_whole,
        reader="The reviewer gets it by e-mail." if program.approvers.first else "The program’s team sees it.",
        **commission.of_deal(deal, session.caller, now),
        may_appeal=appeals.is_open(deal, now),
        offer=extensions.offer(deal, now, program_at(deal.program_version)),
        may_withdraw=statuses.Status.WITHDRAWN in statuses.TRANSITIONS[statuses.Status(deal.status)],
        done=CONFIRMATIONS.get(newest, "") if is_done else "",
        typed=Form({**filled_with(there).values, **(typed.values if typed else {})}),
        notice=notice,
        **context,
    )


# When something is not right


def _deal_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    session, deal, form = session_of(request), _own(request), read_form(request.body)
    return _deal_page(session, status, deal, typed=form, notice=shown.notice(error), errors=shown.faults(error, form))


def _extension_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    session, deal, form = session_of(request), _own(request), read_form(request.body)
    found = shown.faults(error, form)
    named = {shown.EXTEND_REASON: found["reason"]} if "reason" in found else {}
    return _deal_page(session, status, deal, typed=form, notice=shown.notice(error), errors=named)


def _sign_in_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    form = read_form(request.body)
    return sign_in.sign_in_page(status, form, errors=shown.faults(error, form))


_AGAIN = {
    "POST /sign-in": _sign_in_again,
    "POST /register": registering.form_again,
    "POST /deals/{id}/withdraw": _deal_again,
    "POST /deals/{id}/resubmit": _deal_again,
    "POST /deals/{id}/comments": _deal_again,
    "POST /deals/{id}/confirm": _deal_again,
    "POST /deals/{id}/appeal": _deal_again,
    "POST /deals/{id}/extend": _extension_again,
    "POST /deals/earnings/dispute": earnings.again,
}


def refused(request: Request, status: int, error: errors.DealregError) -> Reply:
    again = _AGAIN.get(request.route)
    match error:
        case errors.Unauthenticated():
            return sign_in.again(request, is_form=again is not None)
        case errors.StaleForm() if again and not read_form(request.body).values:
            return _what_holds(request, status, error)
        case (
            errors.InvalidInput()
            | errors.IdempotencyMismatch()
            | errors.AlreadyExists()
            | errors.CapReached()
            | errors.RateLimited()
            | errors.StaleForm()
        ) if again:
            return again(request, status, error)
        case _:
            return _what_holds(request, status, error)


def _what_holds(request: Request, status: int, error: errors.DealregError) -> Reply:
    href, link = "/", "To the start page"
    if "token" in request.params:
        href, link = "/sign-in", "Get a new link"
    if isinstance(error, errors.Conflict) and "id" in request.params:
        href, link = f"/deals/{request.params['id']}", "Back to the deal"
    if isinstance(error, errors.MethodNotAllowed) and request.path.startswith("/deals/"):
        href, link = "/".join(request.path.split("/")[:3]), "Back to the deal"
    return message(status, error, request, href=href, link=link)


DONE = {"done": str}
TYPED = {"typed": str}
TO = {"to": str}
ROUTES = {
    "GET /": Route(start, ANY_CALLER, media=PAGE),
    "GET /sign-in": Route(sign_in.ask, ANYONE, query={"sent": str} | TO, media=PAGE),
    "POST /sign-in": Route(sign_in.ask_for_link, ANYONE, body=Form, query=TO, media=PAGE, limit="sign_ins"),
    "GET /sign-in/{token}": Route(sign_in.open_link, ANYONE, media=PAGE),
    "POST /sign-in/{token}": Route(sign_in.use_link, ANYONE, body=Form, media=PAGE),
    "POST /sign-out": Route(sign_in.sign_out, ANY_CALLER, body=Form, media=PAGE),
    "GET /register": Route(registering.new_deal, PARTNER, query=TYPED, media=PAGE),
    "POST /register": Route(registering.register_deal, PARTNER, body=Form, media=PAGE, limit="registrations"),
    "GET /deals": Route(list_deals, PARTNER, query=paging.CURSOR, media=PAGE),
    "GET /deals/earnings": Route(earnings.show, PARTNER, query=earnings.QUERY | DONE | TYPED, media=PAGE),
    "POST /deals/earnings/dispute": Route(earnings.dispute, PARTNER, body=Form, media=PAGE),
    "GET /deals/{id}": Route(show_deal, PARTNER, query=DONE | TYPED, media=PAGE),
    "GET /deals/{id}/timeline": Route(show_timeline, PARTNER, query=paging.CURSOR, media=PAGE),
    "POST /deals/{id}/withdraw": Route(withdraw, PARTNER, body=Form, media=PAGE, limit="changes"),
    "POST /deals/{id}/resubmit": Route(answer, PARTNER, body=Form, media=PAGE, limit="changes"),
    "POST /deals/{id}/confirm": Route(confirm, PARTNER, body=Form, media=PAGE, limit="changes"),
    "POST /deals/{id}/appeal": Route(appeal, PARTNER, body=Form, media=PAGE, limit="changes"),
    "POST /deals/{id}/extend": Route(extend, PARTNER, body=Form, media=PAGE, limit="changes"),
    "POST /deals/{id}/comments": Route(comment, PARTNER, body=Form, media=PAGE, limit="comments"),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=refused, within=in_its_zone)
