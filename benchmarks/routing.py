"""Whether the program's rules do what a case says: `python -m benchmarks routing --cases FILE [--json OUT]`.

FILE has `programs` by name and `cases` with what the preview is asked and the least that it must answer; each goes
through the very functions of the preview.
"""

import argparse
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Any, cast

from dealreg.approvals.previewing import preview_of
from dealreg.platform import times


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks routing", description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    told = json.loads(asked.cases.read_text())
    began = process_time()
    wrong = {case["id"]: found for case in told["cases"] if (found := differences(case, told["programs"]))}
    spent = (process_time() - began) / max(1, len(told["cases"]))
    for name, found in wrong.items():
        print(name, "; ".join(found))
    print(f"{len(told['cases']) - len(wrong)} of {len(told['cases'])} right, {spent * 1000:.1f} ms each")
    if asked.json:
        asked.json.write_text(json.dumps({"cases": len(told["cases"]), "wrong": wrong}, indent=2))
    return int(bool(wrong))


def differences(case: Mapping[str, Any], programs: Mapping[str, Any]) -> list[str]:
    """Where the preview answers otherwise than the case expects."""
    answered: dict[str, Any] = dict(_answer(case, programs[case["program"]]))
    expected = dict(case["expect"])
    if "reason_code" in expected:
        answered["reason_code"] = (answered["reject"] or {"reason_code": None})["reason_code"]
    return [
        f"{name}: {answered.get(name)} is not {value}"
        for name, value in expected.items()
        if value != _least(answered.get(name), value)
    ]


def _least(answered: Any, expected: Any) -> Any:
    """What of an answer an expectation is about."""
    if isinstance(expected, dict) and isinstance(answered, dict):
        of = cast("dict[str, Any]", answered)
        return {name: _least(of.get(name), value) for name, value in cast("dict[str, Any]", expected).items()}
    if isinstance(expected, list) and isinstance(answered, list):
        both = itertools.zip_longest(cast("list[Any]", answered), cast("list[Any]", expected))
        return [_least(one, other) for one, other in both]
    return answered


def _answer(case: Mapping[str, Any], program: Mapping[str, Any]) -> Any:
    asked = {name: case[name] for name in ("deal", "partner", "at", "verdict", "nearly_alike") if name in case}
    body = {"verdict": "clear"} | asked | {"program": program, "away": case.get("away", [])}
    return preview_of(json.dumps(body).encode(), times.from_text(case["at"]))
