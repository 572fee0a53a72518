"""`python -m benchmarks.webhooks` measures all of it, `python -m benchmarks.webhooks loss` one part."""

import argparse
import logging
import subprocess
import sys
from importlib import import_module

ROUNDS = {"sender": 400, "neighbours": 40, "latency": 20, "cost": 50, "loss": 20_000}
"""By part: a module here with `run(rounds)`; deliveries, events or seconds, as the part says."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("part", nargs="?", choices=ROUNDS)
    parser.add_argument("--rounds", type=int, help="how many; more is steadier")
    arguments = parser.parse_args()
    if name := arguments.part:
        logging.disable()
        import_module(f"benchmarks.webhooks.{name}").run(arguments.rounds or ROUNDS[name])
        return 0
    command = [sys.executable, "-m", "benchmarks.webhooks"]
    return max(subprocess.run([*command, name], check=False).returncode for name in ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
