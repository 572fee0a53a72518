"""The demo's billing system: reports an approved deal as won, signed as Standard Webhooks asks."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from standardwebhooks.webhooks import Webhook


def closed_won(deal_number: str, amount: dict[str, str], secret: str, now: datetime) -> tuple[str, dict[str, str]]:
    """Body and headers of the POST to the billing source that has this secret."""
    message_id = f"msg_{uuid4().hex}"
    event: dict[str, Any] = {
        "type": "deal.closed_won",
        "timestamp": now.isoformat(),
        "data": {"deal_number": deal_number, "amount": amount},
    }
    body = json.dumps(event)
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body),
    }
    return body, headers
