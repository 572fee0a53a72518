"""One deal, for the vendor: all that is known and was done, and what can be done about it."""

from itertools import chain
from typing import Any

from console import shown
from dealreg.approvals import bulk, closed, deciding, reach
from dealreg.approvals import store as reviews
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Review
from dealreg.approvals.worklist import work_view
from dealreg.deals import answers, authors, commands, facts, rules
from dealreg.deals.admin_inputs import Approval, Delegation, Note, Reassignment
from dealreg.deals.admin_timeline import AdminEntryView, admin_timeline_of
from dealreg.deals.model import REQUESTABLE, Deal
from dealreg.deals.rules import Side
from dealreg.deals.statuses import TRANSITIONS, RejectReason, Status
from dealreg.deals.words import FIELDS, REJECT_REASONS, verdict_words
from dealreg.pages import words
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import called, partner_lists, partners
from dealreg.partners.partners import Partner
from dealreg.partners.program import current_program
from dealreg.partners.reach import is_manager, require_partner
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import PageRequest, page_of
from dealreg.platform.rights import Reach, Right
from dealreg.platform.routes import CHANGE_DEALS, DECIDE_DEALS, PAGE, SEE_DEALS, Route, Routes
from dealreg.platform.validation import parse_values
from dealreg.reviewing.matches import candidates_of
from dealreg.reviewing.words import COMPARED, RELATIONS

HERE = "/admin/deals"
_NEWEST = 25
"""Entries of the timeline on the page of a deal."""
_LABELS = {
    "choice": "The decision",
    "approve_reason": "A word to the partner",
    "reject_reason": "Reason",
    "request_info_reason": "What you need to know",
    "fields": "What should change",
    "note": "For your colleagues",
    "step": "Step",
    "from": "Who passes it on",
    "to": "Pass on to",
    "text": "Comment",
    "internal": "Note",
    "partner_id": "Partner",
}
_DONE = {
    "approve": "Approved. What follows takes a moment.",
    "reject": "Rejected. What follows takes a moment.",
    "request_info": "The partner is asked. What follows takes a moment.",
    "delegated": "Passed on.",
    "commented": "The partner gets your comment.",
    "noted": "The note is kept.",
    "released": "The customer is free for others now.",
    "reassigned": "The deal is the other partner’s now.",
    "merged": "They are known as one customer now.",
}


