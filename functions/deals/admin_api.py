"""The vendor's API for deals: what waits, who else has the customer, and the vendor's acts."""

from collections.abc import Mapping
from typing import Annotated, Any

from dealreg.approvals import bulk, deciding, reach, worklist
from dealreg.approvals import store as reviews
from dealreg.approvals.answering import Said
from dealreg.approvals.views import WorkView
from dealreg.approvals.worklist import Filters, Sort, YesNo, work_view
from dealreg.deals import authors, commands, facts, rules
from dealreg.deals.admin_inputs import Approval, Delegation, InfoRequest, Note, Reassignment, Rejection, StepDecision
from dealreg.deals.admin_timeline import AdminEntryView, admin_timeline_of
from dealreg.deals.model import Deal
from dealreg.deals.views import AdminDealView, SavedNoteView, admin_view
from dealreg.matching.rules import Verdict
from dealreg.partners.credentials import recognise
from dealreg.partners.program import in_its_zone
from dealreg.partners.reach import require_partner
from dealreg.platform import paging, times
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.hosts import normalise_email
from dealreg.platform.http import Reply, Request, json_reply, text_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_DEALS, DECIDE_DEALS, SEE_DEALS, Route, serve
from dealreg.platform.validation import parse
from dealreg.reviewing import matches, verdicts
from dealreg.reviewing.inputs import MatchVerdictInput
from dealreg.reviewing.views import MatchesView, MatchView, SavedVerdictView


def list_all(request: Request) -> Reply:
    return json_reply(200, worklist.listing(_filters(request), page_of(request), times.now()))


def export(request: Request) -> Reply:
    """The same list as comma-separated values; x-next-cursor is there while there is more."""
    text, cursor = worklist.export(_filters(request), page_of(request, worklist.EXPORT_PAGE), times.now())
    more = {"x-next-cursor": cursor} if cursor else {}
    return Reply(200, text, {"content-type": CSV, "cache-control": "no-store", **more})


def _filters(request: Request) -> Filters:
    said = dict(request.query)
    late = said.get("late")
    return Filters(
        status=said.get("status"),
        approver=reach.only_asked(request, _address(said["approver"]) if "approver" in said else None),
        partner_id=said.get("partner_id"),
        tier=said.get("tier"),
        rule=said.get("rule"),
        late=None if late is None else late == YesNo.YES,
        sort=Sort(said.get("sort", Sort.NEWEST)),
        verdict=said.get("verdict"),
        text=said.get("q"),
    )


def _address(text: str) -> str:
    try:
        return normalise_email(text)
    except ValueError as fault:
        raise InvalidInput([FieldError("approver", str(fault))]) from None


def read(request: Request) -> Reply:
    return _shown(_deal(request))


def timeline(request: Request) -> Reply:
    return json_reply(200, admin_timeline_of(_deal(request), page_of(request)))


def approve(request: Request) -> Reply:
    said = parse(Approval, request.body or b"{}")
    return _decided(request, said, Said("approve", said.reason, note=said.note))


def reject(request: Request) -> Reply:
    said = parse(Rejection, request.body)
    return _decided(request, said, Said("reject", said.reason, reason_code=said.reason_code, note=said.note))


def request_info(request: Request) -> Reply:
    said = parse(InfoRequest, request.body)
    return _decided(request, said, Said("request_info", said.reason, said.fields, note=said.note))


def decide_many(request: Request) -> Reply:
    asked, key = parse(bulk.Asked, request.body), request.headers.get("idempotency-key")
    reply = bulk.decide_all(asked, key, times.now(), request.caller)
    return text_reply(reply.status, reply.body)


def delegate(request: Request) -> Reply:
    said, deal = parse(Delegation, request.body), _deal(request)
    deciding.delegate_as_admin(deal, said.one, said.to, times.now(), request.caller.by)
    return json_reply(202, admin_view(deal))


def reassign(request: Request) -> Reply:
    said = parse(Reassignment, request.body)
    require_partner(request, said.partner_id)
    return _shown(
        commands.reassign(_deal(request), said.partner_id, commands.context_at(times.now()), request.caller.by)
    )


def release_claim(request: Request) -> Reply:
    return _shown(commands.release_claim(_deal(request), commands.context_at(times.now()), request.caller.by))


def list_matches(request: Request) -> Reply:
    """Each that has, or may have, the customer, beside the deal."""
    return json_reply(200, matches.matches_of(_deal(request)))


def judge_match(request: Request) -> Reply:
    """A reviewer's word on a deal and one of its matches; saying it again corrects it."""
    deal, match_id, by = _deal(request), request.params["match_id"], request.caller.by
    said = parse(MatchVerdictInput, request.body)
    verdicts.record(deal, match_id, said.verdict, by, times.now())
    return json_reply(200, {"id": match_id, "verdict": said.verdict})


