"""The approver's page behind the link in an e-mail. Opening it changes nothing; one form asks for a person's choice.

Nothing is preselected and the choice's links differ only in their fragment, so whoever opens every link, runs scripts
and submits every form as it is decides nothing.
"""

from collections.abc import Mapping
from typing import Any

from approvals import digest, payout_run
from dealreg.approvals import asked, choices, comments, deciding, store
from dealreg.approvals.answering import Said
from dealreg.approvals.asked import AskedView
from dealreg.deals.admin_inputs import Approval
from dealreg.deals.edits import Comment
from dealreg.deals.model import REQUESTABLE
from dealreg.deals.statuses import RejectReason
from dealreg.deals.timeline import comments_of
from dealreg.deals.views import view as deal_view
from dealreg.deals.words import FIELDS, REJECT_REASONS, REJECTED_BECAUSE, verdict_words
from dealreg.pages import words
from dealreg.pages.form_data import Form, faults, read_form
from dealreg.pages.render import message, page, redirect
from dealreg.pages.sessions import check_csrf, check_site
from dealreg.partners.program import current_program, in_its_zone
from dealreg.platform import acts, errors, paging, times, tokens
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
    "note": "For your colleagues",
    "to": "Pass on to",
    "seen": "This page",
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
    _, question = store.find_by_token(token, times.now())
    with acts.recorded(question.approver, choice, request):
        _take(token, choice, match_id, reason, form)
    return redirect(f"/approvals/{token}")


def _take(token: str, choice: str, match_id: str, reason: str, form: Form) -> None:
    if choice == "delegate":
        note = parse_values(Approval, {"note": form.text("note")}).note
        deciding.delegate(token, form.text("to"), form.text("seen"), times.now(), note)
        return
    words = parse_values(Approval, {"reason": reason, "note": form.text("note")})
    code = form.text("reason_code") or RejectReason.OTHER
    said = Said(choice, words.reason, form.every("fields"), code, words.note)
    deciding.decide(token, said, form.text("seen"), times.now(), _pairs(form), match_id)


def show_comments(request: Request) -> Reply:
    view = asked.find_by_token(_token(request), times.now())
    if view.closed and not comments.may_comment(view):
        raise errors.Gone(view.closed, question_status=view.question.status)
    listed = comments_of(view.deal, page_of(request, _NEWEST))
    return page(
        200,
        "approval_comments.html",
        brand=current_program().name,
        deal=deal_view(view.deal),
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
    return store.of_link(request.params["token"])


def _csrf(request: Request) -> str:
    """Only who has opened the page of this very link can know it."""
    return tokens.derive("csrf", tokens.hash_token(_token(request)))


def _approval_page(request: Request, status: int, typed: Form, found: dict[str, str]) -> Reply:
    view = asked.find_by_token(_token(request), times.now())
    may_comment = comments.may_comment(view)
    shown = _thread(request, view) if may_comment or not view.closed else {}
    common = {"brand": current_program().name, "labels": _LABELS, "typed": typed, "errors": found, **shown}
    show = _closed if view.closed else _open
    return show(status, view, common | {"may_comment": may_comment, "csrf": _csrf(request)})


def _thread(request: Request, view: AskedView) -> dict[str, Any]:
    written = comments_of(view.deal, PageRequest(_NEWEST))
    return {
        "path": f"/approvals/{_token(request)}",
        "comments": written["items"][::-1],
        "has_older": written["next_cursor"] is not None,
    }


def _closed(status: int, view: AskedView, common: Mapping[str, Any]) -> Reply:
    """What holds, and nothing of the deal; the comments as long as its approver answers them."""
    customer_name, number = view.deal.customer["name"], view.deal.number
    return page(
        status, "approval_closed.html", customer_name=customer_name, number=number, closed=view.closed, **common
    )


def _open(status: int, view: AskedView, common: Mapping[str, Any]) -> Reply:
    verdict, deal = view.deal.verdict, deal_view(view.deal)
    return page(
        status,
        "approval.html",
        deal=deal,
        partner_name=view.partner_name,
        approver=view.question.approver,
        instead_of=view.question.instead_of,
        seen=view.seen,
        colleagues=deciding.candidates(view.review, view.deal, times.now()),
        held=view.held,
        answered=view.answered,
        verdict=verdict_words(verdict, view.deal.matches),
        tone=words.tone(verdict),
        extension=view.extension,
        meaning_of_yes=choices.meaning_of_yes(view, times.now()),
        meaning_of_no=choices.meaning_of_no(view, times.now()),
        candidates=[] if view.extension else candidates_of(view.deal),
        reported_sales=view.deal.reported_sales,
        fields_compared=COMPARED,
        relations=RELATIONS,
        pair=PAIR,
        told=REJECTED_BECAUSE,
        facts=words.facts(deal, current_program()),
        rejections=REJECT_REASONS,
        askable={} if view.extension else {name: FIELDS[name] for name in REQUESTABLE},
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
    "GET /approvals/digest/{token}": Route(digest.show_digest, ANYONE, media=PAGE),
    "POST /approvals/digest/{token}": Route(digest.change_digest, ANYONE, body=Form, media=PAGE),
    "GET /approvals/payout-runs/{token}": Route(payout_run.show_run, ANYONE, media=PAGE),
    "POST /approvals/payout-runs/{token}": Route(payout_run.decide_run, ANYONE, body=Form, media=PAGE),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, on_error=refused, within=in_its_zone)
