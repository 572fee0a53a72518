"""What a partner sees of its ledger, what the vendor sees of all, and lines by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from commissions.ledger_api import ROUTES, handler
from dealreg.commissions.ledger import Line
from dealreg.ledger import heads, rows
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from tests.integration.ledger.by_hand import LINE, LINE_TEXT, line_by_hand
from tests.integration.ledger.replay import SOURCE, Replay
from tests.samples import ADMIN, PARTNER, content, routes_of, sample
from tests.unit.commissions.samples import chargeback, history, payment, plan, refund, rule

FOLDER = "commissions-ledger-api"
Json = dict[str, Any]
SPLIT = {"splits": [{"shares": [{"partner_id": "p1", "percent": "60"}, {"partner_id": "p2", "percent": "40"}]}]}


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


def partner(partner_id: str) -> Caller:
    return Caller("partner", partner_id, "user_1", frozenset(["deals"]))


def get(case: str, caller: Caller, query: dict[str, str] | None = None, **params: str) -> Json:
    reply = handler(sample(f"{FOLDER}/{case}", caller=caller, query=query or {}, params=params or None), None)
    assert reply["statusCode"] == 200, reply
    return content(reply)


def lines(caller: Caller, **query: str) -> list[Json]:
    return get("list-lines", caller, query)["items"]


@pytest.fixture
def shared(aws: None) -> None:
    """A sale of two partners, held until 20 December: 12.00 and 8.00."""
    plans = [plan(rule(rate={"percent": "20"}), hold_days=30)]
    Replay(history(payment("in_1", "100.00", "2026-11-20"), plans=plans, deal=SPLIT)).run()


def test_every_route_has_a_sample() -> None:
    assert routes_of(FOLDER) == set(ROUTES)


def test_a_partner_sees_its_lines_and_nothing_of_the_others_share(shared: None) -> None:
    (own,) = lines(partner("p2"))
    assert (own["amount"], own["share"]) == ({"amount": "8.00", "currency": "EUR"}, "40")
    assert (own["sale_id"], own["source_id"], own["bucket"]) == ("in_1", SOURCE, "sale:in_1")
    assert (own["status"], own["until"]) == ("held", own["available_at"])
    assert "p1" not in str(own)
    assert "60 %" not in str(own)


def test_a_line_is_found_by_its_id_and_by_its_own_partner_alone(shared: None) -> None:
    (own,) = lines(partner("p1"))
    assert get("show-line", partner("p1"), id=own["id"]) == own
    others = [(partner("p2"), own["id"]), (partner("p1"), "com_1"), (partner("p1"), own["id"][:-1] + "0")]
    for caller, line_id in others:
        reply = handler(sample(f"{FOLDER}/show-line", caller=caller, params={"id": line_id}), None)
        assert reply["statusCode"] == 404


def test_lines_are_filtered_and_paged_newest_first(shared: None, now: datetime) -> None:
    for place in range(3):
        _by_hand("p1", now, f"key_{place}")
    assert [line["number"] for line in lines(partner("p1"))] == [4, 3, 2, 1]
    assert [line["number"] for line in lines(partner("p1"), status="held")] == [1]
    assert [line["number"] for line in lines(partner("p1"), kind="adjustment", period="2026-11")] == [4, 3, 2]
    first = get("list-lines", partner("p1"), {"limit": "3"})
    rest = get("list-lines", partner("p1"), {"limit": "3", "cursor": first["next_cursor"]})
    assert [line["number"] for page in (first, rest) for line in page["items"]] == [4, 3, 2, 1]


def test_a_balance_is_of_any_time_and_says_what_comes_next(shared: None) -> None:
    (purse,) = get("show-balance", partner("p1"))["items"]
    assert (purse["earned"], purse["held"], purse["payable"]) == ("12.00", "12.00", "0.00")
    assert purse["next_release"] == {"at": "2026-12-19T23:00:00.000Z", "amount": "12.00"}
    (later,) = get("show-balance", partner("p1"), {"at": "2026-12-19T23:00:00Z"})["items"]
    assert (later["held"], later["payable"], later["next_release"]) == ("0.00", "12.00", None)
    assert get("show-balance", partner("p1"), {"at": "2026-11-01T00:00:00Z"})["items"] == []


def test_a_chargeback_holds_up_what_is_of_its_sale_until_it_is_decided(aws: None) -> None:
    said = [payment("in_1", "100.00"), chargeback("in_1", "open", "2026-02-10", "100.00")]
    Replay(history(*said)).run()
    assert [line["status"] for line in lines(partner("p1"))] == ["disputed"]
    Replay(history(*said)).take(Replay(history(chargeback("in_1", "won", "2026-03-01", "100.00"))).told.events[0])
    (before,) = get("show-balance", partner("p1"), {"at": "2026-02-15T00:00:00Z"})["items"]
    assert (before["disputed"], before["payable"]) == ("10.00", "0.00")
    assert [line["status"] for line in lines(partner("p1"))] == ["payable"]


def test_a_refund_inside_the_hold_is_held_too(aws: None) -> None:
    told = [payment("in_1", "100.00", "2026-11-20"), refund("in_1", "40.00", "2026-11-22")]
    Replay(history(*told, plans=[plan(rule(), hold_days=30)])).run()
    (purse,) = get("show-balance", partner("p1"))["items"]
    assert (purse["held"], purse["next_release"]["amount"]) == ("6.00", "6.00")


# ---- by hand --------------------------------------------------------------------------------------------------------


def _by_hand(partner_id: str, now: datetime, key: str) -> None:
    head = dynamo.get(rows.table(), f"PARTNER#{partner_id}", "LEDGER")
    number = (head or {"number": 0})["number"] + 1
    line = Line(partner_id, "adjustment", "goodwill", Money(100, "EUR"), now, now, number, "2026-11")
    dynamo.transact(heads.post(partner_id, head, [line], now, by_hand=key))


def test_a_line_by_hand_is_payable_at_once_and_posted_once(new_partner: Callable[[str], Caller], now: datetime) -> None:
    north = new_partner("North")
    said = LINE | {"partner_id": north.partner_id, "amount": {"amount": "-25.00", "currency": "EUR"}}
    replies = [handler(sample(f"{FOLDER}/post-line", body=said), None) for _ in range(2)]
    assert [reply["statusCode"] for reply in replies] == [201, 201]
    assert replies[0]["body"] == replies[1]["body"]
    (line,) = lines(north)
    assert line == content(replies[0])
    assert (line["kind"], line["status"], line["text"]) == ("adjustment", "payable", LINE_TEXT)
    assert line["amount"] == {"amount": "-25.00", "currency": "EUR"}
    assert line["period"] == "2026-11"
    (event,) = dynamo.every(rows.table(), f"PARTNER#{north.partner_id}", "EVENT#")
    assert event["type"] == "commission.adjusted"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"partner_id": "part_1"}, "partner_id"),
        ({"amount": {"amount": "0.00", "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": "1.001", "currency": "EUR"}}, "amount.amount"),
        ({"reason_code": "payment"}, "reason_code"),
        ({"text": ""}, "text"),
    ],
)
def test_what_is_wrong_with_a_line_by_hand_is_said(
    changes: Json, field: str, new_partner: Callable[[str], Caller]
) -> None:
    said = LINE | {"partner_id": new_partner("North").partner_id} | changes
    reply = handler(sample(f"{FOLDER}/post-line", body=said), None)
    assert reply["statusCode"] == 422
    assert [fault["field"] for fault in content(reply)["errors"]] == [field]


def test_money_by_hand_needs_a_key_of_its_request(new_partner: Callable[[str], Caller]) -> None:
    event = sample(f"{FOLDER}/post-line", body=LINE | {"partner_id": new_partner("North").partner_id})
    del event["headers"]["idempotency-key"]
    assert handler(event, None)["statusCode"] == 422


def test_the_vendor_sees_the_ledgers_of_all(new_partner: Callable[[str], Caller], now: datetime) -> None:
    owners = [new_partner(name).partner_id for name in ("North", "South", "West")]
    posted = {line_by_hand(owner, now + timedelta(seconds=1), key=owner) for owner in owners[:2]}
    found: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = get("list-all", ADMIN, query)
        found += [line["id"] for line in page["items"]]
        if page["next_cursor"] is None:
            break
        query = {"cursor": page["next_cursor"]}
    assert sorted(found) == sorted(posted)
    (one,) = get("list-all", ADMIN, {"partner_id": owners[1]})["items"]
    assert one["partner_id"] == owners[1]


def test_a_partner_reads_no_admins_ledger_and_posts_nothing(aws: None) -> None:
    for case in ("list-all", "post-line"):
        assert handler(sample(f"{FOLDER}/{case}", caller=PARTNER), None)["statusCode"] == 403


def test_a_zero_line_has_its_share(aws: None) -> None:
    plans = [plan(rule(when={"kind": ["renewal"]}))]
    Replay(history(payment("in_1", "100.00", "2026-11-20"), plans=plans, deal=SPLIT)).run()
    (own,) = lines(partner("p2"))
    assert (own["reason_code"], own["amount"]["amount"], own["share"]) == ("no_rule", "0.00", "40")
