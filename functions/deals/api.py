"""The partner's JSON API for deals."""

from typing import Any

from dealreg.deals import check as checks
from dealreg.deals import commands, edits, progress, register, rules, store
from dealreg.deals.model import ConflictCheckRequest, Deal, NewDeal
from dealreg.deals.timeline import EntryView, timeline_of
from dealreg.deals.views import CheckView, DealView, SavedCommentView, view
from dealreg.partners.credentials import recognise
from dealreg.partners.limits import Act, limit
from dealreg.partners.program import in_its_zone
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request, json_reply, text_reply
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import PARTNER, Route, serve
from dealreg.platform.validation import parse


def create(request: Request) -> Reply:
    new = parse(NewDeal, request.body, register.validation_context())
    context = commands.context_at(times.now())
    reply = register.register(request.caller, new, request.headers.get("idempotency-key"), context)
    return text_reply(reply.status, reply.body, reply.headers)


def check(request: Request) -> Reply:
    """Whether somebody has this customer already, without registering. Counted by the hour: 429 says when to go on."""
    caller, asked = request.caller, parse(ConflictCheckRequest, request.body, register.validation_context())
    return text_reply(200, *checks.check(caller, asked, times.now()))


def list_own(request: Request) -> Reply:
    status = request.query.get("status")
    return json_reply(200, store.list_of_partner(request.caller.partner_id, status, page_of(request)))


def read(request: Request) -> Reply:
    """With how far its review has come."""
    deal = store.load(request.caller.partner_id, request.params["id"])
    return json_reply(200, progress.view_with_progress(deal, times.now()), {"etag": f'"{deal.version}"'})


def timeline(request: Request) -> Reply:
    deal = store.load(request.caller.partner_id, request.params["id"])
    return json_reply(200, timeline_of(deal, page_of(request)))


def edit(request: Request) -> Reply:
    deal, allowance = _own(request), _allowance("changes", request)
    patch, context = edits.read_patch(request.body), commands.context_at(times.now())
    return _shown(edits.edit(deal, patch, context, allowance), allowance)


def resubmit(request: Request) -> Reply:
    deal, allowance = _own(request), _allowance("changes", request)
    patch, context = edits.read_patch(request.body or b"{}"), commands.context_at(times.now())
    return _shown(edits.resubmit(deal, patch, context, allowance), allowance)


def withdraw(request: Request) -> Reply:
    said = parse(edits.Reason, request.body or b"{}")
    deal, allowance = _own(request), _allowance("changes", request)
    change = rules.withdraw(deal, commands.context_at(times.now()), said.reason)
    return _shown(store.commit(deal, change, allowance=allowance), allowance)


def extend(request: Request) -> Reply:
    """At once, or 202 where the program has somebody who must agree."""
    said = parse(edits.Reason, request.body or b"{}")
    deal, allowance = _own(request), _allowance("changes", request)
    after = commands.extend(deal, commands.context_at(times.now()), said.reason, allowance)
    return _shown(after, allowance, 202 if after.extension else 200)


def confirm(request: Request) -> Reply:
    """The sale goes on: the answer to `deal.sign_of_life_asked`, as any other change of the deal is one."""
    deal, allowance = _own(request), _allowance("changes", request)
    change = rules.confirm(deal, commands.context_at(times.now()))
    return _shown(store.commit(deal, change, allowance=allowance), allowance)


def appeal(request: Request) -> Reply:
    """Once, within the program's `appeal_within_days`: a rejected deal is reviewed again by somebody else."""
    said = parse(edits.AppealReason, request.body)
    deal, allowance = _own(request), _allowance("changes", request)
    return _shown(commands.appeal(deal, commands.context_at(times.now()), said.reason, allowance), allowance)


def set_stage(request: Request) -> Reply:
    said = parse(edits.StageChange, request.body)
    deal, allowance = _own(request), _allowance("changes", request)
    return _shown(commands.set_stage(deal, commands.context_at(times.now()), said.stage, allowance), allowance)


