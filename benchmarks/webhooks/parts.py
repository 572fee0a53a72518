"""The parts of the measurement; each is a module here with `run(rounds)`, which says what it found."""

import logging
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Finding:
    """A line of the table that sums all parts up."""

    what: str
    measured: str
    wanted: str = ""
    holds: bool = True


@dataclass(frozen=True)
class Rounds:
    """Deliveries, events or seconds, as the part says."""

    full: int
    short: int


PARTS = {
    "sender": Rounds(2000, 100),
    "cost": Rounds(200, 20),
    "faults": Rounds(30, 5),
    "neighbours": Rounds(150, 10),
    "latency": Rounds(60, 5),
    "loss": Rounds(20_000, 300),
}


def measure(part: str, rounds: int) -> list[Finding]:
    logging.disable()
    return import_module(f"benchmarks.webhooks.{part}").run(rounds)
