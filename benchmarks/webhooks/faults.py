"""What becomes of deliveries to a receiver with a fault, for each of them, and what its neighbours notice of it."""

from dataclasses import dataclass

from benchmarks.report import percentile, table
from benchmarks.webhooks import receiver, world
from benchmarks.webhooks.parts import Finding
from dealreg.platform import times
from dealreg.platform.events import VENDOR
from dealreg.platform.paging import PageRequest
from dealreg.webhooks.deliveries import history
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.views import FullDeliveryView

NEIGHBOURS = 9
EVERY = 0.5
"""Seconds between two events, each for all endpoints."""
PATIENCE = 40
"""Seconds; longer than two attempts at a receiver that hangs."""
FAILING = ("500", "redirect", "reset", "hang")
"""The others say 200 before they misbehave: the status decides."""


@dataclass(frozen=True)
class Seen:
    fault: str
    first: FullDeliveryView
    """The first delivery, as its owner is shown it."""
    attempts: int
    spared: int
    """Deliveries that a pause kept from being attempted."""
    waits: list[float]
    """Of the neighbours."""


def run(rounds: int) -> list[Finding]:
    """`rounds` events for each fault."""
    with receiver.running() as one, world.running(), world.senders():
        seen = [_measure(one, fault, rounds) for fault in receiver.FAULTS]
    note = f"One receiver with the fault beside {NEIGHBOURS} healthy ones, {rounds} events; ms from commit to receipt."
    columns = ["fault", "first delivery", "took ms", "kept of the body", "attempts", "spared", "neighbours' p50", "p99"]
    table("Receivers with faults", note, columns, [_row(each) for each in seen])
    return [_finding(each) for each in seen]


def _measure(one: receiver.Receiver, fault: str, rounds: int) -> Seen:
    now = times.now()
    healthy = [world.make_endpoint(one.url(f"/ok/{number}"), number, now) for number in range(NEIGHBOURS)]
    broken = world.make_endpoint(one.url(f"/{fault}"), NEIGHBOURS, now)
    one.received.clear()
    committed = world.commit_at_a_pace(rounds, EVERY)
    world.wait_until(lambda: len(one.of("/ok")) >= rounds * NEIGHBOURS, PATIENCE)
    world.wait_until(lambda: bool(_first_of(broken.id)["attempts"]), PATIENCE)
    rows = history.list_deliveries(VENDOR, broken.id, PageRequest(rounds))["items"]
    first = _first_of(broken.id)
    for endpoint in (broken, *healthy):
        endpoints.delete(VENDOR, endpoint.id, now)
    return Seen(
        fault,
        first,
        attempts=sum(row["attempt_count"] for row in rows),
        spared=sum(not row["attempt_count"] for row in rows),
        waits=[(each.at - committed[each.message_id]) * 1000 for each in one.of("/ok")],
    )


def _first_of(endpoint_id: str) -> FullDeliveryView:
    """Of the first event."""
    return history.show(VENDOR, history.list_deliveries(VENDOR, endpoint_id, PageRequest(1000))["items"][-1]["id"])


def _row(seen: Seen) -> list[object]:
    attempt = seen.first["attempts"][-1]
    shares = [f"{percentile(seen.waits, share):.0f}" for share in (50, 99)]
    kept = f"{len(attempt['body'].encode())} B"
    return [seen.fault, _said(seen), attempt["duration_ms"], kept, seen.attempts, seen.spared, *shares]


def _said(seen: Seen) -> str:
    attempt = seen.first["attempts"][-1]
    code = attempt["status_code"]
    return f"{'delivered' if _is_delivered(seen) else 'tried again'}: {attempt['result']}{f' {code}' if code else ''}"


def _is_delivered(seen: Seen) -> bool:
    return seen.first["status"] == "delivered"


def _finding(seen: Seen) -> Finding:
    is_failing = seen.fault in FAILING
    return Finding(
        f"a receiver with the fault {seen.fault}",
        f"{_said(seen)}; neighbours' p99 {percentile(seen.waits, 99):.0f} ms",
        "tried again" if is_failing else "delivered",
        holds=_is_delivered(seen) is not is_failing,
    )
