"""The billing inbox by the console: what no deal was found for, what it says, and how a person ends it."""

import json
from datetime import datetime
from typing import Any

import pytest

from dealreg.billing import commands, store
from dealreg.billing.model import EventStatus
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from tests.integration.billing.conftest import DEAL_ID, GENERIC_ID, Keep, NewDealOf, approve
from tests.integration.billing.sales import outcome
from tests.integration.console.conftest import SignedIn

ODD = ["x" * 4000, '"><b>&', "' OR 1=1 --", "\u202eשלום", "🧾"]


def payment(name: str = "Müller Maschinenbau GmbH", **customer: Any) -> bytes:
    sale = {
        "id": "in_1",
        "kind": "new",
        "total": "119.00",
        "tax": "19.00",
        "lines": [{"product": "analytics", "amount": "100.00"}],
        "customer": {"name": name, "billing_id": "cus_1"} | customer,
    }
    data = {
        "payment_id": "pay_1",
        "amount": {"amount": "119.00", "currency": "EUR"},
        "paid_at": "2026-11-01T10:00:00Z",
        "sale": sale,
    }
    return json.dumps({"type": "payment.succeeded", "timestamp": "2026-11-01T10:00:05Z", "data": data}).encode()


@pytest.fixture
def unmatched(keep: Keep, now: datetime) -> str:
    """Of a customer that a deal is known of, in doubt: the name alone says nothing for sure."""
    event_id = keep(payment(email="ada@mueller-maschinenbau.example"))
    commands.apply(event_id, now)
    assert store.event(event_id).status is EventStatus.UNMATCHED
    return event_id


def test_what_waits_for_a_person_is_shown_first_and_the_rest_by_filters(signed_in: SignedIn, unmatched: str) -> None:
    finance = signed_in("finance")
    inbox = finance.get("/admin/billing")
    assert (inbox.status, f"/admin/billing/{unmatched}" in inbox.html) == (200, True)
    assert "The event names no deal." in inbox.html
    assert unmatched not in finance.get("/admin/billing?status=applied").html
    assert unmatched in finance.get(f"/admin/billing?status=unmatched&source_id={GENERIC_ID}").html
    assert unmatched not in finance.get("/admin/billing?source_id=bsrc_0").html


def test_an_empty_inbox_says_what_would_come_there(signed_in: SignedIn) -> None:
    assert "No billing system posts here yet" in signed_in("finance").get("/admin/billing").html


def test_an_event_says_in_words_what_it_is_about(signed_in: SignedIn, unmatched: str) -> None:
    page = signed_in("finance").get(f"/admin/billing/{unmatched}")
    for told in ("A payment", "EUR 119", "Müller Maschinenbau GmbH", "analytics: EUR 100", "a first sale"):
        assert told in page.html
    assert len(page.html.encode()) < 40_000


def test_a_person_says_which_deal_it_is_and_that_deal_is_won(
    signed_in: SignedIn, approved: Deal, unmatched: str
) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/billing/{unmatched}")
    done = finance.submit(f"/admin/billing/{unmatched}/attach", {"deal_id": approved.number, "remember": "1"})
    assert (done.status, done.location) == (303, f"/admin/billing/{unmatched}?done=attached")
    shown = finance.follow()
    assert approved.number in shown.html
    assert "attached by finance@kontor.example" in shown.html
    assert outcome(unmatched) == (EventStatus.APPLIED, None)


def test_a_likely_deal_has_a_button_of_its_own(
    signed_in: SignedIn, new_deal: NewDealOf, context: CommandContext, keep: Keep, now: datetime
) -> None:
    event_id = keep(payment(email="jana@mueller-maschinenbau.de"), "msg_2")
    commands.apply(event_id, now)
    late = approve(new_deal(DEAL_ID, name="Müller Maschinenbau GmbH", domain="mueller-maschinenbau.de"), context)
    finance = signed_in("finance")
    page = finance.get(f"/admin/billing/{event_id}")
    assert f"Attach to {late.number}" in page.html
    assert "EUR 48,000" in page.html
    assert finance.submit(f"/admin/billing/{event_id}/attach", {}).status == 303
    assert store.event(event_id).deal_id == late.id


def test_what_is_wrong_is_told_beside_what_was_typed(signed_in: SignedIn, unmatched: str) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/billing/{unmatched}")
    again = finance.submit(f"/admin/billing/{unmatched}/attach", {"deal_id": "D-0000-0000"})
    assert again.status == 422
    assert 'value="D-0000-0000"' in again.html
    assert "There is no such deal." in again.html


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_typed_is_answered(signed_in: SignedIn, unmatched: str, odd: str) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/billing/{unmatched}")
    attached = finance.submit(f"/admin/billing/{unmatched}/attach", {"deal_id": odd, "amount.amount": odd})
    assert attached.status == 422
    assert finance.get(f"/admin/billing?source_id={odd[:200]}").status in (200, 422)


def test_one_that_means_nothing_is_closed_with_a_reason(signed_in: SignedIn, unmatched: str) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/billing/{unmatched}")
    assert finance.submit(f"/admin/billing/{unmatched}/close", {"reason": ""}).status == 422
    finance.submit(f"/admin/billing/{unmatched}/close", {"reason": "An own test payment"})
    closed = finance.follow()
    assert "An own test payment" in closed.html
    assert "Close this event" not in closed.html


def test_it_is_read_again_by_the_source_as_it_is_now(signed_in: SignedIn, unmatched: str) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/billing/{unmatched}")
    assert finance.submit(f"/admin/billing/{unmatched}/apply", {}).status == 303


@pytest.mark.parametrize("role", ["viewer", "approver", "partner_manager"])
def test_who_does_not_handle_money_sees_nothing_of_it(signed_in: SignedIn, unmatched: str, role: str) -> None:
    refused = signed_in(role)
    assert refused.get("/admin/billing").status == 403
    assert refused.get(f"/admin/billing/{unmatched}").status == 403


def test_an_event_that_is_not_there_is_not_found(signed_in: SignedIn) -> None:
    assert signed_in("finance").get("/admin/billing/bev_0").status == 404
