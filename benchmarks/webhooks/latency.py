"""From the commit of an event to its receipt, through the deployed local stack: stream, relay, queue, sender.

The events are written as the transaction of a deal writes them; what follows is what is deployed. It shares this
machine's processors with MiniStack and a process for each Lambda: when they are all busy a backlog grows, and the
figures tell of the machine.
"""

import os
import time
from pathlib import Path

import httpx

from benchmarks import stack
from benchmarks.report import percentile, table
from benchmarks.webhooks import receiver, world
from benchmarks.webhooks.parts import Finding
from dealreg.platform import dynamo, events, times
from local.deploy import outputs
from local.places import ROOT_CREDENTIALS

RATES = (1, 10, 50)
"""Events a second."""
PATIENCE = 600
"""Seconds, for a backlog to be worked off."""


def run(rounds: int) -> list[Finding]:
    """`rounds` seconds at each rate."""
    with receiver.running() as one, stack.running() as started:
        os.environ |= ROOT_CREDENTIALS | {"AWS_ENDPOINT_URL": started.places.endpoint}
        os.environ["DEALS_TABLE"] = outputs(started.places)["DealsTable"]
        headers = {"authorization": f"Bearer {started.demo['admin_key']}"}
        wanted = {"url": one.url("/ok"), "event_types": ["deal.stage_changed"]}
        httpx.post(
            f"{started.demo['base_url']}/v1/webhook-endpoints", json=wanted, headers=headers, timeout=30
        ).raise_for_status()
        world.wait_until(lambda: bool(one.received), PATIENCE)  # the challenge
        time.sleep(2)
        _events_at(one, 2, 5, 0)
        found = [_events_at(one, rate, rounds, 10_000 * rate) for rate in RATES]
    note = f"{rounds} seconds at each rate; milliseconds. Processors of this machine: {os.cpu_count()}."
    columns = ["events a second", "received", "p50", "p95", "p99", "processors busy"]
    table("From commit to receipt", note, columns, [row for row, _ in found])
    return [finding for _, finding in found]


def _events_at(one: receiver.Receiver, rate: int, seconds: int, first: int) -> tuple[list[object], Finding]:
    committed: dict[str, float] = {}
    started, busy_before = time.monotonic(), _busy_seconds()
    for number in range(rate * seconds):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        event = world.make_event(first + number, times.now())
        dynamo.transact([dynamo.put(os.environ["DEALS_TABLE"], events.to_item(event))])
        committed[event.id] = time.time()
    busy = (_busy_seconds() - busy_before) / (time.monotonic() - started)

    def missing() -> set[str]:
        return set(committed) - {each.message_id for each in one.received}

    world.wait_until(lambda: not missing(), PATIENCE)
    waits = [(each.at - committed[each.message_id]) * 1000 for each in one.received if each.message_id in committed]
    shares = [f"{percentile(waits, share):.0f}" for share in (50, 95, 99)]
    lost = len(missing())
    finding = Finding(
        f"from commit to receipt at {rate} events a second, p50/p95/p99",
        f"{'/'.join(shares)} ms, {busy:.1f} of {os.cpu_count()} processors busy",
        "all received",
        holds=lost == 0,
    )
    return [rate, f"{len(committed) - lost} of {len(committed)}", *shares, f"{busy:.1f}"], finding


def _busy_seconds() -> float:
    """Of all processors since the machine started."""
    user, nice, system = Path("/proc/stat").read_text().split(maxsplit=4)[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")
