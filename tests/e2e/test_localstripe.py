"""A real peer: localstripe sells a subscription, and what it signs becomes a line of the deal that is named there."""

import json
import secrets
import time
from collections.abc import Generator
from decimal import Decimal
from typing import Any

import httpx
import pytest
import stripe

from local import localstripe
from local.places import free_ports
from tests.e2e.test_story import api, becomes, eventually, read, register
from tests.stack import Stack

pytestmark = pytest.mark.stack
RULE = {"id": "all", "per": "sale", "rate": {"percent": "10"}}


@pytest.fixture
def source(stack: Stack) -> dict[str, Any]:
    if not localstripe.PROGRAM.exists():
        pytest.skip("localstripe is not installed: make .venv-stripe/ready")
    return localstripe.new_source(stack.demo)


@pytest.fixture
def shop(stack: Stack, source: dict[str, Any]) -> Generator[httpx.Client]:
    with localstripe.running(stack.places, *free_ports(1)) as client:
        yield client


def with_plan(stack: Stack) -> dict[str, Any]:
    """A partner who is trusted with small deals, and earns a tenth."""
    admin, partner = stack.demo["admin_key"], stack.demo["partners"][2]
    plan, version = f"plan-{secrets.token_hex(4)}", {"effective_from": "2020-01-01", "currency": "EUR", "hold_days": 0}
    version |= {"applies_to": "new_deals", "rules": [RULE]}
    made = api(stack, admin, "POST", f"/v1/admin/commission-plans/{plan}/versions", json=version)
    assert made.status_code == 201, made.text
    changed = api(stack, admin, "PATCH", f"/v1/admin/partners/{partner['id']}", json={"plan": plan})
    assert changed.status_code == 200, changed.text
    return partner


def lines_of(stack: Stack, partner: dict[str, Any], deal: dict[str, Any]) -> list[tuple[str, Decimal]]:
    reply = api(stack, partner["api_key"], "GET", f"/v1/commissions?deal_id={deal['id']}")
    in_order = sorted(reply.json()["items"], key=lambda line: line["number"])
    return [(line["kind"], Decimal(line["amount"]["amount"])) for line in in_order]


def send(url: str, key: str, kind: str, content: dict[str, Any]) -> httpx.Response:
    """As Stripe would: localstripe has no events of refunds."""
    now = int(time.time())
    event = {"id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": kind, "created": now, "livemode": False}
    body = json.dumps(event | {"data": {"object": content}})
    signature = stripe.WebhookSignature._compute_signature(f"{now}.{body}", key)  # pyright: ignore[reportPrivateUsage]  # it has no public way to sign
    return httpx.post(url, content=body, headers={"stripe-signature": f"t={now},v1={signature}"}, timeout=30)


def test_a_subscription_is_sold_paid_and_given_back(stack: Stack, shop: httpx.Client, source: dict[str, Any]) -> None:
    partner, url = with_plan(stack), localstripe.webhook_url(stack.demo, source)
    deal = register(stack, partner, amount={"amount": "99.00", "currency": "EUR"})
    becomes(stack, partner, deal, "approved")
    wanted = {"customer": localstripe.customer(shop, url, source["secret"]), "items[0][plan]": localstripe.PRICE}

    # Only the subscription names the deal, and its event comes after that of its invoice.
    sold = localstripe.asked(shop, "/v1/subscriptions", wanted | {"metadata[deal_number]": deal["number"]})

    paid = [("accrual", Decimal("9.90"))]
    eventually(lambda: lines_of(stack, partner, deal) == paid, f"the line of {deal['number']}")
    won = read(stack, partner, deal)
    assert (won["status"], won["won_amount"]) == ("won", {"amount": "99.00", "currency": "EUR"})

    invoice = shop.get(f"/v1/invoices/{sold['latest_invoice']}").json()
    refund = {"payment_intent": invoice["payment_intent"], "amount": "2400"}
    given_back = localstripe.asked(shop, "/v1/refunds", refund)
    replies = [send(url, source["secret"], kind, given_back) for kind in ("refund.created", "refund.updated")]
    assert [reply.status_code for reply in replies] == [202, 202]

    eventually(
        lambda: lines_of(stack, partner, deal) == [*paid, ("clawback", Decimal("-2.40"))], "what the refund takes back"
    )
