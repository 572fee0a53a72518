"""The vendor's API for deals: what waits, who else has the customer, and the vendor's acts."""

from typing import Any

from dealreg.approvals import store as approvals
from dealreg.deals import commands, rules, store
from dealreg.deals.admin_inputs import Approval, InfoRequest, Note, Reassignment, Rejection
from dealreg.deals.model import Deal, admin_view
from dealreg.deals.timeline import admin_timeline_of
from dealreg.platform import times
from dealreg.platform.http import Reply, Request, json_reply, page_size, serve
from dealreg.platform.validation import parse
from dealreg.reviewing import matches, verdicts
from dealreg.reviewing.inputs import MatchVerdictInput


def list_all(request: Request) -> Reply:
    return json_reply(200, store.list_for_admin(request.admin.user_id, request.query, page_size(request)))


def read(request: Request) -> Reply:
    return _shown(_deal(request))


def timeline(request: Request) -> Reply:
    return json_reply(200, admin_timeline_of(_deal(request)))


def approve(request: Request) -> Reply:
    said = parse(Approval, request.body or b"{}")
    return _decided(request, "approve", said.reason)


def reject(request: Request) -> Reply:
    said = parse(Rejection, request.body)
    return _decided(request, "reject", said.reason, reason_code=said.reason_code)


def request_info(request: Request) -> Reply:
    said = parse(InfoRequest, request.body)
    return _decided(request, "request_info", said.reason, said.fields)


def reassign(request: Request) -> Reply:
    said = parse(Reassignment, request.body)
    return _shown(
        commands.reassign(_deal(request), said.partner_id, commands.context_at(times.now()), request.admin.user_id)
    )


def release_claim(request: Request) -> Reply:
    return _shown(commands.release_claim(_deal(request), commands.context_at(times.now()), request.admin.user_id))


def list_matches(request: Request) -> Reply:
    """Each that has, or may have, the customer, beside the deal."""
    return json_reply(200, matches.matches_of(_deal(request)))


def judge_match(request: Request) -> Reply:
    """A reviewer's word on a deal and one of its matches; saying it again corrects it."""
    deal, match_id, by = _deal(request), request.params["match_id"], request.admin.user_id
    said = parse(MatchVerdictInput, request.body)
    verdicts.record(deal, match_id, said.verdict, by, times.now())
    return json_reply(200, {"id": match_id, "verdict": said.verdict})


def merge_match(request: Request) -> Reply:
    """Both are one customer: each of its names and domains is known, and a deal under review ends if it came second."""
    deal, match_id = _deal(request), request.params["match_id"]
    approvals.merge_as_admin(deal, match_id, times.now(), request.admin.user_id)
    return json_reply(202, matches.match_of(deal, match_id))


def export_verdicts(request: Request) -> Reply:
    """All that reviewers said of matches, a JSON object a line; x-next-cursor is there while there is more."""
    lines, cursor = verdicts.export(request.admin.user_id, request.query.get("cursor"))
    more = {"x-next-cursor": cursor} if cursor else {}
    return Reply(200, lines, {"content-type": "application/x-ndjson", "cache-control": "no-store", **more})


def comment(request: Request) -> Reply:
    said = parse(Note, request.body)
    deal, author = _deal(request), request.admin.user_id
    store.commit(deal, rules.comment(deal, commands.context_at(times.now()), said.text, author, internal=said.internal))
    return json_reply(201, {"text": said.text, "author": author, "internal": said.internal})


def _deal(request: Request) -> Deal:
    _ = request.admin
    return store.locate(request.params["id"])


def _shown(deal: Deal) -> Reply:
    return json_reply(200, admin_view(deal), {"etag": f'"{deal.version}"'})


def _decided(
    request: Request, choice: str, reason: str, fields: list[str] | None = None, reason_code: str = "other"
) -> Reply:
    """The decision is taken now; the workflow brings it to the deal in a moment."""
    deal, by = _deal(request), request.admin.user_id
    approvals.decide_as_admin(deal, choice, reason, fields or [], times.now(), by, reason_code)
    return json_reply(202, admin_view(deal) | {"decision": choice})


ROUTES = {
    "GET /v1/admin/deals": list_all,
    "GET /v1/admin/deals/{id}": read,
    "GET /v1/admin/deals/{id}/timeline": timeline,
    "POST /v1/admin/deals/{id}/approve": approve,
    "POST /v1/admin/deals/{id}/reject": reject,
    "POST /v1/admin/deals/{id}/request-info": request_info,
    "POST /v1/admin/deals/{id}/reassign": reassign,
    "POST /v1/admin/deals/{id}/release-claim": release_claim,
    "POST /v1/admin/deals/{id}/comments": comment,
    "GET /v1/admin/deals/{id}/matches": list_matches,
    "POST /v1/admin/deals/{id}/matches/{match_id}": judge_match,
    "POST /v1/admin/deals/{id}/matches/{match_id}/merge": merge_match,
    "GET /v1/admin/match-verdicts": export_verdicts,
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(ROUTES, event)
