"""From a signed payment to a partner's balance on the deployed stack: the same as the history simulated."""

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.test_story import api, approved, eventually, post_generic
from tests.stack import Stack

pytestmark = pytest.mark.stack
RULE = {"id": "all", "per": "sale", "rate": {"percent": "12.5"}}


def facts_of(deal: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """A payment, a refund of a part, one of the rest under way that fails, and a chargeback that is lost."""
    name = secrets.token_hex(4)
    claim = {"payment_id": f"pi_{name}"}

    def fact(kind: str, minutes: int, **data: Any) -> dict[str, Any]:
        return {"type": kind, "timestamp": (now + timedelta(minutes=minutes)).isoformat(), "data": data}

    def euros(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "EUR"}

    sale = {
        "id": f"in_{name}",
        "deal_id": deal["number"],
        "kind": "new",
        "total": "1190.00",
        "tax": "190.00",
        "lines": [{"product": "analytics", "amount": "1000.00"}],
        "subscription_id": f"sub_{name}",
    }
    at = now.isoformat()
    refund, rest = {**claim, "refund_id": f"re_{name}"}, {**claim, "refund_id": f"re2_{name}"}
    paid = {"payment_id": f"pay_{name}", "also": [f"pi_{name}"], "amount": euros("1190.00"), "paid_at": at}
    lost = {**claim, "chargeback_id": f"du_{name}", "opened_at": at, "closed_at": at, "status": "lost"}
    return [
        fact("payment.refunded", 1, **refund, amount=euros("119.00"), refunded_at=at, status="succeeded"),
        fact("payment.succeeded", 0, **paid, sale=sale),
        fact("payment.refunded", 2, **rest, amount=euros("1071.00"), refunded_at=at, status="pending"),
        fact("payment.refunded", 3, **rest, amount=euros("1071.00"), refunded_at=at, status="failed"),
        fact("payment.chargeback", 4, **lost, amount=euros("238.00")),
    ]


def test_facts_come_to_what_their_simulation_says(stack: Stack) -> None:
    admin, partner = stack.demo["admin_key"], stack.demo["partners"][0]
    now = stack.now().astimezone(UTC).replace(microsecond=0) - timedelta(minutes=10)
    plan, version = f"plan-{secrets.token_hex(4)}", {"effective_from": "2020-01-01", "currency": "EUR", "hold_days": 0}
    version |= {"applies_to": "new_deals", "rules": [RULE]}
    made = api(stack, admin, "POST", f"/v1/admin/commission-plans/{plan}/versions", json=version)
    assert made.status_code == 201, made.text
    path = f"/v1/admin/partners/{partner['id']}"
    assert api(stack, admin, "PATCH", path, json={"plan": plan}).status_code == 200
    deal = approved(stack, partner)
    facts = facts_of(deal, now)

    for fact in facts:
        sent = [post_generic(stack, fact, message_id=f"msg_{plan}_{facts.index(fact)}") for _ in range(2)]
        assert [reply.status_code for reply in sent] == [202, 200], [reply.text for reply in sent]
        eventually(lambda: none_is_left(stack), "what was sent to be handled")

    def lines() -> list[dict[str, Any]]:
        reply = api(stack, partner["api_key"], "GET", f"/v1/commissions?deal_id={deal['id']}&limit=100")
        return sorted(reply.json()["items"], key=lambda line: line["number"])

    posted = eventually(lambda: lines() if len(lines()) >= 3 else None, f"the lines of {deal['number']}")
    simulated = api(stack, admin, "POST", "/v1/admin/commissions/simulate", json=history(deal, plan, version, facts))
    assert simulated.status_code == 200, simulated.text
    told = ("kind", "amount", "reason_code", "rule", "base_before", "base_after")
    assert [[line[name] for name in told] for line in posted] == [
        [line[name] for name in told] for line in simulated.json()["lines"]
    ]
    assert sum(Decimal(line["amount"]["amount"]) for line in posted) == Decimal("87.50")
    (balance,) = (
        one for one in api(stack, partner["api_key"], "GET", "/v1/balance").json()["items"] if one["currency"] == "EUR"
    )
    assert balance["earned"] == "87.50"
    assert api(stack, partner["api_key"], "GET", f"/v1/deals/{deal['id']}").json()["status"] == "won"


def test_what_is_payable_is_paid_out(stack: Stack) -> None:
    admin = stack.demo["admin_key"]
    named = {"name": f"Paid {secrets.token_hex(3)}", "tier": "registered"}
    partner = api(stack, admin, "POST", "/v1/admin/partners", json=named).json()
    account = {"erp_reference": f"ERP{secrets.token_hex(2)}", "tax_percent": "19"}
    path = f"/v1/admin/partners/{partner['id']}"
    assert api(stack, admin, "PATCH", path, json={"payout": account}).status_code == 200
    by_hand = {"partner_id": partner["id"], "reason_code": "goodwill", "text": "A first deal together."}
    amount = {"amount": "100.00", "currency": "EUR"}
    key = {"idempotency-key": secrets.token_hex(8)}
    line = api(stack, admin, "POST", "/v1/admin/ledger", json={**by_hand, "amount": amount}, headers=key)
    assert line.status_code == 201, line.text

    asked = {"partner_ids": [partner["id"]]}
    made = api(stack, admin, "POST", "/v1/admin/payout-runs", json=asked, headers=key)
    assert made.status_code == 202, made.text
    run = f"/v1/admin/payout-runs/{made.json()['id']}"

    def proposed() -> dict[str, Any] | None:
        now = api(stack, admin, "GET", run).json()
        return now if now["state"] == "proposed" else None

    shown = eventually(proposed, "the run to be proposed")
    assert shown["totals"] == {"EUR": "100.00"}
    agreed = {"version": shown["version"], "totals": shown["totals"]}
    assert api(stack, admin, "POST", f"{run}/approve", json=agreed).status_code == 200
    exported = api(stack, admin, "POST", f"{run}/export", json={"mapping": "sage50", "date": "2026-12-05"})
    assert exported.status_code == 200, exported.text
    file = api(stack, admin, "GET", exported.json()["url"])
    assert account["erp_reference"] in file.text
    (payout,) = api(stack, admin, "GET", run).json()["payouts"]
    paid = {"paid_at": stack.now().isoformat(), "reference": "SEPA 17"}
    assert api(stack, admin, "POST", f"/v1/admin/payouts/{payout['id']}/paid", json=paid).status_code == 200
    lines = api(stack, admin, "GET", f"/v1/admin/ledger?partner_id={partner['id']}").json()["items"]
    assert [(one["kind"], one["amount"]["amount"]) for one in lines] == [
        ("payout", "-100.00"),
        ("adjustment", "100.00"),
    ]


def none_is_left(stack: Stack) -> bool:
    path = "/v1/admin/billing-events?status=received&limit=1"
    return not api(stack, stack.demo["admin_key"], "GET", path).json()["items"]


def history(deal: dict[str, Any], plan: str, version: dict[str, Any], facts: list[dict[str, Any]]) -> dict[str, Any]:
    partner = {"id": deal.get("partner_id", "one"), "plan": plan}
    registered = {"id": deal["number"], "partner_id": partner["id"], "tier": None, "type": None}
    return {
        "plans": [{"id": plan, "versions": [{"version": 1, **version}]}],
        "partners": [partner],
        "deals": [{**registered, "registered_at": deal["created_at"]}],
        "events": [{"id": f"evt_{place}", **fact} for place, fact in enumerate(facts)],
    }
