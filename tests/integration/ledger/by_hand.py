"""A line that an admin posts."""

import json
from datetime import datetime
from typing import Any

from dealreg.ledger import commands
from dealreg.ledger.inputs import ManualLine

LINE_TEXT = "A mistake of ours in October."
LINE: dict[str, Any] = {"amount": {"amount": "25.00", "currency": "EUR"}, "reason_code": "goodwill", "text": LINE_TEXT}


def line_by_hand(partner_id: str, now: datetime, key: str = "once", **changes: Any) -> str:
    """Its id."""
    said = ManualLine.model_validate(LINE | {"partner_id": partner_id} | changes)
    return str(json.loads(commands.post(said, key, "key_1", now).body)["id"])
