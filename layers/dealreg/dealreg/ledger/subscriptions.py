"""What was last said of a deal's subscriptions. They move no money: their state is shown on the deal.

`DEAL#<locator>` / `SUBSCRIPTION#<source>#<id>` in the Ledger table.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from dealreg.ledger import rows
from dealreg.platform import dynamo, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.ids import deal_locator

SubscriptionState = Literal["active", "ending", "ended"]
_RANKS = {state: rank for rank, state in enumerate(get_args(SubscriptionState))}
_PREFIX = "SUBSCRIPTION#"
_NEWER = "attribute_not_exists(pk) OR #said_at < :said_at OR (#said_at = :said_at AND #rank < :rank)"


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    """The billing system's."""
    status: SubscriptionState
    said_at: datetime
    ends_at: datetime | None = None


def note(deal_id: str, source_id: str, of: Subscription) -> None:
    """The later word stays; of two at the same time the one that is nearer to the end."""
    key = _key(deal_id, source_id, of.id)
    order = {"said_at": times.to_text(of.said_at), "rank": _RANKS[of.status]}
    ends_at = times.to_text(of.ends_at) if of.ends_at else None
    item = {"pk": key.pk, "sk": key.sk, "subscription_id": of.id, "status": of.status, "ends_at": ends_at} | order
    with suppress(ConditionFailed):
        dynamo.write(dynamo.put(key.table, item, _NEWER, order))


def forget(deal_id: str, source_id: str, of: Subscription) -> None:
    """It is another deal's."""
    dynamo.write(dynamo.delete(_key(deal_id, source_id, of.id)))


def of_deal(deal_id: str) -> list[Subscription]:
    """The latest word on each, the newest first."""
    found = dynamo.every(rows.table(), _key(deal_id, "", "").pk, _PREFIX)
    return sorted(map(_from_item, found), key=lambda one: one.said_at, reverse=True)


def _key(deal_id: str, source_id: str, subscription_id: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"DEAL#{deal_locator(deal_id)}", f"{_PREFIX}{source_id}#{subscription_id}")


def _from_item(item: dynamo.Item) -> Subscription:
    ends_at = times.from_text(item["ends_at"]) if item["ends_at"] else None
    return Subscription(item["subscription_id"], item["status"], times.from_text(item["said_at"]), ends_at)
