"""From the commit of an event to its receipt, through the deployed local stack: stream, relay, queue, sender.

The events are written as the transaction of a deal writes them; what follows is what is deployed. It shares this
machine's processors with MiniStack and a process for each Lambda: the figures compare, and say nothing of AWS.
"""

import os
import time

import httpx

from benchmarks import stack
from benchmarks.report import percentile, table
from benchmarks.webhooks import receiver, world
from dealreg import dynamo, events, times
from local.deploy import outputs
from local.places import ROOT_CREDENTIALS

RATES = (1, 10, 50)
PATIENCE = 120


def run(rounds: int) -> None:
    """`rounds` seconds at each rate."""
    with receiver.running() as one, stack.running() as started:
        os.environ |= ROOT_CREDENTIALS | {"AWS_ENDPOINT_URL": started.places.endpoint}
        os.environ["DEALS_TABLE"] = outputs(started.places)["DealsTable"]
        headers = {"authorization": f"Bearer {started.demo['admin_key']}"}
        wanted = {"url": one.url("/ok"), "event_types": ["deal.stage_changed"]}
        httpx.post(
            f"{started.demo['base_url']}/v1/webhook-endpoints", json=wanted, headers=headers, timeout=30
        ).raise_for_status()
        while not one.received:
            time.sleep(0.2)  # the challenge
        time.sleep(2)
        _events_at(one, 2, 5, 0)
        rows = [_events_at(one, rate, rounds, 1000 * rate) for rate in RATES]
    note = f"{rounds} seconds at each rate; milliseconds."
    table("From commit to receipt", note, ["events a second", "received", "p50", "p95", "p99"], rows)


def _events_at(one: receiver.Receiver, rate: int, seconds: int, first: int) -> list[object]:
    committed: dict[str, float] = {}
    started = time.monotonic()
    for number in range(rate * seconds):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        event = world.make_event(first + number, times.now())
        dynamo.write(dynamo.put(os.environ["DEALS_TABLE"], events.to_item(event)))
        committed[event.id] = time.time()
    deadline = time.monotonic() + PATIENCE
    while (missing := set(committed) - {each.message_id for each in one.received}) and time.monotonic() < deadline:
        time.sleep(0.2)
    waits = [(each.at - committed[each.message_id]) * 1000 for each in one.received if each.message_id in committed]
    shares = [f"{percentile(waits, share):.0f}" for share in (50, 95, 99)]
    return [rate, f"{len(committed) - len(missing)} of {len(committed)}", *shares]
