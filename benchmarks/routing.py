"""Whether the program's rules do what a case says: `python -m benchmarks routing --cases FILE [--json OUT]`.

FILE has `programs` by name and `cases` with what the preview is asked and the least that it must answer; each goes
through the very functions of the preview.
"""

import argparse
import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any, cast

from dealreg.approvals.people import Absence, People
from dealreg.approvals.preview import preview
from dealreg.approvals.program_inputs import read_program
from dealreg.matching.rules import Verdict
from dealreg.partners.routing import DEFAULT_CALENDAR, Routing
from dealreg.partners.rules import Facts, routing_of
from dealreg.platform import times
from dealreg.platform.money import parse_money


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


def _answer(case: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
    at = times.from_text(case["at"])
    routing, families = _routing(body, at)
    deal, partner = case["deal"], case["partner"]
    facts = Facts(
        amount=parse_money(**deal["amount"]),
        registered_on=routing.calendars[DEFAULT_CALENDAR].local(at).date(),
        tier=partner["tier"],
        partner=partner["id"],
        verdict=Verdict(case.get("verdict", "clear")),
        families=frozenset(families[product] for product in deal["products"]),
        country=deal["customer"].get("country") or "",
        type=deal.get("type") or "",
        is_for_a_person=case.get("nearly_alike", False),
    )
    people = People(
        groups=routing.groups,
        manager=partner["manager"],
        own_side=frozenset(partner["users"]),
        absences={one["approver"]: _absence(one) for one in case.get("away", ())},
        last_resort=routing.last_resort,
    )
    return preview(facts, routing, people, at)


def _routing(body: Mapping[str, Any], at: datetime) -> tuple[Routing, dict[str, str]]:
    program = read_program(json.dumps(body).encode()).to_whole(at.year)
    return routing_of(program), {product.id: product.family for product in program.products}


def _absence(said: Mapping[str, Any]) -> Absence:
    until = times.from_text(said["until"]) if said["until"] else None
    return Absence(times.from_text(said["from"]), until, said["to"])
