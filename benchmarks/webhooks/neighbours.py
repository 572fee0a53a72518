"""How long a healthy endpoint waits for its delivery while every tenth hangs, against none hanging: in one run.

Eight senders stand for Lambda's, six for the fast lane and two for the slow one. MiniStack's queue is first in, first
out: it does not serve quiet groups first as SQS's fair queues do, so AWS does no worse.
"""

import threading
import time

from benchmarks.report import percentile, table
from benchmarks.webhooks import receiver, world
from dealreg import times
from dealreg.settings import Setting
from dealreg.webhooks import endpoints

ENDPOINTS = 20
HANGING = 2
SENDERS = {Setting.DELIVERY_QUEUE_URL: 6, Setting.SLOW_DELIVERY_QUEUE_URL: 2}
EVERY = 1.0
"""Seconds between two events, each for all endpoints."""


def run(rounds: int) -> None:
    """`rounds` events in each case."""
    stop = threading.Event()
    with receiver.running() as one, world.running():
        senders = _start_senders(stop)
        rows = [_measure(one, hanging, rounds) for hanging in (0, HANGING)]
        stop.set()
        for sender in senders:
            sender.join()
    note = f"{ENDPOINTS} endpoints, {rounds} events for each, one each {EVERY:.0f} s; ms from commit to receipt."
    columns = ["hanging", "of healthy endpoints", "p50", "p95", "p99", "last"]
    table("Bad neighbours", note, columns, rows)


def _measure(one: receiver.Receiver, hanging: int, rounds: int) -> list[object]:
    committed: dict[str, float] = {}
    now = times.now()
    made = [
        world.make_endpoint(one.url(f"/{'hang' if number < hanging else 'ok'}/{number}"), number, now)
        for number in range(ENDPOINTS)
    ]
    one.received.clear()
    _commit(rounds, committed)
    expected = rounds * (ENDPOINTS - hanging)
    deadline = time.monotonic() + 60
    while len(found := _healthy(one)) < expected and time.monotonic() < deadline:
        time.sleep(0.2)
    for endpoint in made:
        endpoints.delete(endpoint.owner, endpoint.id, now)
    waits = [(each.at - committed[each.message_id]) * 1000 for each in found]
    shares = [f"{percentile(waits, share):.0f}" for share in (50, 95, 99)]
    return [f"{hanging} of {ENDPOINTS}", f"{len(found)} of {expected}", *shares, f"{max(waits):.0f}"]


def _start_senders(stop: threading.Event) -> list[threading.Thread]:
    def send(setting: Setting) -> None:
        while not stop.is_set():
            if not world.poll(setting, wait=0):
                time.sleep(0.1)

    settings = [setting for setting, count in SENDERS.items() for _ in range(count)]
    threads = [threading.Thread(target=send, args=(setting,), daemon=True) for setting in settings]
    for thread in threads:
        thread.start()
    return threads


def _commit(rounds: int, committed: dict[str, float]) -> None:
    started = time.monotonic()
    for number in range(rounds):
        time.sleep(max(0.0, started + number * EVERY - time.monotonic()))
        at = time.time()
        committed[world.commit_and_relay(number).id] = at


def _healthy(one: receiver.Receiver) -> list[receiver.Received]:
    return [each for each in one.received if each.path.startswith("/ok")]