def merge_match(request: Request) -> Reply:
    """Both are one customer: each of its names and domains is known, and a deal under review ends if it came second."""
    deal, match_id = _deal(request), request.params["match_id"]
    deciding.merge_as_admin(deal, match_id, times.now(), request.caller.by)
    return json_reply(202, matches.match_of(deal, match_id))


def export_verdicts(request: Request) -> Reply:
    """All that reviewers said of matches, a JSON object a line; x-next-cursor is there while there is more."""
    reach.require_all(request)
    lines, cursor = verdicts.export(page_of(request, verdicts.EXPORT_PAGE))
    more = {"x-next-cursor": cursor} if cursor else {}
    return Reply(200, lines, {"content-type": "application/x-ndjson", "cache-control": "no-store", **more})


def comment(request: Request) -> Reply:
    said = parse(Note, request.body)
    author, context = authors.of_admin(request.caller), commands.context_at(times.now())

    def write(deal: Deal) -> rules.Change:
        if said.internal:
            return rules.note(deal, context, said.text, request.caller.by)
        return rules.comment(deal, context, said.text, author, request.caller.by)

    commands.apply(_deal(request), write)
    return json_reply(201, {"text": said.text, "author": author.id, "internal": said.internal})


def _deal(request: Request) -> Deal:
    return reach.deal_of(request)


def _shown(deal: Deal) -> Reply:
    return json_reply(200, work_view(deal, reviews.newest_of(deal), times.now()), {"etag": f'"{deal.version}"'})


def _decided(request: Request, about: StepDecision, said: Said) -> Reply:
    """The decision is taken now; the workflow brings it to the deal in a moment."""
    deal, wanted = _deal(request), request.headers.get("if-match")
    commands.require_version(deal, wanted)
    seen = facts.seen(deal) if wanted else ""
    bulk.decide_as(request.caller, deal, said, times.now(), about.step, seen)
    return json_reply(202, admin_view(deal) | {"decision": said.choice})


_FILTERS: Mapping[str, type] = {
    "status": rules.Status,
    "approver": str,
    "partner_id": str,
    "tier": str,
    "rule": str,
    "late": YesNo,
    "sort": Sort,
    "verdict": Verdict,
    "q": str,
}
CSV = "text/csv; charset=utf-8"
Csv = Annotated[str, "A header, then a deal a line"]
JsonLines = Annotated[str, "A JSON object a line"]
ROUTES = {
    "GET /v1/admin/deals": Route(list_all, SEE_DEALS, reply=Listing[WorkView], query=_FILTERS | paging.QUERY),
    "GET /v1/admin/deals.csv": Route(export, SEE_DEALS, reply=Csv, query=_FILTERS | paging.CURSOR, media=CSV),
    "GET /v1/admin/deals/{id}": Route(read, SEE_DEALS, reply=WorkView),
    "GET /v1/admin/deals/{id}/timeline": Route(timeline, SEE_DEALS, reply=Listing[AdminEntryView], query=paging.QUERY),
    "POST /v1/admin/deals/{id}/approve": Route(
        approve, DECIDE_DEALS, reply=AdminDealView, body=Approval, status=202, headers=("if-match",)
    ),
    "POST /v1/admin/deals/{id}/reject": Route(
        reject, DECIDE_DEALS, reply=AdminDealView, body=Rejection, status=202, headers=("if-match",)
    ),
    "POST /v1/admin/deals/{id}/request-info": Route(
        request_info, DECIDE_DEALS, reply=AdminDealView, body=InfoRequest, status=202, headers=("if-match",)
    ),
    "POST /v1/admin/decisions": Route(
        decide_many,
        DECIDE_DEALS,
        reply=bulk.DecisionResults,
        body=bulk.DecisionsInput,
        headers=("idempotency-key",),
    ),
    "POST /v1/admin/deals/{id}/delegate": Route(
        delegate, DECIDE_DEALS, reply=AdminDealView, body=Delegation, status=202
    ),
    "POST /v1/admin/deals/{id}/reassign": Route(reassign, CHANGE_DEALS, reply=WorkView, body=Reassignment),
    "POST /v1/admin/deals/{id}/release-claim": Route(release_claim, CHANGE_DEALS, reply=WorkView),
    "POST /v1/admin/deals/{id}/comments": Route(comment, DECIDE_DEALS, reply=SavedNoteView, body=Note, status=201),
    "GET /v1/admin/deals/{id}/matches": Route(list_matches, SEE_DEALS, reply=MatchesView),
    "POST /v1/admin/deals/{id}/matches/{match_id}": Route(
        judge_match, DECIDE_DEALS, reply=SavedVerdictView, body=MatchVerdictInput
    ),
    "POST /v1/admin/deals/{id}/matches/{match_id}/merge": Route(merge_match, DECIDE_DEALS, reply=MatchView, status=202),
    "GET /v1/admin/match-verdicts": Route(
        export_verdicts, SEE_DEALS, reply=JsonLines, query=paging.CURSOR, media="application/x-ndjson"
    ),
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, within=in_its_zone)
