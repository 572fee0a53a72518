"""Step Functions, as far as the approval needs it: the deployed definition, run one task at a time as a test says.

`tests/workflow` runs the same definition by moto's interpreter, in threads of its own.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.workflow.interpreter import HANDLERS, definition


@dataclass
class Execution:
    name: str
    state: str
    """Empty when it has ended."""
    turn: dict[str, Any]
    token: str = ""
    """That an answer is waited for with."""
    entered: list[str] = field(default_factory=lambda: ["Assess"])
    """States until now, which AWS charges for, as for the start."""


@dataclass
class Executions:
    """Takes the place of the service's calls: see `intercept`."""

    known: dict[str, Execution] = field(default_factory=dict[str, Execution])
    token_length: int = 0
    """At least."""
    _tokens: int = 0
    _states: dict[str, Any] = field(
        default_factory=lambda: json.loads(definition({name: name for name in HANDLERS}))["States"]
    )

    def around(self, make: Any, _client: Any, operation: str, request: dict[str, Any]) -> Any:
        match operation:
            case "StartExecution":
                return self._start(request["name"], json.loads(request["input"]))
            case "SendTaskSuccess":
                return self._answer(request["taskToken"], json.loads(request["output"]))
            case _:
                return make()

    @property
    def runnable(self) -> list[Execution]:
        return [one for one in self.known.values() if one.state and not one.token]

    @property
    def running(self) -> list[Execution]:
        return [one for one in self.known.values() if one.state]

    def run_task(self, execution: Execution, *, twice: bool = False) -> None:
        """The next one. What it raises is a failed try: it is run again, where it waits with another token."""
        state = self._states[execution.state]
        handler, sent = HANDLERS[state["Parameters"]["FunctionName"]], dict(execution.turn)
        waits = state["Resource"].endswith("waitForTaskToken")
        if waits:
            self._tokens += 1
            sent["task_token"] = execution.token = f"token {self._tokens}".ljust(self.token_length, ".")
        try:
            given = handler(sent, None)
            if twice:
                given = handler(sent, None)
        except BaseException:
            execution.token = ""
            raise
        if not waits:
            self._go_on(execution, given)

    def stop(self, execution: Execution) -> None:
        """By an operator, or since it is a year old."""
        execution.state, execution.token = "", ""

    def _start(self, name: str, turn: dict[str, Any]) -> dict[str, Any]:
        if name in self.known:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists", "Message": name}}, "StartExecution")
        self.known[name] = Execution(name, "Assess", turn)
        return {}

    def _answer(self, token: str, turn: dict[str, Any]) -> dict[str, Any]:
        waiting = [one for one in self.known.values() if one.token == token]
        if not waiting:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": token}}, "SendTaskSuccess")
        waiting[0].token = ""
        self._go_on(waiting[0], turn)
        return {}

    def _go_on(self, execution: Execution, turn: dict[str, Any]) -> None:
        """To the next task."""
        execution.turn, state = turn, self._states[execution.state]
        while not state.get("End"):
            execution.state = self._chosen(state, turn) if state["Type"] == "Choice" else state["Next"]
            execution.entered.append(execution.state)
            state = self._states[execution.state]
            if state["Type"] == "Task":
                return
            if state["Type"] == "Succeed":
                break
        execution.state = ""

    def _chosen(self, state: dict[str, Any], turn: dict[str, Any]) -> str:
        said = {one["StringEquals"]: one["Next"] for one in state["Choices"]}
        return said.get(turn["next_step"], state["Default"])