def lose(request: Request) -> Reply:
    said = parse(edits.Loss, request.body)
    deal, allowance = _own(request), _allowance("changes", request)
    change = rules.lose(deal, commands.context_at(times.now()), said.reason_code, said.reason)
    return _shown(store.commit(deal, change, allowance=allowance), allowance)


def comment(request: Request) -> Reply:
    from dealreg.deals import authors  # which a registration does not need

    said = parse(edits.Comment, request.body)
    deal, author = _own(request), authors.of_partner(request.caller)
    context, allowance = commands.context_at(times.now()), _allowance("comments", request)
    commands.apply(deal, lambda current: rules.comment(current, context, said.text, author), allowance=allowance)
    return json_reply(201, {"text": said.text, "author": author.id}, allowance.headers())


def _own(request: Request) -> Deal:
    """The caller's deal, as it is now, if it is still the version that If-Match names."""
    deal = store.load(request.caller.partner_id, request.params["id"])
    commands.require_version(deal, request.headers.get("if-match"))
    return deal


def _allowance(act: Act, request: Request) -> Allowance:
    return limit(act, request.caller.partner_id, times.now()).read()


def _shown(deal: Deal, allowance: Allowance, status: int = 200) -> Reply:
    return json_reply(status, view(deal), {"etag": f'"{deal.version}"', **allowance.headers()})


IF_MATCH = ("if-match",)
CHANGES: Act = "changes"
ROUTES = {
    "POST /v1/deals": Route(
        create,
        PARTNER,
        reply=DealView,
        body=NewDeal,
        status=201,
        headers=("idempotency-key",),
        limit="registrations",
    ),
    "POST /v1/deals/check": Route(check, PARTNER, reply=CheckView, body=ConflictCheckRequest, limit="checks"),
    "GET /v1/deals": Route(list_own, PARTNER, reply=Listing[DealView], query={"status": rules.Status} | paging.QUERY),
    "GET /v1/deals/{id}": Route(read, PARTNER, reply=progress.DealProgressView),
    "GET /v1/deals/{id}/timeline": Route(timeline, PARTNER, reply=Listing[EntryView], query=paging.QUERY),
    "PATCH /v1/deals/{id}": Route(
        edit, PARTNER, reply=DealView, body=edits.MergePatch, headers=IF_MATCH, limit=CHANGES
    ),
    "POST /v1/deals/{id}/withdraw": Route(
        withdraw, PARTNER, reply=DealView, body=edits.Reason, headers=IF_MATCH, limit=CHANGES
    ),
    "POST /v1/deals/{id}/resubmit": Route(
        resubmit, PARTNER, reply=DealView, body=edits.MergePatch, headers=IF_MATCH, limit=CHANGES
    ),
    "POST /v1/deals/{id}/extend": Route(
        extend, PARTNER, reply=DealView, body=edits.Reason, pending=202, headers=IF_MATCH, limit=CHANGES
    ),
    "POST /v1/deals/{id}/confirm": Route(confirm, PARTNER, reply=DealView, headers=IF_MATCH, limit=CHANGES),
    "POST /v1/deals/{id}/appeal": Route(
        appeal, PARTNER, reply=DealView, body=edits.AppealReason, headers=IF_MATCH, limit=CHANGES
    ),
    "POST /v1/deals/{id}/stage": Route(
        set_stage, PARTNER, reply=DealView, body=edits.StageChange, headers=IF_MATCH, limit=CHANGES
    ),
    "POST /v1/deals/{id}/lost": Route(lose, PARTNER, reply=DealView, body=edits.Loss, headers=IF_MATCH, limit=CHANGES),
    "POST /v1/deals/{id}/comments": Route(
        comment, PARTNER, reply=SavedCommentView, body=edits.Comment, status=201, headers=IF_MATCH, limit="comments"
    ),
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, within=in_its_zone)
