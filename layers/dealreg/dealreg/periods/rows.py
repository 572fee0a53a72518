"""Rows of closed months, in the Ledger table.

`PERIODS` / `PERIODS`: the last closed month · `PERIODS` / `CLOSING#<month>`: how far its closing has come
· `PARTNER#<id>` / `STATEMENT#<month>#<currency>`: what a closed statement is made of, beside its lines
· `PARTNER#<id>` / `CARRIED`: with what the open months begin.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from dealreg.ledger import rows
from dealreg.periods.model import Carried, Item, Purse, ShownLine
from dealreg.platform import dynamo

STATEMENT = "STATEMENT#"
CLOSING = "CLOSING#"


def closing_key(period: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), rows.periods_key().pk, f"{CLOSING}{period}")


def statement_key(partner_id: str, period: str, currency: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"PARTNER#{partner_id}", f"{STATEMENT}{period}#{currency}")


def carried_key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"PARTNER#{partner_id}", "CARRIED")


def load_carried(partner_id: str) -> Carried:
    key = carried_key(partner_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        return Carried()
    purses = {currency: Purse(one["balance"], one["held"]) for currency, one in item["purses"].items()}
    return Carried(item["period"], item["first"], purses)


def carried_to_item(partner_id: str, carried: Carried) -> dynamo.Item:
    key = carried_key(partner_id)
    purses = {name: {"balance": one.balance, "held": dict(one.held)} for name, one in carried.purses.items()}
    return {"pk": key.pk, "sk": key.sk, "period": carried.period, "first": carried.first, "purses": purses}


def states_to_bytes(lines: Sequence[ShownLine]) -> bytes:
    """In which state each line was when the month was closed, and in which payout."""
    return zlib.compress(json.dumps([[line.status, line.payout_id] for line in lines]).encode(), 9)


def lines_with_states(items: Sequence[Item], kept: bytes) -> list[ShownLine]:
    states: list[Any] = json.loads(zlib.decompress(kept))
    return [ShownLine(item, status, payout_id) for item, (status, payout_id) in zip(items, states, strict=True)]


def closed_until(item: Mapping[str, Any] | None) -> str:
    """By the row of periods; empty while none is closed."""
    return str((item or {}).get("closed_until", ""))