def show_deal(request: Request) -> Reply:
    return _deal_page(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def show_timeline(request: Request) -> Reply:
    deal = reach.deal_of(request)
    listed = admin_timeline_of(deal, page_of(request, 50))
    return shown.frame(
        request,
        200,
        "deal_timeline.html",
        here=HERE,
        deal=deal,
        entries=listed["items"],
        next_cursor=listed["next_cursor"],
        people=called.names(chain.from_iterable(map(_authors_of, listed["items"]))),
        authors_of=_authors_of,
    )


def decide(request: Request) -> Reply:
    posting_session(request)
    form, deal = read_form(request.body), reach.deal_of(request)
    choice = form.text("choice")
    texts = {"reason": form.text(f"{choice}_reason"), "note": form.text("note"), "step": form.text("step")}
    said = parse_values(Approval, texts)
    code = form.text("reason_code") or RejectReason.OTHER
    answer = Said(choice, said.reason, form.every("fields"), code, said.note)
    bulk.decide_as(request.caller, deal, answer, times.now(), said.step, form.text("seen"))
    return _back(deal, choice)


def delegate(request: Request) -> Reply:
    posting_session(request)
    form, deal = read_form(request.body), reach.deal_of(request)
    said = parse_values(Delegation, {"from": form.text("from"), "to": form.text("to")})
    if reach.decides_as_asked(request.caller, deal) and said.one != request.caller.email:
        raise errors.NotFound
    deciding.delegate_as_admin(deal, said.one, said.to, times.now(), request.caller.by)
    return _back(deal, "delegated")


def comment(request: Request) -> Reply:
    posting_session(request)
    said = parse_values(Note, {"text": read_form(request.body).text("text")})
    author, context = authors.of_admin(request.caller), commands.context_at(times.now())
    deal = commands.apply(reach.deal_of(request), lambda read: rules.comment(read, context, said.text, author))
    return _back(deal, "commented")


def note(request: Request) -> Reply:
    posting_session(request)
    said = parse_values(Note, {"text": read_form(request.body).text("internal")})
    by, context = request.caller.user_id, commands.context_at(times.now())
    deal = commands.apply(reach.deal_of(request), lambda read: rules.note(read, context, said.text, by))
    return _back(deal, "noted")


def merge(request: Request) -> Reply:
    posting_session(request)
    deal = reach.deal_of(request)
    deciding.merge_as_admin(deal, request.params["match_id"], times.now(), request.caller.by)
    return _back(deal, "merged")


def release(request: Request) -> Reply:
    posting_session(request)
    deal = commands.release_claim(reach.deal_of(request), commands.context_at(times.now()), request.caller.by)
    return _back(deal, "released")


def choose_partner(request: Request) -> Reply:
    return _choose_partner(request, 200)


def _choose_partner(request: Request, status: int, **context: object) -> Reply:
    deal, asked = reach.deal_of(request), page_of(request, paging.MAX_SIZE)
    own = None if Reach.ALL in request.caller.reach(Right.CHANGE_DEALS) else request.caller.email
    listed = partner_lists.listing(asked, {}, own)
    return shown.frame(
        request,
        status,
        "deal_reassign.html",
        here=HERE,
        deal=deal,
        partner=partners.load(deal.partner_id),
        others=[one for one in listed["items"] if one["id"] != deal.partner_id and one["status"] == "active"],
        next_cursor=listed["next_cursor"],
        **({"labels": _LABELS} | context),
    )


def reassign(request: Request) -> Reply:
    posting_session(request)
    said = parse_values(Reassignment, {"partner_id": read_form(request.body).text("partner_id")})
    deal = reach.deal_of(request)
    require_partner(request, said.partner_id)
    commands.reassign(deal, said.partner_id, commands.context_at(times.now()), request.caller.by)
    return _back(deal, "reassigned")


def _back(deal: Deal, done: str) -> Reply:
    return redirect(f"{HERE}/{deal.id}?done={done}")


# ---- the page -------------------------------------------------------------------------------------------------------


def _deal_page(request: Request, status: int, **context: object) -> Reply:
    deal, now = reach.deal_of(request), times.now()
    review, partner, program = reviews.newest_of(deal), partners.load(deal.partner_id), current_program()
    item = work_view(deal, review, now)
    entries = admin_timeline_of(deal, PageRequest(_NEWEST))
    may_decide, may_change = _may(request, Right.DECIDE_DEALS, deal), _may(request, Right.CHANGE_DEALS, deal)
    open_to = deciding.candidates(review, deal, now) if review and review.pending and may_decide else []
    return shown.frame(
        request,
        status,
        "deal.html",
        here=HERE,
        deal=item,
        partner=partner,
        facts=words.facts(dict(item), program),
        verdict=verdict_words(deal.verdict, deal.matches),
        tone=words.tone(deal.verdict),
        candidates=candidates_of(deal),
        fields_compared=COMPARED,
        relations=RELATIONS,
        answered=answers.in_review(deal),
        timeline=entries["items"],
        has_older=entries["next_cursor"] is not None,
        authors_of=_authors_of,
        people=called.names(
            chain(_asked(review), open_to, [partner.manager or ""], *map(_authors_of, entries["items"]))
        ),
        may_change=may_change,
        may_release=may_change and Status.EXPIRED in TRANSITIONS[Status(deal.status)],
        **(_choices(request, deal, review, partner, open_to) if may_decide else _NO_CHOICES),
        **({"labels": _LABELS} | context),
    )


_NO_CHOICES: dict[str, Any] = {"may_decide": False, "may_comment": False}


def _choices(
    request: Request, deal: Deal, review: Review | None, partner: Partner, open_to: list[str]
) -> dict[str, Any]:
    only_own = reach.decides_as_asked(request.caller, deal)
    pending = [one.approver for one in review.pending if one.approver] if review else []
    mine = [one for one in pending if not only_own or one == request.caller.email]
    steps = [one for one in review.steps if one.order == review.order and not one.agreed] if review else []
    return {
        "may_comment": True,
        "may_decide": deal.is_waiting and partner.is_active and (bool(mine) or not only_own),
        "held": closed.why_held(partner) if deal.is_waiting else "",
        "seen": facts.seen(deal),
        "steps": [] if only_own or len(steps) < 2 else [(one.id, one.title or one.id) for one in steps],
        "only_own": only_own,
        "passing": mine,
        "colleagues": open_to,
        "rejections": REJECT_REASONS,
        "askable": {} if deal.extension else {name: FIELDS[name] for name in REQUESTABLE},
    }


def _may(request: Request, right: Right, deal: Deal) -> bool:
    caller = request.caller
    if not caller.may(right):
        return False
    found = caller.reach(right)
    owns = Reach.ALL in found or (Reach.OWN in found and is_manager(caller, deal.partner_id))
    return owns or Reach.ASKED in found


def _asked(review: Review | None) -> list[str]:
    """Everybody who has a part in a review."""
    if review is None:
        return []
    return [one for question in review.questions for one in (question.approver, question.instead_of) if one]


def _authors_of(entry: AdminEntryView) -> list[str]:
    """By whom an entry is, as it is stored: addresses, ids of people and keys, or what did it by itself."""
    internal, data = entry["internal"], entry["data"]
    signed = [one.get("by") for one in internal.get("signatures", ())]
    written = data.get("author") if data.get("side") == Side.VENDOR else None
    found = internal.get("by") or data.get("by") or written
    return list(dict.fromkeys(str(one) for one in (found, *signed) if one))


def _deal_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    told, form = shown.told(request, error), read_form(request.body)
    renamed = {"reason": f"{form.text('choice')}_reason"}
    if request.route.endswith("/notes"):
        renamed = {"text": "internal"}
    found: dict[str, str] = told["errors"]
    return _deal_page(request, status, **told | {"errors": {renamed.get(name, name): found[name] for name in found}})


def _partner_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _choose_partner(request, status, **shown.told(request, error))


ROUTES: Routes = {
    "GET /admin/deals/{id}": Route(show_deal, SEE_DEALS, query={"done": str}, media=PAGE),
    "GET /admin/deals/{id}/timeline": Route(show_timeline, SEE_DEALS, query=paging.CURSOR, media=PAGE),
    "POST /admin/deals/{id}/decide": Route(decide, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/deals/{id}/delegate": Route(delegate, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/deals/{id}/comments": Route(comment, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/deals/{id}/notes": Route(note, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/deals/{id}/matches/{match_id}/merge": Route(merge, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/deals/{id}/release": Route(release, CHANGE_DEALS, body=Form, media=PAGE),
    "GET /admin/deals/{id}/reassign": Route(choose_partner, CHANGE_DEALS, query=paging.CURSOR, media=PAGE),
    "POST /admin/deals/{id}/reassign": Route(reassign, CHANGE_DEALS, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    **{key: _deal_again for key in ROUTES if key.startswith("POST ")},
    "POST /admin/deals/{id}/reassign": _partner_again,
}
