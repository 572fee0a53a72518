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
from collections.abc import Callable, Iterable
from datetime import timedelta
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from benchmarks.report import table
from benchmarks.webhooks import receiver, world
from benchmarks.webhooks.parts import Finding
from dealreg import clock, wiring
from dealreg.platform import aws, times
from dealreg.platform.settings import Setting

SWEPT = (Setting.DEALS_TABLE, Setting.WEBHOOKS_TABLE)
SENDERS = 3
RELAYS = 3
KILLED_AFTER = (4, 6, 8, 10, 12)
"""Seconds between two kills, one of these."""
DROPPED = 0.01
MAX_TWICE = 10
"""A sender has a batch of ten in hand when it is killed."""
PATIENCE = 600
"""Seconds after the last event."""


def run(rounds: int) -> list[Finding]:
    """Ctrl-C ends the commits early; what was committed must arrive all the same."""
    spawn = multiprocessing.get_context("spawn")
    with receiver.running() as one, world.running() as environment:
        world.make_endpoint(one.url("/ok"), 1, times.now())
        for setting in SWEPT:
            clock.save(os.environ[setting], clock.Progress(times.now() - timedelta(minutes=6)))
        senders = [_start(spawn, environment) for _ in range(SENDERS)]
        relays = [spawn.Process(target=_relay, args=(environment, rounds, number)) for number in range(RELAYS)]
        for relay in relays:
            relay.start()

        def stop(_signal: int, _frame: object) -> None:
            _kill(relays)

        signal.signal(signal.SIGINT, stop)
        started = time.monotonic()
        kills, committed = _go_on(one, relays, senders, lambda: _start(spawn, environment))
        seconds = time.monotonic() - started
        _kill([*relays, *senders])
    counts = Counter(each.message_id for each in one.received)
    twice = sum(count - 1 for count in counts.values())
    note = f"{kills} kills of {SENDERS} senders, {DROPPED:.0%} of the queue messages dropped, {seconds:.0f} s."
    lost, for_each_kill = committed - len(counts), twice / kills if kills else 0.0
    columns = ["events", "lost", "sent twice", "twice for each kill"]
    table("Nothing is lost", note, columns, [[committed, lost, twice, for_each_kill]])
    return [
        Finding(f"lost of {committed:,} events, with {kills} kills", str(lost), "0", holds=lost == 0),
        Finding(
            "sent twice",
            f"{twice}, {for_each_kill:.2f} for each kill",
            f"{MAX_TWICE} for each kill at most",
            holds=for_each_kill <= MAX_TWICE,
        ),
    ]


def _go_on(
    one: receiver.Receiver,
    relays: list[SpawnProcess],
    senders: list[SpawnProcess],
    start: Callable[[], SpawnProcess],
) -> tuple[int, int]:
    """Kills, and ticks the clock, until all that was committed is received or patience ends; with the two counts."""
    kills, committed, heard = 0, 0, 0
    next_kill, next_sweep, deadline = 0.0, 0.0, 0.0
    while not committed or (heard < committed and time.monotonic() < deadline):
        time.sleep(0.5)
        now, heard = time.monotonic(), len({each.message_id for each in one.received})
        if now > next_kill:
            next_kill, victim = now + secrets.choice(KILLED_AFTER), secrets.randbelow(SENDERS)
            _kill([senders[victim]])
            senders[victim], kills = start(), kills + 1
        if now > next_sweep:
            for setting in SWEPT:
                clock.sweep(setting, wiring.due_handlers(setting), times.now(), lambda: 40_000)
            next_sweep = time.monotonic() + 5
        if not committed and not any(relay.is_alive() for relay in relays):
            committed, deadline = _committed(), now + PATIENCE
    return kills, committed


def _committed() -> int:
    pages: Any = aws.client("dynamodb").get_paginator("scan").paginate(TableName=os.environ["DEALS_TABLE"])
    return sum(item["sk"]["S"].startswith("EVENT#") for page in pages for item in page["Items"])


def _kill(processes: Iterable[SpawnProcess]) -> None:
    for process in processes:
        process.kill()
        process.join()


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
