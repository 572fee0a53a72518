"""What each billing system's API is asked for, page after page, and which webhooks its answers stand for."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from dealreg.billing.facts import Unreadable
from dealreg.billing.lists import LISTS
from dealreg.billing.lists.page import EventList
from dealreg.billing.model import LISTED_WITH, SourceKind

SINCE = datetime(2026, 2, 27, tzinfo=UTC)
SINCE_UNIX = 1772150400
YEAR = 365 * 86_400


def of(kind: SourceKind, name: str) -> EventList:
    (found,) = [one for one in LISTS[kind] if one.name == name]
    return found


def asked(kind: SourceKind, name: str, cursor: str = "", size: int = 25) -> str:
    return unquote(of(kind, name).path(SINCE, cursor, size)).replace("+", " ")


def read(kind: SourceKind, name: str, content: Any) -> tuple[list[dict[str, Any]], str]:
    page = of(kind, name).read(content, SINCE)
    return [dict(one.body) for one in page.events], page.next


def test_every_kind_but_one_has_lists() -> None:
    assert set(LISTS) == set(LISTED_WITH) == set(SourceKind) - {SourceKind.STANDARD_WEBHOOKS}


@pytest.mark.parametrize(
    ("kind", "name", "first"),
    [
        (SourceKind.STRIPE, "events", f"/v1/events?limit=25&created[gte]={SINCE_UNIX}"),
        (SourceKind.PADDLE, "events", "/events?order_by=id[DESC]&per_page=25"),
        (
            SourceKind.CHARGEBEE,
            "events",
            f"/api/v2/events?limit=25&occurred_at[after]={SINCE_UNIX - 1}&sort_by[asc]=occurred_at",
        ),
        (SourceKind.CHARGEBEE, "disputes", f"/api/v2/disputes?limit=25&created_at[after]={SINCE_UNIX - YEAR}"),
        (
            SourceKind.RECURLY,
            "invoices",
            "/invoices?limit=25&sort=updated_at&order=asc&begin_time=2026-02-27T00:00:00Z&type=charge&state=paid",
        ),
        (
            SourceKind.RECURLY,
            "transactions",
            "/transactions?limit=25&sort=updated_at&order=asc&begin_time=2026-02-27T00:00:00Z&type=refund",
        ),
        (SourceKind.ZUORA, "payments", "/object-query/payments?pageSize=25&sort[]=updateddate.DESC"),
    ],
)
def test_the_first_page_is_asked_for(kind: SourceKind, name: str, first: str) -> None:
    assert asked(kind, name) == first


@pytest.mark.parametrize(
    ("kind", "name", "content", "cursor", "following"),
    [
        (
            SourceKind.STRIPE,
            "events",
            {"data": [{"id": "evt_2"}, {"id": "evt_1"}], "has_more": True},
            "evt_1",
            f"/v1/events?limit=12&starting_after=evt_1&created[gte]={SINCE_UNIX}",
        ),
        (
            SourceKind.PADDLE,
            "events",
            {
                "data": [{"event_id": "evt_1", "occurred_at": "2026-03-01T10:00:05.294633Z"}],
                "meta": {"pagination": {"has_more": True}},
            },
            "evt_1",
            "/events?order_by=id[DESC]&per_page=12&after=evt_1",
        ),
        (
            SourceKind.CHARGEBEE,
            "disputes",
            {"list": [], "next_offset": '["1","2"]'},
            '["1","2"]',
            f'/api/v2/disputes?limit=12&offset=["1","2"]&created_at[after]={SINCE_UNIX - YEAR}',
        ),
        (
            SourceKind.RECURLY,
            "invoices",
            {"data": [], "has_more": True, "next": "/invoices?cursor=abc%3A1&limit=25&sort=updated_at"},
            "cursor=abc%3A1&limit=25&sort=updated_at",
            "/invoices?cursor=abc:1&limit=12&sort=updated_at",
        ),
        (
            SourceKind.ZUORA,
            "payments",
            {"data": [{"updatedDate": "2026-03-01T10:00:05Z"}], "nextPage": "W3s="},
            "W3s=",
            "/object-query/payments?pageSize=12&cursor=W3s=&sort[]=updateddate.DESC",
        ),
    ],
)
def test_the_next_page_begins_where_the_last_ended(
    kind: SourceKind, name: str, content: Any, cursor: str, following: str
) -> None:
    assert read(kind, name, content)[1] == cursor
    assert asked(kind, name, cursor, 12) == following


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("content", [None, [], {}, {"data": None}, {"data": {}, "list": "x"}, "odd"])
def test_an_answer_that_is_no_list_is_refused(kind: SourceKind, content: Any) -> None:
    for one in LISTS[kind]:
        with pytest.raises(Unreadable, match="something else than a list"):
            one.read(content, SINCE)


@pytest.mark.parametrize("kind", LISTS)
def test_things_without_members_are_no_fault(kind: SourceKind) -> None:
    for one in LISTS[kind]:
        assert one.read({"data": [None, {}, {"id": 5}], "list": [None, {}, {"event": []}]}, SINCE).next == ""


def test_a_list_that_goes_on_somewhere_else_is_refused() -> None:
    for following in ("https://other.example/invoices?cursor=a", "/accounts?cursor=a", "", "/invoices"):
        content: dict[str, Any] = {"data": [], "has_more": True, "next": following}
        if following.startswith("https"):
            assert read(SourceKind.RECURLY, "invoices", content)[1] == "cursor=a", "its host is not asked"
        else:
            with pytest.raises(Unreadable):
                read(SourceKind.RECURLY, "invoices", content)


def test_those_who_list_the_newest_first_are_read_until_what_happened_before() -> None:
    old, new = {"event_id": "evt_1", "occurred_at": "2026-02-26T23:59:59Z"}, {"event_id": "evt_2", "occurred_at": "odd"}
    content = {"data": [new, old], "meta": {"pagination": {"has_more": True}}}
    assert read(SourceKind.PADDLE, "events", content) == ([new], "")
    paid = {"id": "pay_1", "status": "Processed", "updatedDate": "2026-03-01T02:00:05-08:00"}
    before = paid | {"id": "pay_0", "updatedDate": "2026-02-26T10:00:00Z"}
    callout = {
        "eventId": "PaymentProcessed:pay_1:2026-03-01T02:00:05-08:00",
        "eventType": "PaymentProcessed",
        "objectId": "pay_1",
        "eventTime": "2026-03-01T10:00:05Z",
    }
    assert read(SourceKind.ZUORA, "payments", {"data": [paid, before], "nextPage": "W3s="}) == ([callout], "")


def test_stripes_events_are_what_it_posts_the_oldest_first() -> None:
    events = [{"id": "evt_2", "type": "refund.created"}, {"id": "evt_1", "type": "invoice.paid"}]
    assert read(SourceKind.STRIPE, "events", {"data": events, "has_more": False}) == (events[::-1], "")


def test_an_event_of_chargebee_is_known_by_its_id_and_a_dispute_by_its_state() -> None:
    event: dict[str, Any] = {"id": "ev_1", "event_type": "payment_succeeded", "content": {}}
    page = of(SourceKind.CHARGEBEE, "events").read({"list": [{"event": event}]}, SINCE)
    assert page.events[0].body == {"id": "ev_1", "event_type": "payment_succeeded"}
    assert page.events[0].fetched == {"/api/v2/events/ev_1": {"event": event}}
    dispute: dict[str, Any] = {"id": "du_1", "status": "lost", "updated_at": SINCE_UNIX}
    told = {"list": [{"dispute": dispute}, {"dispute": dispute | {"id": "du_0", "updated_at": SINCE_UNIX - 1}}]}
    (body,) = read(SourceKind.CHARGEBEE, "disputes", told)[0]
    assert body == {"id": f"dispute:du_1:lost:{SINCE_UNIX}", "event_type": "dispute", "dispute_id": "du_1"}
    assert len(read(SourceKind.CHARGEBEE, "disputes", {"list": [{"dispute": {"id": "du_2", "status": "won"}}]})[0]) == 1


SAID, BEFORE = "2026-03-01T10:00:05Z", "2026-02-01T10:00:00Z"


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("invoices", {"state": "paid", "type": "charge", "closed_at": SAID}, [("charge_invoice", "paid")]),
        ("invoices", {"state": "paid", "type": "charge", "updated_at": SAID}, [("charge_invoice", "paid")]),
        ("invoices", {"state": "paid", "type": "charge", "closed_at": BEFORE, "updated_at": SAID}, []),
        ("invoices", {"state": "paid", "type": "credit", "closed_at": SAID}, []),
        ("invoices", {"state": "pending", "type": "charge", "updated_at": SAID}, []),
        ("transactions", {"type": "refund", "updated_at": SAID, "collected_at": BEFORE}, [("payment", "refunded")]),
        ("transactions", {"type": "purchase", "updated_at": SAID}, []),
        ("subscriptions", {"created_at": SAID, "updated_at": SAID}, [("subscription", "created")]),
        ("subscriptions", {"created_at": BEFORE, "canceled_at": SAID}, [("subscription", "canceled")]),
        (
            "subscriptions",
            {"created_at": BEFORE, "canceled_at": BEFORE, "state": "expired", "expires_at": SAID},
            [("subscription", "expired")],
        ),
        ("subscriptions", {"created_at": BEFORE, "updated_at": SAID, "state": "active", "expires_at": None}, []),
    ],
)
def test_what_recurly_has_changed_is_told_as_it_posts_it(
    name: str, said: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    found, _ = read(SourceKind.RECURLY, name, {"data": [{"id": "it_1"} | said]})
    expected = [{"id": "it_1", "object_type": kind, "event_type": became, "event_time": SAID} for kind, became in told]
    assert found == expected


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("orders", "Completed", ("OrderProcessed", "O-1")),
        ("payments", "Processed", ("PaymentProcessed", "id_1")),
        ("refunds", "Error", ("RefundProcessed", "id_1")),
        ("subscriptions", "Cancelled", ("SubscriptionCanceled", "id_1")),
        ("subscriptions", "Expired", ("SubscriptionExpired", "id_1")),
        ("payments", "Error", None),
        ("orders", "Draft", None),
    ],
)
def test_what_zuora_has_changed_is_told_as_our_template_does(
    name: str, status: str, told: tuple[str, str] | None
) -> None:
    said = {"id": "id_1", "orderNumber": "O-1", "status": status, "updatedDate": SAID}
    found, _ = read(SourceKind.ZUORA, name, {"data": [said]})
    assert [(one["eventType"], one["objectId"]) for one in found] == ([told] if told else [])
