"""What replay tests act with: deals with a past, and a job that goes on step by step."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dealreg.platform import dynamo, times
from dealreg.platform.settings import Setting
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import store
from dealreg.webhooks.inputs import ReplayRequest
from dealreg.webhooks.model import Endpoint
from dealreg.webhooks.replays import runner as replay
from dealreg.webhooks.replays.jobs import Job
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, advance, event, input_context, pointers, queued, rows, work_off


def happened(count: int, now: datetime, owner: str = NORTH, begin: int = 0) -> list[str]:
    """Events a minute apart, the first an hour ago; each of a deal of its own, stored where deals have them."""
    ids: list[str] = []
    for number in range(begin, begin + count):
        moment = now - timedelta(minutes=60 - number)
        deal_id = f"deal_{owner}{ord(owner[5])}{number:05d}"
        one = event(moment, owner, event_id=f"evt_{owner}_{number}", deal_id=deal_id, sequence=1)
        store_deal(owner, deal_id, moment)
        ids.append(one.id)
    return ids


def store_deal(owner: str, deal_id: str, updated_at: datetime) -> None:
    deal = {"pk": f"PARTNER#{owner}", "sk": f"DEAL#{deal_id}", "id": deal_id, "updated_at": times.to_text(updated_at)}
    dynamo.write(dynamo.put("Deals", deal))


def all_fail(count: int | None = None) -> None:
    """All deliveries there are, or so many of them; none is on its way any more."""
    for row in rows("DELIVERY#")[:count]:
        dynamo.write(dynamo.update(dynamo.Key("Webhooks", row["pk"], row["sk"]), change={"status": "failed"}))
    queued()


def tell(ids: list[str], now: datetime, owner: str = NORTH) -> None:
    for event_id in ids:
        number = int(event_id.rpartition("_")[2])
        moment = now - timedelta(minutes=60 - number)
        deal_id = f"deal_{owner}{ord(owner[5])}{number:05d}"
        told_at = now - timedelta(minutes=30)
        store.fan_out(event(moment, owner, event_id=event_id, deal_id=deal_id, sequence=1), told_at)


def ask(one: Endpoint, now: datetime, **wanted: Any) -> Job:
    values = {"since": now - timedelta(hours=2), "until": now} | wanted
    return replay.start(one.owner, one.id, parse_values(ReplayRequest, values, input_context()), now)


def heard(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


def steps(now: datetime) -> Iterator[None]:
    """One page of each waiting job at a time."""
    while found := pointers(Setting.REPLAY_QUEUE_URL):
        for pointer in found:
            advance(pointer["endpoint_id"], pointer["replay_id"], now)
            yield


def repair(now: datetime) -> None:
    """As the clock does it, and then all that it set in motion."""
    for row in [*rows("REPLAY#"), *rows("DELIVERY#")]:
        if "due_at" in row:
            key = dynamo.Key("Webhooks", row["pk"], row["sk"])
            (replay.on_due if "REPLAY" in row["sk"] else store.resend_due)(key, now)
    work_off(now)
