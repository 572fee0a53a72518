"""`python -m benchmarks.webhooks` measures all of it, `… loss` one part, `… --short` a little of each."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.report import table
from benchmarks.webhooks.parts import PARTS, Finding, measure


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("part", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="minutes instead of most of an hour, and less steady")
    parser.add_argument("--rounds", type=int, help="how many; more is steadier")
    arguments = parser.parse_args()
    found: list[Finding] = []
    for name in arguments.part or PARTS:
        rounds = PARTS[name].short if arguments.short else PARTS[name].full
        found += _in_a_process_of_its_own(name, arguments.rounds or rounds)
    rows = [[one.what, one.measured, one.wanted, "" if one.holds else "MISSED"] for one in found]
    table("Webhooks out", "All that was measured.", ["", "measured", "wanted", ""], rows)
    if arguments.short:  # too unsteady to be held to what is wanted
        return 0
    return 0 if all(one.holds for one in found) else 1


def _in_a_process_of_its_own(name: str, rounds: int) -> list[Finding]:
    """Clients of AWS are kept, and each part has an AWS of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, name, rounds).result()


if __name__ == "__main__":
    sys.exit(main())
