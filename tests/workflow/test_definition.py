"""The state machine's definition, read as data: what a slip of the pen would break."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dealreg.approvals.model import NextStep
from tests.template import ROOT, load_asl, load_template, resources
from tests.workflow.interpreter import ASL_PATH, HANDLERS

ASL = load_asl(ASL_PATH)
STATES: dict[str, dict[str, Any]] = ASL["States"]
TASKS = [name for name, state in STATES.items() if state["Type"] == "Task"]
FORBIDDEN = {"QueryLanguage", "Assign", "HeartbeatSeconds", "TimeoutSecondsPath", "HeartbeatSecondsPath"}


def following(state: dict[str, Any]) -> Iterator[str]:
    """Names of the states that may come next."""
    for branch in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        if "Next" in branch:
            yield branch["Next"]
    if "Default" in state:
        yield state["Default"]


def test_placeholders_are_the_substitutions_of_the_template() -> None:
    (machine,) = resources(load_template(), "AWS::Serverless::StateMachine").values()
    placeholders = set(re.findall(r"\$\{(\w+)\}", (ROOT / ASL_PATH).read_text()))
    assert machine["Properties"]["DefinitionUri"] == ASL_PATH
    assert placeholders == set(machine["Properties"]["DefinitionSubstitutions"]) == set(HANDLERS)
    assert all(re.fullmatch(r"[a-z][a-zA-Z]+", name) for name in placeholders)


def test_every_state_can_be_reached_and_exists() -> None:
    reached, ahead = set[str](), [ASL["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += following(STATES[name])
    assert reached == set(STATES)


def test_every_state_says_what_it_is_for_and_every_path_ends() -> None:
    for name, state in STATES.items():
        assert state["Comment"], name
        assert list(following(state)) or state.get("End") or state["Type"] in ("Succeed", "Fail"), name


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_time_limit_and_handles_failure(name: str) -> None:
    state = STATES[name]
    assert state["TimeoutSeconds"] > 0
    assert any(retrier["ErrorEquals"] == ["States.ALL"] and retrier["MaxAttempts"] >= 3 for retrier in state["Retry"])
    assert any(catcher["ErrorEquals"] == ["States.ALL"] for catcher in state["Catch"])


def test_the_wait_for_an_answer_is_taken_up_again_for_most_of_a_year() -> None:
    (waiting,) = [state for state in STATES.values() if str(state.get("Resource")).endswith(".waitForTaskToken")]
    (retry,) = waiting["Retry"]
    assert timedelta(300) < timedelta(seconds=waiting["TimeoutSeconds"]) * retry["MaxAttempts"]
    assert waiting["Parameters"]["Payload"]["task_token.$"] == "$$.Task.Token"


def test_it_knows_every_act() -> None:
    route = STATES["Route"]
    assert {choice["StringEquals"] for choice in route["Choices"]} == {NextStep.ASK, NextStep.APPLY}
    assert STATES[route["Default"]]["Type"] == "Succeed"


def test_it_is_plain_enough_for_every_interpreter() -> None:
    assert not FORBIDDEN & {key for state in (ASL, *STATES.values()) for key in state}
