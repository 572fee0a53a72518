"""The approver's page behind the link in an e-mail. Opening it changes nothing; one form asks for a person's choice.

Nothing is preselected and the choice's links differ only in their fragment, so whoever opens every link, runs scripts
and submits every form as it is decides nothing.
"""

from collections.abc import Mapping
from typing import Any

from dealreg.approvals import comments, store
from dealreg.approvals.model import ApprovalView
from dealreg.deals.admin_inputs import Approval
from dealreg.deals.edits import Comment
from dealreg.deals.model import REQUESTABLE
from dealreg.deals.statuses import RejectReason
from dealreg.deals.timeline import comments_of
from dealreg.deals.views import view
from dealreg.deals.words import FIELDS, REJECT_REASONS, REJECTED_BECAUSE, verdict_words
from dealreg.pages import words
from dealreg.pages.form_data import Form, faults, read_form
from dealreg.pages.render import message, page, redirect
from dealreg.pages.sessions import check_csrf, check_site
from dealreg.partners.program import current_program
from dealreg.platform import errors, paging, times, tokens
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import PageRequest, page_of
from dealreg.platform.routes import ANYONE, PAGE, Route, serve
from dealreg.platform.validation import parse_values
from dealreg.reviewing.matches import MatchVerdict, candidates_of
from dealreg.reviewing.words import COMPARED, RELATIONS

PAIR = "match."
"""What the names of the fields begin with in which an approver says how a match is related."""
_NEWEST = 20
"""Comments on the page, and on a page of older ones."""
_LABELS = {
    "choice": "Your decision",
    "reason_code": "Kind of reason",
    "approve_reason": "A word to the partner",
    "reject_reason": "Reason",
    "request_info_reason": "What you need to know",
    "fields": "What should change",
    "text": "Comment",
}


def show(request: Request) -> Reply:
    return _approval_page(request, 200, Form({}), {})


def decide(request: Request) -> Reply:
    check_site(request)
    check_csrf(request, _csrf(request))
    form = read_form(request.body)
    choice, _, match_id = form.text("choice").partition(".")
    reason = form.text(f"{choice}_reason") or form.text("reason")  # a script has one, the page each choice
    token = _token(request)
    store.decide(
        token,
        choice,
        parse_values(Approval, {"reason": reason}).reason,
        form.every("fields"),
        times.now(),
        form.text("reason_code") or RejectReason.OTHER,
        _pairs(form),
        match_id,
    )
    return redirect(f"/approvals/{token}")


def show_comments(request: Request) -> Reply:
    asked = store.find_by_token(_token(request), times.now())
    if asked.closed and not comments.may_comment(asked, times.now()):
        raise errors.Gone(asked.closed)
    listed = comments_of(asked.deal, page_of(request, _NEWEST))
    return page(
        200,
        "approval_comments.html",
        brand=current_program().name,
        deal=view(asked.deal),
        path=f"/approvals/{_token(request)}",
        comments=listed["items"],
        next_cursor=listed["next_cursor"],
    )


def comment(request: Request) -> Reply:
    check_site(request)
    check_csrf(request, _csrf(request))
    said = parse_values(Comment, {"text": read_form(request.body).text("text")})
    comments.comment(_token(request), said.text, times.now())
    return redirect(f"/approvals/{_token(request)}#comments")


def _pairs(form: Form) -> dict[str, MatchVerdict]:
    """What was said of the matches; saying nothing of one is allowed."""
    said = {name.removeprefix(PAIR): form.text(name) for name in form.values if name.startswith(PAIR)}
    return {match_id: MatchVerdict(text) for match_id, text in said.items() if text in list(MatchVerdict)}


def _token(request: Request) -> str:
    return tokens.of_link(request.params["token"])


def _csrf(request: Request) -> str:
    """Only who has opened the page of this very link can know it."""
    return tokens.derive("csrf", tokens.hash_token(_token(request)))


def _approval_page(request: Request, status: int, typed: Form, found: dict[str, str]) -> Reply:
    asked = store.find_by_token(_token(request), times.now())
    may_comment = comments.may_comment(asked, times.now())
    shown = _thread(request, asked) if may_comment or not asked.closed else {}
    common = {"brand": current_program().name, "labels": _LABELS, "typed": typed, "errors": found, **shown}
    show = _closed if asked.closed else _open
    return show(status, asked, common | {"may_comment": may_comment, "csrf": _csrf(request)})


def _thread(request: Request, asked: ApprovalView) -> dict[str, Any]:
    written = comments_of(asked.deal, PageRequest(_NEWEST))
    return {
        "path": f"/approvals/{_token(request)}",
        "comments": written["items"][::-1],
        "has_older": written["next_cursor"] is not None,
    }


def _closed(status: int, asked: ApprovalView, common: Mapping[str, Any]) -> Reply:
    """What holds, and nothing of the deal; the comments as long as its approver answers them."""
    customer_name, number = asked.deal.customer["name"], asked.deal.number
    return page(
        status, "approval_closed.html", customer_name=customer_name, number=number, closed=asked.closed, **common
    )


def _open(status: int, asked: ApprovalView, common: Mapping[str, Any]) -> Reply:
    verdict, deal = asked.deal.verdict, view(asked.deal)
    return page(
        status,
        "approval.html",
        deal=deal,
        partner_name=asked.partner_name,
        held=asked.held,
        answered=asked.answered,
        verdict=verdict_words(verdict, asked.deal.matches),
        tone=words.tone(verdict),
        candidates=candidates_of(asked.deal),
        reported_sales=asked.deal.reported_sales,
        fields_compared=COMPARED,
        relations=RELATIONS,
        pair=PAIR,
        told=REJECTED_BECAUSE,
        facts=words.facts(deal, current_program()),
        rejections=REJECT_REASONS,
        askable={name: FIELDS[name] for name in REQUESTABLE},
        **common,
    )


def refused(request: Request, status: int, error: errors.DealregError) -> Reply:
    form = read_form(request.body)
    match error:
        case errors.InvalidInput() if request.method == "POST":
            found = faults(error, form)
            named = {f"{form.text('choice')}_reason" if name == "reason" else name: found[name] for name in found}
            return _approval_page(request, status, form, named)
        case _:
            return message(status, error, request)


ROUTES = {
    "GET /approvals/{token}": Route(show, ANYONE, media=PAGE),
    "POST /approvals/{token}": Route(decide, ANYONE, body=Form, media=PAGE),
    "GET /approvals/{token}/comments": Route(show_comments, ANYONE, query=paging.CURSOR, media=PAGE),
    "POST /approvals/{token}/comments": Route(comment, ANYONE, body=Form, media=PAGE, limit="comments"),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, on_error=refused)
