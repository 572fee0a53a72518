"""What billing systems send of a sale, and what became of it."""

import json
from datetime import datetime
from typing import Any

from dealreg.billing import commands, store
from dealreg.billing.model import EventStatus
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform import dynamo
from tests.integration.billing.conftest import NUMBER

EURO = {"amount": "90000.00", "currency": "EUR"}


def closed_won(**data: Any) -> bytes:
    return json.dumps({"type": "deal.closed_won", "data": {"amount": EURO, "deal_number": NUMBER} | data}).encode()


def checkout(event_type: str, payment_status: str, **session: Any) -> bytes:
    held: dict[str, Any] = {
        "id": "cs_1",
        "mode": "payment",
        "payment_status": payment_status,
        "amount_total": 9_000_000,
        "currency": "eur",
        "client_reference_id": NUMBER,
    }
    return json.dumps({"type": f"checkout.session.{event_type}", "data": {"object": held | session}}).encode()


UNPAID = checkout("completed", "unpaid")
SUCCEEDED = checkout("async_payment_succeeded", "paid")
FAILED = checkout("async_payment_failed", "unpaid")


def outcome(event_id: str) -> tuple[EventStatus, str | None]:
    event = store.event(event_id)
    return event.status, event.reason_code


def row(event_id: str) -> dynamo.Item:
    key = store.event_key(event_id)
    return dynamo.get(key.table, key.pk, key.sk) or {}


def tick(event_id: str, at: datetime) -> None:
    commands.on_due(store.event_key(event_id), at)


def wins_of(deal: Deal) -> int:
    return [event.type for event in deals.events_of(deal)].count("deal.won")
