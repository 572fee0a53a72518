"""The shapes of replies, in JSON Schema; a test holds each to what the code's view makes."""

from typing import Any, get_args

from dealreg.accounts.imports import model as imports
from dealreg.deals.statuses import RejectReason, Stage, Status
from dealreg.matching.compare import IDENTITIES
from dealreg.matching.names.reasons import Reason
from dealreg.matching.rules import REASONS, Verdict
from dealreg.reviewing.matches import MatchVerdict
from dealreg.webhooks import model as webhooks
from dealreg.webhooks.replays import jobs as replay_jobs

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer"}
TEXTS: Schema = {"type": "array", "items": TEXT}
MONEY: Schema = {"$ref": "#/components/schemas/Money"}


def _one_of(values: Any) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _list_of(schema: str) -> Schema:
    return _object(
        {"items": {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}, "next_cursor": _maybe(TEXT)}
    )


_CONFLICT = _object(
    {"verdict": _one_of(Verdict), "reason_code": _maybe(_one_of(REASONS.values()))},
)
_DEAL = {
    "id": TEXT,
    "number": {"type": "string", "examples": ["D-7K3M-9Q2F"]},
    "status": _one_of(Status),
    "stage": _one_of(Stage),
    "version": COUNT | {"description": "For If-Match"},
    "conflict": _CONFLICT,
    "decide_by": _maybe(MOMENT),
    "protected_until": _maybe(MOMENT),
    "customer": {"type": "object", "description": "As in NewDeal"},
    "warnings": {
        "type": "array",
        "items": _object({"field": TEXT, "message": TEXT}),
        "description": "What looks mistyped, such as a tax id whose check digits are wrong",
    },
    "products": TEXTS,
    "amount": MONEY,
    "won_amount": _maybe(MONEY),
    "expected_close_date": _maybe({"type": "string", "format": "date"}),
    "notes": _maybe(TEXT),
    "partner_id": TEXT,
    "partner_reference": _maybe(TEXT),
    "reason_code": _maybe(TEXT),
    "reason": _maybe(TEXT),
    "editable": TEXTS | {"description": "In action_required: the fields the reviewer named"},
    "next": TEXT | {"description": "What happens next, in words"},
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
_EVENT = {
    "id": TEXT,
    "type": TEXT,
    "version": {"const": 1, "description": "Of the envelope"},
    "timestamp": MOMENT,
    "subject": TEXT | {"description": "The id of what it is about, such as a deal"},
    "sequence": COUNT | {"description": "Without gaps for each subject"},
    "partner_id": _maybe(TEXT),
    "data": {"type": "object"},
}
_ENDPOINT = {
    "id": TEXT,
    "url": {"type": "string", "format": "uri"},
    "sink": _one_of(get_args(webhooks.Sink)),
    "role_arn": _maybe(TEXT),
    "event_types": TEXTS,
    "payload": _one_of(get_args(webhooks.Payload)),
    "headers": {"type": "object", "additionalProperties": TEXT},
    "rate_limit": _maybe(COUNT) | {"description": "Deliveries a minute"},
    "ordered": _one_of(get_args(webhooks.Ordered)),
    "description": TEXT,
    "status": _one_of(get_args(webhooks.EndpointStatus)),
    "disabled_reason": _maybe(_one_of(("owner", "gone", "failing"))),
    "failing_since": _maybe(MOMENT),
    "created_at": MOMENT,
    "secret": TEXT | {"description": "Only in the reply that creates the endpoint"},
    "external_id": TEXT | {"description": "Likewise; what a role in your AWS account must ask of us"},
}
_DELIVERY = {
    "id": TEXT,
    "endpoint_id": TEXT,
    "event_id": TEXT,
    "event_type": TEXT,
    "subject": TEXT,
    "deal_id": _maybe(TEXT) | {"description": "The subject, if that is a deal"},
    "status": _one_of(get_args(webhooks.DeliveryStatus)),
    "attempt_count": COUNT,
    "next_attempt_at": _maybe(MOMENT),
    "last_result": _maybe(TEXT),
    "last_status_code": _maybe(COUNT),
    "created_at": MOMENT,
    "event": _maybe({"type": "object"}) | {"description": "Only when one delivery is read"},
    "attempts": {"type": "array", "items": {"type": "object"}, "description": "Only when one delivery is read"},
}
_MATCH = {
    "id": TEXT,
    "kind": _one_of(["deal", "account"]),
    "reason": TEXT | {"description": "How it was noticed, in words"},
    "likelihood": _maybe(COUNT | {"description": "Per cent"}),
    "who": TEXT,
    "since": _maybe(MOMENT),
    "status": TEXT | {"description": "Of a deal; the ownership of an account; gone"},
    "number": _maybe(TEXT),
    "lines": {
        "type": "array",
        "items": _object(
            {
                "field": _one_of(["name", *IDENTITIES, "country"]),
                "prospect": TEXT,
                "candidate": TEXT,
                "agrees": _maybe({"type": "boolean"}),
                "only_prospect": TEXTS,
                "only_candidate": TEXTS,
            }
        ),
    },
    "reasons": {
        "type": "array",
        "items": _object({"code": _one_of(Reason), "points": {"type": "number"}, "text": TEXT}),
        "description": "Why the names are alike (points above 0) and why not, the weightiest first",
    },
    "release": _maybe(TEXT | {"description": "Where its protection can be ended before its time"}),
    "merge": _maybe(TEXT | {"description": "Where to say that both are one customer"}),
    "closes_as": _maybe(_one_of(RejectReason) | {"description": "Why the deal ends when both are one customer"}),
    "verdict": _maybe(_one_of(MatchVerdict)),
    "merged": {"type": "boolean"},
}
_REPLAY = {
    "id": TEXT,
    "endpoint_id": TEXT,
    "status": _one_of(get_args(replay_jobs.Status)),
    "since": MOMENT,
    "until": MOMENT,
    "what": TEXTS,
    "event_types": TEXTS,
    "total": COUNT | {"description": "How many it sends; grows while it counts"},
    "sent": COUNT,
    "created_at": MOMENT,
}
_FAULT = _object({"field": TEXT, "message": TEXT})
_IMPORT = {
    "id": TEXT,
    "source": TEXT,
    "mode": _one_of(get_args(imports.Mode)),
    "state": _one_of(imports.State),
    "problem": _maybe(TEXT),
    "rows": COUNT,
    "rows_done": COUNT,
    **dict.fromkeys(imports.COUNTS, COUNT),
    "sync_token": _maybe(TEXT | {"description": "For the next import of changes, once this one is completed"}),
    "created_at": MOMENT,
    "started_at": _maybe(MOMENT),
    "finished_at": _maybe(MOMENT),
}
_REJECT = _object({"line": COUNT, "external_id": TEXT, "errors": {"type": "array", "items": _FAULT}})

SCHEMAS: dict[str, Schema] = {
    "Deal": _object(_DEAL),
    "Check": _object({"conflict": _CONFLICT}),
    "DealList": _list_of("Deal"),
    "AdminDeal": _object(
        _DEAL
        | {"matches": {"type": "array", "items": {"type": "object"}}, "tier": TEXT, "user_id": TEXT, "decision": TEXT},
        optional=("decision",),
    ),
    "Match": _object(_MATCH),
    "Matches": _object({"deal_id": TEXT, "items": {"type": "array", "items": _object(_MATCH)}}),
    "Import": _object(_IMPORT),
    "ImportList": _list_of("Import"),
    "NewImportReply": _object(_IMPORT | {"upload": _object({"method": TEXT, "url": TEXT, "expires_in": COUNT})}),
    "Reject": _REJECT,
    "RejectList": _list_of("Reject"),
    "Event": _object(_EVENT),
    "Timeline": _object({"items": {"type": "array", "items": _object(_EVENT | {"text": TEXT})}}),
    "Endpoint": _object(_ENDPOINT, optional=("secret", "external_id")),
    "EndpointList": _list_of("Endpoint"),
    "Delivery": _object(_DELIVERY, optional=("event", "attempts")),
    "DeliveryList": _list_of("Delivery"),
    "Replay": _object(_REPLAY),
    "ReplayList": _list_of("Replay"),
    "Problem": _object(
        {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT,
            "status": COUNT,
            "code": TEXT | {"description": "Stable; for programs"},
            "detail": TEXT,
            "request_id": TEXT,
            "errors": {"type": "array", "items": _FAULT, "description": "Every field's fault, for invalid_input"},
        },
        optional=("detail", "errors"),
    ),
}
