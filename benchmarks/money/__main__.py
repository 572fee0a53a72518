"""Commissions: `python -m benchmarks.money [--scenarios FILE] [--json FILE]`, some twelve minutes in all.

Each scenario of FILE through the engine, and where its answer differs; how many facts a second the engine takes; what a
payment and a refund cost; a year against the slow model; from a webhook to its line through the local stack; a payout
run whose worker is killed; and a statement. `--short` does the same with little, `--part` only what is named.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import statements
from benchmarks.money import cost, engine, payout_run, webhook, year
from benchmarks.report import table

SCENARIOS = Path("..", "shared", "data", "money_scenarios.json")
Json = dict[str, Any]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.money", description=__doc__)
    parser.add_argument("--scenarios", type=Path, default=SCENARIOS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--part", action="append", choices=PARTS, help="more than once for several")
    parser.add_argument("--lines", type=int, help="of the payout run")
    asked = parser.parse_args(arguments)
    parts = [name for name in PARTS if name in (asked.part or PARTS)]
    found: Json = {}
    for name in parts:
        found |= _measured(name, asked) if len(parts) == 1 else _alone(name, arguments)
        if asked.json:  # as far as it is: the long parts come last
            asked.json.write_text(json.dumps(found, indent=1), "utf-8")
    return int(any(found.get("scenarios", {}).values()))


def _measured(name: str, asked: argparse.Namespace) -> Json:
    found = PARTS[name](asked)
    _shown(name, found)
    return {name: found}


def _alone(name: str, arguments: list[str]) -> Json:
    """In a process of its own: what one part keeps of its AWS is nothing to the next."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "found.json")
        command = [sys.executable, "-m", "benchmarks.money", *_without_parts(arguments), "--part", name]
        paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([*command, "--json", str(file)], env=os.environ | paths, check=False)
        return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _without_parts(arguments: list[str]) -> list[str]:
    places = {place for place, one in enumerate(arguments) if one == "--part"}
    return [one for place, one in enumerate(arguments) if place not in places and place - 1 not in places]


def _scenarios(asked: argparse.Namespace) -> Json:
    return {one["name"]: engine.differences(one) for one in engine.scenarios(asked.scenarios)}


def _engine(asked: argparse.Namespace) -> Json:
    posted = engine.POSTED[:1] if asked.short else engine.POSTED
    return {"facts_per_s": {str(count): round(engine.facts_per_second(count)) for count in posted}}


def _cost(asked: argparse.Namespace) -> Json:
    return cost.measured(2) if asked.short else cost.measured()


def _year(asked: argparse.Namespace) -> Json:
    return year.measured(10, 500) if asked.short else year.measured()


def _stack(asked: argparse.Namespace) -> Json:
    return webhook.measured(seconds=3) if asked.short else webhook.measured()


def _payout_run(asked: argparse.Namespace) -> Json:
    if asked.short:
        return payout_run.measured(5, 500, kills=2)
    return payout_run.measured(line_count=asked.lines or payout_run.LINES)


def _statement(_asked: argparse.Namespace) -> Json:
    return {**statements.measured()}


PARTS: Mapping[str, Callable[[argparse.Namespace], Json]] = {
    "scenarios": _scenarios,
    "engine": _engine,
    "cost": _cost,
    "statement": _statement,
    "year": _year,
    "stack": _stack,
    "payout_run": _payout_run,
}


# ---- tables ---------------------------------------------------------------------------------------------------------


def _shown(name: str, found: Json) -> None:
    match name:
        case "scenarios":
            right = sum(not wrong for wrong in found.values())
            rows = [[one, wrong] for one, told in found.items() for wrong in told]
            table("Commissions: scenarios", f"{right} of {len(found)} are right.", ["scenario", "differs"], rows)
        case "engine":
            speed = found["facts_per_s"]
            note = "Of one processor, alone. The baseline is the first line."
            first = next(iter(speed.values()))
            rows = [[posted, each, each / first] for posted, each in speed.items()]
            table("Commissions: the engine", note, ["payments posted before", "facts a second", "ratio"], rows)
        case "cost":
            note = "Calls of booking and DynamoDB's units. The baseline is put_item of the line alone."
            rows = [[one, spent["calls"], spent["rru"], spent["wru"]] for one, spent in found.items()]
            table("Commissions: what a fact costs", note, ["", "calls", "read units", "write units"], rows)
        case "stack":
            lines, won = found["webhook_to_line_ms"], found["deal_closed_won_ms"]
            ratios = [lines[share] / won[share] for share in lines]
            rows = [["webhook to line", *lines.values()], ["deal.closed_won", *won.values()], ["ratio", *ratios]]
            note = f"{found['sent']} of each, {found['rate']} a second, through the local stack; milliseconds."
            table("Commissions: from a webhook to its line", note, ["", "p50", "p95", "p99"], rows)
        case "payout_run":
            ratio = round(found["lines_per_s"] / found["floor_lines_per_s"], 2)
            note = "On MiniStack. The floor is bare transactions of the same size in the same run."
            table("Commissions: a payout run", note, ["", ""], [*map(list, found.items()), ["ratio", ratio]])
        case _:
            table(f"Commissions: {name}", "", ["", ""], list(map(list, found.items())))


if __name__ == "__main__":
    logging.disable()
    sys.exit(main(sys.argv[1:]))
