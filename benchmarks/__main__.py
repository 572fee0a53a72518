"""`python -m benchmarks` measures the way of a registration, `python -m benchmarks cost` one part of it.

The long ones run by their names: `benchmarks imports`, `benchmarks lookalike_races`, `benchmarks.conflicts`,
`benchmarks.webhooks`. `python -m benchmarks routing --cases FILE` says whether a program's rules do what is expected.
"""

import argparse
import subprocess
import sys
from importlib import import_module

ROUNDS = {
    "startup": 15,
    "registration": 1000,
    "cost": 1,
    "throughput": 200,
    "clock": 1000,
    "reviews": 1,
    "worklist": 4000,
    "protections": 400,
    "imports": 5000,
    "lookalike_races": 100,
}
"""By measurement: a module here with `run(rounds)`."""
BY_NAME = frozenset(["imports", "lookalike_races"])


def main() -> int:
    if sys.argv[1:2] == ["routing"]:
        return import_module("benchmarks.routing").main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("measurement", nargs="?", choices=ROUNDS)
    parser.add_argument("--rounds", type=int, help="how often; more is steadier")
    arguments = parser.parse_args()
    if name := arguments.measurement:
        import_module(f"benchmarks.{name}").run(arguments.rounds or ROUNDS[name])
        return 0
    more = ["--rounds", str(arguments.rounds)] if arguments.rounds else []
    parts = [name for name in ROUNDS if name not in BY_NAME]
    codes = [
        subprocess.run([sys.executable, "-m", "benchmarks", name, *more], check=False).returncode for name in parts
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
