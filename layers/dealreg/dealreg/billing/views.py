"""Billing sources and what they posted as the vendor is shown them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from dealreg.billing.model import InboxEvent, Reason, ReconciliationState, Source
from dealreg.platform import times
from dealreg.platform.errors import NotFound
from dealreg.platform.replies import Moment

if TYPE_CHECKING:
    from dealreg.billing.recognising import Candidate


class ReceivedView(TypedDict):
    status: Literal["accepted", "duplicate"]


class ReconciliationView(TypedDict):
    id: str
    source_id: str
    state: ReconciliationState
    since: Annotated[Moment, "What happened before is not read"]
    found: Annotated[int, "Events in the sender's lists, those too that nothing follows from"]
    new: Annotated[int, "Those that had not been posted"]
    applied: Annotated[int, "Those of the new ones that were applied at once"]
    cursor: Annotated[str | None, "Where the next page begins"]
    reason: Annotated[str | None, "Why it does not go on, or failed, in words"]
    started_by: Annotated[str, "An admin, or the clock"]
    started_at: Moment
    ended_at: Moment | None


class SourceView(TypedDict):
    id: str
    kind: str
    name: str
    path: Annotated[str, "Where it posts"]
    created_at: Moment
    mode: str
    enabled: Annotated[bool, "What one that is switched off posts is refused"]
    products: Annotated[dict[str, str], "The program's products, by the sender's ids of prices and products"]
    username: Annotated[str | None, "By which it proves itself, with the secret as its password"]
    public_key: Annotated[str | None, "Of its signatures v1a"]
    api_base: Annotated[str | None, "Where its own API is; null: the usual place"]
    client_id: str | None
    has_api_key: Annotated[bool, "The key itself is not shown again"]
    warnings: Annotated[list[str], "What keeps its events from meaning something, in words"]
    reconciliation: Annotated[ReconciliationView | None, "The newest reading of its sender's own lists"]


class SourceWithSecretView(SourceView):
    secret: Annotated[str, "Only in this reply"]


class BillingEventView(TypedDict):
    id: str
    source_id: str
    provider_id: str
    type: str
    status: str
    reason_code: str | None
    reason: Annotated[str | None, "What it waits for, what is wrong with it or why it is over, in words"]
    deal_id: Annotated[str | None, "The deal that it won, or whose approval it waits for"]
    attached_by: Annotated[str | None, "The admin who said which deal it means"]
    closed_by: Annotated[str | None, "The admin who closed it"]
    received_at: Moment


class SuggestionView(TypedDict):
    deal_id: str
    number: str
    partner_id: str
    certainty: str
    reasons: Annotated[list[str], "In words"]


class FullBillingEventView(BillingEventView):
    kind: str
    facts: Annotated[
        list[dict[str, Any]], "What it says, in the form of a Standard Webhooks sender; empty: nothing yet"
    ]
    suggestions: Annotated[
        list[SuggestionView], "Deals that an unmatched event may be of, the best first; at most five"
    ]
    body: Annotated[str, "As it was sent"]


def source_view(source: Source) -> SourceView:
    """Without its secrets: they are shown once, when they are made."""
    return {
        "id": source.id,
        "kind": source.kind,
        "name": source.name,
        "path": f"/webhooks/billing/{source.id}",
        "created_at": times.to_text(source.created_at),
        "mode": source.mode,
        "enabled": source.enabled,
        "products": dict(source.products),
        "username": source.username or None,
        "public_key": source.public_key or None,
        "api_base": source.api_base or None,
        "client_id": source.client_id or None,
        "has_api_key": bool(source.api_key),
        "warnings": _warnings(source),
        "reconciliation": newest_of(source) if source.reconciliation else None,
    }


def _warnings(source: Source) -> list[str]:
    told = [*source.warnings]
    if source.lacks:
        told.append(f"Its events hold ids only. To fetch what they are about, give {' and '.join(source.lacks)}.")
    if (last := source.reconciliation) and last.state == "failed":
        told.append(f"Its list of what happened could not be read. {last.reason}")
    return told


def newest_of(source: Source) -> ReconciliationView:
    """Raises NotFound for a source that has had none."""
    one = source.reconciliation
    if one is None:
        raise NotFound("Its sender's lists were not read yet.")
    return {
        "id": one.id,
        "source_id": source.id,
        "state": one.state,
        "since": times.to_text(one.since),
        "found": one.found,
        "new": one.new,
        "applied": one.applied,
        "cursor": one.cursor or None,
        "reason": one.reason or None,
        "started_by": one.started_by,
        "started_at": times.to_text(one.started_at),
        "ended_at": times.to_text(one.ended_at) if one.ended_at else None,
    }


def event_view(event: InboxEvent) -> BillingEventView:
    return {
        "id": event.id,
        "source_id": event.source_id,
        "provider_id": event.provider_id,
        "type": event.type,
        "status": event.status,
        "reason_code": event.reason_code,
        "reason": event.reason or (Reason(event.reason_code).text if event.reason_code else None),
        "deal_id": event.deal_id,
        "attached_by": event.attached_by,
        "closed_by": event.closed_by,
        "received_at": times.to_text(event.received_at),
    }


def full_event_view(
    event: InboxEvent, facts: Sequence[Mapping[str, Any]], suggested: "Sequence[Candidate]"
) -> FullBillingEventView:
    """With the body as it was sent, so that a person can tell which deal it means."""
    return {
        **event_view(event),
        "kind": event.kind,
        "facts": [dict(fact) for fact in facts],
        "suggestions": [_suggestion(one) for one in suggested],
        "body": event.body.decode(errors="replace"),
    }


def _suggestion(one: "Candidate") -> SuggestionView:
    return {
        "deal_id": one.deal.id,
        "number": one.deal.number,
        "partner_id": one.deal.partner_id,
        "certainty": one.certainty,
        "reasons": one.reasons,
    }
