"""One subject's events strictly one after the other, for endpoints that want it so; subjects do not wait for others.

Each delivery that is not over has a row `ENDPOINT#<id>` / `LINE#<subject>#<sequence>`, made and deleted in the same
transactions as its beginning and end. With `supersede` the newest goes, and those before it need not go any more.
"""

from dataclasses import dataclass
from datetime import datetime

from dealreg.platform import dynamo
from dealreg.platform.errors import StaleVersion
from dealreg.webhooks.deliveries import queues, rules, store
from dealreg.webhooks.model import Delivery, Endpoint


@dataclass(frozen=True, slots=True)
class Turn:
    """What its place in line means for a delivery."""

    wait_until: datetime | None = None
    """None: it is its turn."""
    is_superseded: bool = False


def turn_of(delivery: Delivery, endpoint: Endpoint, now: datetime) -> Turn:
    if not delivery.in_line or endpoint.ordered == "off":
        return Turn()
    line = _line_of(delivery)
    place = next((place for place, row in enumerate(line) if row["delivery_id"] == delivery.id), 0)
    if endpoint.ordered == "supersede":
        return _turn_of_newest(delivery, line[:place], now) if place >= len(line) - 1 else Turn(is_superseded=True)
    return _after(store.find(delivery.endpoint_id, line[0]["delivery_id"]), now) if place else Turn()


def _turn_of_newest(delivery: Delivery, older: list[dynamo.Item], now: datetime) -> Turn:
    """Those before it end here, unless one is being sent this moment: then it must not be overtaken."""
    for row in older:
        before = store.find(delivery.endpoint_id, row["delivery_id"])
        if before is None or before.status not in ("pending", "held"):
            continue
        if rules.is_leased(before, now):
            return _after(before, now)
        try:
            store.save(before, rules.end(before, "superseded", "superseded"))
        except StaleVersion:
            return Turn(wait_until=now)
    return Turn()


def call_next(delivery: Delivery, endpoint: Endpoint, now: datetime) -> None:
    """After the end of one, the next need not wait for the clock."""
    line = _line_of(delivery) if delivery.in_line else []
    if line:
        place = -1 if endpoint.ordered == "supersede" else 0
        following = store.find(delivery.endpoint_id, line[place]["delivery_id"])
        queues.enqueue([following] if following and not rules.is_leased(following, now) else [], now)


def _after(before: Delivery | None, now: datetime) -> Turn:
    if before is None:
        return Turn(wait_until=now)
    return Turn(wait_until=max(now, before.next_attempt_at or now, before.lease_until or now))


def _line_of(delivery: Delivery) -> list[dynamo.Item]:
    """The subject's deliveries that are not over, oldest first."""
    pk, prefix = f"ENDPOINT#{delivery.endpoint_id}", f"LINE#{delivery.subject}#"
    return list(dynamo.every(store.table(), pk, prefix))
