"""What gets lost, and what comes twice, when everything goes wrong: the senders are killed at random, all the time, and
one queue message of a hundred vanishes. Nothing may be lost; twice comes only what was sent and not yet recorded.

The relay's, the sender's and the clock's own code run against MiniStack; the clock ticks each five seconds.
"""

import multiprocessing
import os
import secrets
import signal
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.context import SpawnContext, SpawnProcess

from benchmarks.report import table
from benchmarks.webhooks import receiver, world
from dealreg import clock, times
from dealreg.settings import Setting

SENDERS = 3
RELAYS = 3
KILLED_AFTER = (4, 6, 8, 10, 12)
"""Seconds between two kills, one of these."""
DROPPED = 0.01
PATIENCE = 600
"""Seconds after the last event."""


def run(rounds: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    with receiver.running() as one, world.running() as environment:
        url = one.url("/ok")
        world.make_endpoint(url, 1, times.now())
        for setting in clock.TABLES:
            clock.save(os.environ[setting], clock.Progress(times.now() - timedelta(minutes=6)))
        senders = [_start(spawn, environment) for _ in range(SENDERS)]
        relays = [spawn.Process(target=_relay, args=(environment, rounds, number)) for number in range(RELAYS)]
        for relay in relays:
            relay.start()
        kills, started, heard = 0, time.monotonic(), 0
        next_kill, next_sweep, deadline = 0.0, 0.0, float("inf")
        while heard < rounds and time.monotonic() < deadline:
            time.sleep(0.5)
            now, heard = time.monotonic(), len({each.message_id for each in one.received})
            if now > next_kill:
                next_kill, victim = now + secrets.choice(KILLED_AFTER), secrets.randbelow(SENDERS)
                os.kill(senders[victim].pid or 0, signal.SIGKILL)
                senders[victim].join()
                senders[victim], kills = _start(spawn, environment), kills + 1
            if now > next_sweep:
                clock.sweep(times.now(), lambda: 40_000)
                next_sweep = time.monotonic() + 5
            if deadline == float("inf") and not any(relay.is_alive() for relay in relays):
                deadline = now + PATIENCE
        for process in [*senders, *relays]:
            process.kill()
            process.join()
        counts = Counter(each.message_id for each in one.received)
    seconds = time.monotonic() - started
    twice = sum(count - 1 for count in counts.values())
    note = f"{kills} kills of {SENDERS} senders, {DROPPED:.0%} of the queue messages dropped, {seconds:.0f} s."
    rows: list[list[object]] = [[rounds, rounds - len(counts), twice, f"{twice / kills if kills else 0:.2f}"]]
    table("Nothing is lost", note, ["events", "lost", "sent twice", "twice for each kill"], rows)


def _start(spawn: SpawnContext, environment: dict[str, str]) -> SpawnProcess:
    process = spawn.Process(target=_send, args=(environment,), daemon=True)
    process.start()
    return process


def _send(environment: dict[str, str]) -> None:
    os.environ |= environment
    while True:
        got = world.poll(Setting.DELIVERY_QUEUE_URL, DROPPED, wait=0)
        got += world.poll(Setting.SLOW_DELIVERY_QUEUE_URL, DROPPED, wait=0)
        if not got:
            time.sleep(0.2)


def _relay(environment: dict[str, str], rounds: int, first: int) -> None:
    os.environ |= environment
    for number in range(first, rounds, RELAYS):
        world.commit_and_relay(number)
