"""What MiniStack's Step Functions leave undone: definitions in YAML, and executions that wait while it is stopped."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from local.places import Places


def parse_definitions(places: Places) -> None:
    """AWS takes a definition in YAML, MiniStack keeps it unread."""
    steps = places.aws("stepfunctions")
    for machine in _machines(steps):
        definition = yaml.safe_load(steps.describe_state_machine(stateMachineArn=machine)["definition"])
        steps.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition))


def resume_executions(places: Places) -> int:
    """Starts again what a restart of MiniStack broke off, under names that end in -r1, -r2, …

    AWS needs none of this. Asking again is harmless: the open approval is found, and nobody is written to twice.
    """
    steps = places.aws("stepfunctions")
    broken_off = 0
    for machine in _machines(steps):
        for name, number, arn in _last_runs(steps, machine):
            execution = steps.describe_execution(executionArn=arn)
            if execution.get("error") == "States.ServiceRestart":
                steps.start_execution(stateMachineArn=machine, name=f"{name}-r{number + 1}", input=execution["input"])
                broken_off += 1
    return broken_off


def _machines(steps: Any) -> list[str]:
    return [machine["stateMachineArn"] for machine in steps.list_state_machines()["stateMachines"]]


def _last_runs(steps: Any, machine: str) -> Iterator[tuple[str, int, str]]:
    """The failed executions that have not been started again: name, how often it was started again, ARN."""
    last: dict[str, tuple[int, str, str]] = {}
    for page in steps.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for execution in page["executions"]:
            name, _, number = execution["name"].partition("-r")
            entry = (int(number or 0), execution["status"], execution["executionArn"])
            last[name] = max(entry, last.get(name, entry))
    yield from ((name, number, arn) for name, (number, status, arn) in last.items() if status == "FAILED")
