"""Providers that list no events: what changed is told as the webhooks that it must have caused.

Recurly's say when it happened, which its objects say too. Zuora's have ids of their own that nothing else knows: here
they are made from the object and the time of its change, and what they tell of is one fact all the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dealreg.billing.facts import Unreadable
from dealreg.billing.lists.page import EventList, Listed, Page, is_before, moment_of, objects, path, rfc3339, text
from dealreg.platform.foreign_json import object_in

_Object = Mapping[str, Any]

# ---- Recurly --------------------------------------------------------------------------------------------------------


def _of_recurly(since: datetime, cursor: str, size: int, *, kind: str, **only: str) -> str:
    """The oldest change first: what changes again meanwhile comes later in the same list."""
    if cursor:
        return path(f"/{kind}", **(dict(parse_qsl(cursor)) | {"limit": str(size)}))
    return path(f"/{kind}", limit=size, sort="updated_at", order="asc", begin_time=rfc3339(since), **only)


def _recurly(
    content: Any, since: datetime, *, kind: str, told: Callable[[_Object], Iterable[tuple[str, str, str]]]
) -> Page:
    found = objects(content, "data")
    events = [
        Listed({"id": text(one, "id"), "object_type": about, "event_type": became, "event_time": at})
        for one in found
        for about, became, at in told(one)
        if at and not is_before(at, since)
    ]
    return Page(events, _rest(object_in(content), f"/{kind}"))


def _rest(answer: _Object, expected: str) -> str:
    """The query of the next page. Raises Unreadable for one somewhere else."""
    if answer.get("has_more") is not True:
        return ""
    following = urlsplit(text(answer, "next"))
    if following.path != expected or not following.query:
        raise Unreadable("Its API does not say where its list goes on.")
    return following.query


def _subscription(said: _Object) -> Iterable[tuple[str, str, str]]:
    yield "subscription", "created", text(said, "created_at")
    yield "subscription", "canceled", text(said, "canceled_at")
    if said.get("state") == "expired":
        yield "subscription", "expired", text(said, "expires_at", "updated_at")


def _invoice(said: _Object) -> Iterable[tuple[str, str, str]]:
    if said.get("state") == "paid" and said.get("type") != "credit":
        yield "charge_invoice", "paid", text(said, "closed_at", "updated_at")


def _transaction(said: _Object) -> Iterable[tuple[str, str, str]]:
    """A refund may fail after it was made: each change of it is a word of its own."""
    if said.get("type") == "refund":
        yield "payment", "refunded", text(said, "updated_at", "collected_at", "created_at")


def _list_of_recurly(kind: str, told: Callable[[_Object], Iterable[tuple[str, str, str]]], **only: str) -> EventList:
    return EventList(kind, partial(_of_recurly, kind=kind, **only), partial(_recurly, kind=kind, told=told))


RECURLY: Sequence[EventList] = (
    _list_of_recurly("subscriptions", _subscription),
    _list_of_recurly("invoices", _invoice, type="charge", state="paid"),
    _list_of_recurly("transactions", _transaction, type="refund"),
)

# ---- Zuora ----------------------------------------------------------------------------------------------------------


def _of_zuora(_since: datetime, cursor: str, size: int, *, kind: str) -> str:
    return path(f"/object-query/{kind}", pageSize=size, cursor=cursor, **{"sort[]": "updateddate.DESC"})


def _zuora(content: Any, since: datetime, *, key: str, types: Mapping[str, str]) -> Page:
    """The newest first; it ends with the first that changed before."""
    found = objects(content, "data")
    wanted = [one for one in found if not is_before(_updated(one), since)]
    events = [
        Listed(_callout(types[status], text(one, key, "id"), _updated(one)))
        for one in reversed(wanted)
        if (status := text(one, "status")) in types
    ]
    is_within = found and len(wanted) == len(found)
    return Page(events, text(object_in(content), "nextPage", "next_page") if is_within else "")


def _updated(said: _Object) -> str:
    return text(said, "updatedDate", "createdDate")


def _callout(event_type: str, object_id: str, at: str) -> dict[str, str]:
    event_id = f"{event_type}:{object_id}:{at}"
    said = {"eventId": event_id, "eventType": event_type, "objectId": object_id}
    known = moment_of(at)
    return said | ({"eventTime": rfc3339(known)} if known else {})


def _list_of_zuora(kind: str, key: str, types: Mapping[str, str]) -> EventList:
    """`types`: of the events, by the status that they tell of."""
    return EventList(kind, partial(_of_zuora, kind=kind), partial(_zuora, key=key, types=types))


_REFUNDED: Mapping[str, str] = {
    "Processed": "RefundProcessed",
    "Processing": "RefundProcessed",
    "Error": "RefundProcessed",
    "Voided": "RefundProcessed",
}

ZUORA: Sequence[EventList] = (
    _list_of_zuora("orders", "orderNumber", {"Completed": "OrderProcessed"}),
    _list_of_zuora("payments", "id", {"Processed": "PaymentProcessed"}),
    _list_of_zuora("refunds", "id", _REFUNDED),
    _list_of_zuora("subscriptions", "id", {"Cancelled": "SubscriptionCanceled", "Expired": "SubscriptionExpired"}),
)
