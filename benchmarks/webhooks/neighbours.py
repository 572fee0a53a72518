"""How long a healthy endpoint waits for its delivery while every tenth hangs, against none hanging: in one run.

The two cases take turns, each time with new endpoints, so that what the first hanging deliveries do counts too.
MiniStack's queue is first in, first out: it does not serve quiet groups first as SQS's fair queues do, so AWS does no
worse.
"""

from benchmarks.report import percentile, table
from benchmarks.webhooks import receiver, world
from benchmarks.webhooks.parts import Finding
from dealreg.platform import times
from dealreg.webhooks.endpoints import store as endpoints

ENDPOINTS = 20
HANGING = 2
TURNS = 3
EVERY = 1.0
"""Seconds between two events, each for all endpoints."""
PATIENCE = 60
WANTED = 1.5
"""Times the p99 without neighbours that hang."""


def run(rounds: int) -> list[Finding]:
    """`rounds` events in each case."""
    waits: dict[int, list[float]] = {0: [], HANGING: []}
    with receiver.running() as one, world.running(), world.senders():
        for _ in range(TURNS):
            for hanging, found in waits.items():
                found += _measure(one, hanging, max(rounds // TURNS, 2))
    columns = ["hanging", "deliveries to healthy ones", "p50", "p95", "p99", "last"]
    note = f"{ENDPOINTS} endpoints, an event for all of them each {EVERY:.0f} s; ms from commit to receipt."
    rows = [
        [f"{hanging} of {ENDPOINTS}", len(found), *_shares(found), f"{max(found):.0f}"]
        for hanging, found in waits.items()
    ]
    table("Bad neighbours", note, columns, rows)
    without, beside = (percentile(waits[hanging], 99) for hanging in (0, HANGING))
    return [
        Finding(
            "healthy endpoints' p99 while every tenth hangs, and while none does",
            f"{beside:.0f} and {without:.0f} ms",
            f"{WANTED} times at most",
            holds=beside <= WANTED * without,
        )
    ]


def _shares(waits: list[float]) -> list[str]:
    return [f"{percentile(waits, share):.0f}" for share in (50, 95, 99)]


def _measure(one: receiver.Receiver, hanging: int, rounds: int) -> list[float]:
    now = times.now()
    made = [
        world.make_endpoint(one.url(f"/{'hang' if number < hanging else 'ok'}/{number}"), number, now)
        for number in range(ENDPOINTS)
    ]
    one.received.clear()
    committed = world.commit_at_a_pace(rounds, EVERY)
    expected = rounds * (ENDPOINTS - hanging)
    world.wait_until(lambda: len(one.of("/ok")) >= expected, PATIENCE)
    for endpoint in made:
        endpoints.delete(endpoint.owner, endpoint.id, now)
    found = one.of("/ok")
    if len(found) < expected:
        raise RuntimeError(f"{expected - len(found)} deliveries to healthy endpoints are missing")
    return [(each.at - committed[each.message_id]) * 1000 for each in found]
