"""`python -m local run`, `build`, `refit` and `stripe`, for the Makefile and the tests."""

import argparse
import signal
import sys
from pathlib import Path
from typing import NoReturn

from local.places import ROOT, Places, StackError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--home", type=Path, default=ROOT / ".local")
    commands.add_parser("build")
    refit = commands.add_parser("refit")
    refit.add_argument("verdicts", type=Path)
    refit.add_argument("--pairs", type=Path)
    stripe = commands.add_parser("stripe")
    stripe.add_argument("--port", type=int, default=8420)
    stripe.add_argument("--home", type=Path, default=ROOT / ".local")
    arguments = parser.parse_args()
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _interrupt)
    try:
        match arguments.command:
            case "build":
                _build()
            case "refit":
                _refit(arguments.verdicts, arguments.pairs)
            case "stripe":
                _stripe(arguments.home, arguments.port)
            case _:
                _run(arguments.home, arguments.port)
    except StackError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def _run(home: Path, port: int) -> None:
    from local.stack import run

    home.mkdir(parents=True, exist_ok=True)
    run(Places(home.resolve()), port)


def _build() -> None:
    from local.build import build_for_production

    print(f"Built: {build_for_production().relative_to(ROOT)}")


def _refit(verdicts: Path, pairs: Path | None) -> None:
    from local.refit import refit

    print(refit(verdicts, pairs))


def _stripe(home: Path, port: int) -> None:
    from local.localstripe import play

    play(Places(home.resolve()), port)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
