"""The whole story over HTTP on the deployed stack with its IAM roles enforced: registered, approved, won, told."""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.stack import Stack

pytestmark = pytest.mark.stack
PATIENCE_SECONDS = 30
AMOUNT = {"amount": "48000.00", "currency": "EUR"}


def new_customer() -> dict[str, Any]:
    name = f"Kunde {secrets.token_hex(4)}"
    return {"name": name, "domain": f"{name.replace(' ', '-').lower()}.de", "country": "DE"}


def eventually(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}")


def api(stack: Stack, token: str, method: str, path: str, **options: Any) -> httpx.Response:
    with stack.client(token) as client:
        return client.request(method, path, **options)


def register(stack: Stack, partner: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {"customer": new_customer(), "products": ["analytics"], "amount": AMOUNT} | changes
    reply = api(stack, partner["api_key"], "POST", "/v1/deals", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()


def read(stack: Stack, partner: dict[str, Any], deal: dict[str, Any]) -> dict[str, Any]:
    return api(stack, partner["api_key"], "GET", f"/v1/deals/{deal['id']}").json()


def becomes(stack: Stack, partner: dict[str, Any], deal: dict[str, Any], status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        now = read(stack, partner, deal)
        return now if now["status"] == status else None

    return eventually(look, f"{deal['number']} to become {status}")


def approval_link(stack: Stack, deal: dict[str, Any]) -> str:
    def look() -> str | None:
        for mail in httpx.get(f"{stack.base_url}/_local/mail.json", timeout=30).json():
            if deal["number"] in mail["subject"] + mail["text"]:
                for link in mail["links"]:
                    if "/approvals/" in link:
                        return link.partition("#")[0]
        return None

    return eventually(look, f"the approval mail of {deal['number']}")


def decide(link: str, **choice: Any) -> httpx.Response:
    """As a person does: the page, its form, a choice."""
    page = httpx.get(link, timeout=30)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert {"csrf", "seen"} <= set(hidden), page.text
    return httpx.post(link, data={**hidden, **choice}, timeout=30)


def received(stack: Stack, event_type: str, deal: dict[str, Any]) -> list[dict[str, Any]]:
    def about(call: dict[str, Any]) -> bool:
        body = json.loads(call["body"])
        return body["type"] == event_type and body.get("data", {}).get("deal_id") == deal["id"]

    return [call for call in httpx.get(f"{stack.base_url}/_local/webhooks.json", timeout=30).json() if about(call)]


def source(stack: Stack, kind: str) -> dict[str, Any]:
    return next(source for source in stack.demo["billing_sources"] if source["kind"] == kind)


def post_generic(stack: Stack, event: dict[str, Any], message_id: str | None = None) -> httpx.Response:
    billing, body = source(stack, "standard-webhooks"), json.dumps(event)
    message_id = message_id or f"msg_{secrets.token_hex(8)}"
    now = datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(billing["secret"]).sign(message_id, now, body),
    }
    return httpx.post(f"{stack.base_url}/webhooks/billing/{billing['id']}", content=body, headers=headers, timeout=30)


def post_stripe(stack: Stack, event: dict[str, Any]) -> httpx.Response:
    billing, body, now = source(stack, "stripe"), json.dumps(event), int(time.time())
    signature = hmac.new(billing["secret"].encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={now},v1={signature}"}
    return httpx.post(f"{stack.base_url}/webhooks/billing/{billing['id']}", content=body, headers=headers, timeout=30)


def closed_won(deal: dict[str, Any]) -> dict[str, Any]:
    data = {"deal_number": deal["number"], "amount": {"amount": "50000.00", "currency": "EUR"}}
    return {"type": "deal.closed_won", "timestamp": datetime.now(UTC).isoformat(), "data": data}


def approved(stack: Stack, partner: dict[str, Any]) -> dict[str, Any]:
    deal = register(stack, partner)
    assert decide(approval_link(stack, deal), choice="approve").status_code < 400
    return becomes(stack, partner, deal, "approved")


def test_registered_approved_by_mail_won_by_billing_told_by_webhook(stack: Stack) -> None:
    partner = next(p for p in stack.demo["partners"] if p["id"] == stack.demo["endpoints"][1]["owner"])
    deal = approved(stack, partner)
    assert deal["protected_until"]
    assert post_generic(stack, closed_won(deal)).status_code in (200, 202)
    won = becomes(stack, partner, deal, "won")
    assert won["won_amount"] == {"amount": "50000.00", "currency": "EUR"}
    for endpoint in stack.demo["endpoints"]:
        calls = eventually(
            lambda endpoint=endpoint: [
                c for c in received(stack, "deal.won", deal) if c["endpoint_id"] == endpoint["id"]
            ],
            f"deal.won at the endpoint of {endpoint['owner']}",
        )
        assert all(call["verified"] for call in calls)
    timeline = api(stack, partner["api_key"], "GET", f"/v1/deals/{deal['id']}/timeline").json()["items"]
    assert [entry["type"] for entry in timeline] == ["deal.won", "deal.approved", "deal.submitted"]
    assert [entry["sequence"] for entry in timeline] == [3, 2, 1]


def test_stripe_closes_a_deal_too(stack: Stack) -> None:
    partner = stack.demo["partners"][0]
    deal = approved(stack, partner)
    session = {
        "object": "checkout.session",
        "metadata": {"deal_id": deal["id"]},
        "amount_total": 4200000,
        "currency": "eur",
    }
    event = {
        "id": f"evt_{secrets.token_hex(8)}",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": session},
    }
    assert post_stripe(stack, event).status_code in (200, 202)
    assert becomes(stack, partner, deal, "won")["won_amount"] == {"amount": "42000.00", "currency": "EUR"}


def test_a_clear_small_deal_of_a_trusted_partner_needs_nobody(stack: Stack) -> None:
    partner = stack.demo["partners"][2]
    deal = register(stack, partner, amount={"amount": "100.00", "currency": "EUR"})
    becomes(stack, partner, deal, "approved")


def test_rejected_with_a_reason_and_the_next_in_the_queue_moves_up(stack: Stack) -> None:
    first, second = stack.demo["partners"][:2]
    deal = register(stack, first)
    waiting = register(stack, second, customer=deal["customer"])
    assert waiting["status"] == "queued"
    assert waiting["conflict"]["verdict"] == "claimed_by_partner"
    assert decide(approval_link(stack, deal), choice="reject", reject_reason="Not our market").status_code < 400
    assert becomes(stack, first, deal, "rejected")["reason"] == "Not our market"
    becomes(stack, second, waiting, "in_review")


def test_asked_answered_and_approved(stack: Stack) -> None:
    partner = stack.demo["partners"][0]
    deal = register(stack, partner)
    first_link = approval_link(stack, deal)
    decide(first_link, choice="request_info", request_info_reason="Which company?", fields="customer.tax_id")
    asked = becomes(stack, partner, deal, "action_required")
    assert asked["editable"] == ["customer.tax_id"]
    answer = {"customer": {"tax_id": f"US{secrets.randbelow(10**9):09d}"}}
    reply = api(stack, partner["api_key"], "POST", f"/v1/deals/{deal['id']}/resubmit", json=answer)
    assert reply.status_code == 200, reply.text
    second_link = eventually(
        lambda: link if (link := approval_link(stack, deal)) != first_link else None, "a second approval mail"
    )
    assert decide(second_link, choice="approve").status_code < 400
    becomes(stack, partner, deal, "approved")


def test_direct_customers_are_known(stack: Stack) -> None:
    name, domain = f"Direkt {secrets.token_hex(3)}", f"direkt-{secrets.token_hex(4)}.de"
    account = {"name": name, "domains": [domain], "country": "DE", "ownership": "customer"}
    reply = api(stack, stack.demo["admin_key"], "POST", "/v1/admin/accounts", json=account)
    assert reply.status_code == 201, reply.text
    deal = register(stack, stack.demo["partners"][2], customer={"name": name, "domain": f"www.{domain}"})
    assert deal["conflict"]["verdict"] == "existing_customer"
    assert deal["status"] == "in_review"


def test_an_event_of_no_deal_is_kept_and_attached(stack: Stack) -> None:
    partner = stack.demo["partners"][0]
    deal, admin = approved(stack, partner), stack.demo["admin_key"]
    unknown = closed_won({"number": "D-0000-0000"})
    message_id = f"msg_{secrets.token_hex(8)}"
    assert post_generic(stack, unknown, message_id).status_code == 202
    assert post_generic(stack, unknown, message_id).status_code == 200

    def look() -> dict[str, Any] | None:
        listed = api(stack, admin, "GET", "/v1/admin/billing-events?status=unmatched&limit=100").json()["items"]
        return next((event for event in listed if event["provider_id"] == message_id), None)

    kept = eventually(look, "the unmatched event")
    reply = api(stack, admin, "POST", f"/v1/admin/billing-events/{kept['id']}/attach", json={"deal_id": deal["id"]})
    assert reply.status_code == 200, reply.text
    becomes(stack, partner, deal, "won")


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,AAAA", "é", "v1,§§§ v2,x", "," * 5000])
def test_no_bad_signature_gets_in(stack: Stack, signature: str) -> None:
    billing = source(stack, "standard-webhooks")
    headers = {
        b"webhook-id": b"m",
        b"webhook-timestamp": str(int(time.time())).encode(),
        b"webhook-signature": signature.encode(),
    }
    reply = httpx.post(f"{stack.base_url}/webhooks/billing/{billing['id']}", content=b"{}", headers=headers, timeout=30)
    assert reply.status_code in (401, 431)
