"""Two billing systems that may post, and a deal that they tell of: those of the sample events."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from billing import apply
from dealreg.billing import sources
from dealreg.billing import store as inbox
from dealreg.billing.model import InboxEvent, Secret, Source, SourceKind
from dealreg.deals import register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.webhooks.transport import signing
from tests.integration.moving import create_state_machine
from tests.samples import read_sample
from tests.stand_ins import returning

DEAL_ID = "deal_01JD8V4M2T7QK3N5P97K3M9Q2F"
NUMBER = "D-7K3M-9Q2F"
GENERIC_ID, GENERIC_SECRET = "bsrc_01JD8V4M2T7QK3N5P9XWZRB6YC", signing.make_secret(b"sample events of dealreg only")
STRIPE_ID, STRIPE_SECRET = "bsrc_01JD8V4M2T7QK3N5P9XWZRB6YD", "whsec_sample_events_of_dealreg_only"


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample events were signed then."""
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def generic(aws: None, now: datetime) -> Source:
    source = Source(GENERIC_ID, SourceKind.STANDARD_WEBHOOKS, "Acme Billing", (Secret(GENERIC_SECRET),), now)
    sources.put(source)
    return source


@pytest.fixture
def stripe(aws: None, now: datetime) -> Source:
    source = Source(STRIPE_ID, SourceKind.STRIPE, "Stripe live", (Secret(STRIPE_SECRET),), now)
    sources.put(source)
    return source


NewDealOf = Callable[..., Deal]


@pytest.fixture
def new_deal(
    new_partner: Callable[[str], Caller], context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> NewDealOf:
    """Registers a deal under the id that is wanted, for a partner of its own."""

    def make(deal_id: str, products: list[str] | None = None, **customer: str) -> Deal:
        partner = new_partner(f"Partner{deal_id[-8:]}")
        told: dict[str, Any] = {"customer": customer, "amount": {"amount": "48000.00", "currency": "EUR"}}
        told |= {"products": products} if products else {}
        new = NewDeal.model_validate(told, context=register.validation_context() if products else None)
        with monkeypatch.context() as patch:
            patch.setattr(register, "new_id", returning(deal_id))
            register.register(partner, new, None, context)
        return store.load(partner.partner_id, deal_id)

    return make


@pytest.fixture
def in_review(new_deal: NewDealOf) -> Deal:
    return new_deal(DEAL_ID, name="Müller Maschinenbau GmbH", domain="mueller-maschinenbau.de")


@pytest.fixture
def approved(in_review: Deal, context: CommandContext) -> Deal:
    return approve(in_review, context)


def approve(deal: Deal, context: CommandContext) -> Deal:
    return store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example"))


def stream_records(*event_ids: str) -> dict[str, Any]:
    """What the stream brings when these were received."""
    event = read_sample("billing-apply/received")
    (record,) = event["Records"]
    keys = [{"pk": {"S": f"EVENT#{event_id}"}, "sk": {"S": "BILLING_EVENT"}} for event_id in event_ids]
    event["Records"] = [
        record | {"eventID": event_id, "dynamodb": record["dynamodb"] | {"Keys": key, "SequenceNumber": str(place)}}
        for place, (event_id, key) in enumerate(zip(event_ids, keys, strict=True), 1)
    ]
    return event


def posted(request: dict[str, Any], body: bytes, secret: str, now: datetime, message_id: str) -> dict[str, Any]:
    """A generic sender's request of another body."""
    headers = request["headers"] | signing.sign(message_id, now, body, [secret])
    return request | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True, "headers": headers}


Keep = Callable[..., str]


@pytest.fixture
def keep(generic: Source, now: datetime) -> Keep:
    """Puts a verified body into the inbox, as `receive` does, and gives its id."""

    def put(body: bytes, provider_id: str = "msg_1", source: Source = generic) -> str:
        event_id = inbox.event_id(source.id, provider_id)
        event = InboxEvent(event_id, source.id, source.kind, provider_id, now, body)
        assert inbox.keep(event)
        return event_id

    return put


@pytest.fixture
def state_machine(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create_state_machine(monkeypatch)


Post = Callable[..., str]
"""Has an event come in and be applied; its id."""


@pytest.fixture
def post(keep: Keep, stripe: Source, generic: Source) -> Post:
    def put(body: bytes, message: str = "msg_1") -> str:
        event_id = keep(body, message, stripe if b"checkout" in body else generic)
        assert apply.handler(stream_records(event_id), None) == {"batchItemFailures": []}
        return event_id

    return put
