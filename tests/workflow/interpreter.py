"""The real state machine, run by moto's interpreter of the Amazon States Language, calling our real handlers.

moto answers a Lambda call of its "simple" backend with an echo; here it calls the handler instead, in the interpreter's
thread, with what Lambda would give it and make of its result or exception.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Queue
from threading import Event, Thread
from typing import Any, cast

import pytest
import yaml
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser import utils

from approvals import apply, ask, assess
from dealreg.approvals import workflow
from dealreg.deals.model import Deal
from dealreg.deals.store import events_of
from dealreg.platform import aws as aws_module
from tests.template import ROOT

ASL_PATH = "functions/approvals/workflow.asl.yaml"
MOTO_CONFIG = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
PATIENCE = 20
"""Seconds that a test waits for another thread before it fails."""

Handler = Callable[[Any, object], Any]
HANDLERS: Mapping[str, Handler] = {
    "assessFunctionArn": assess.handler,
    "askFunctionArn": ask.handler,
    "applyFunctionArn": apply.handler,
}
"""By the placeholder of the function's name."""


def definition(substitutions: Mapping[str, str]) -> str:
    """As CloudFormation makes it: first the text is filled in, then it is read."""
    text = (ROOT / ASL_PATH).read_text()
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    return json.dumps(yaml.safe_load(text))


def _newest_thread() -> Thread:
    return cast("Any", utils).TMP_THREADS[-1]


@dataclass
class Execution:
    arn: str
    thread: Thread

    def finish(self) -> dict[str, Any]:
        while self.thread.ident is None:  # it is listed a moment before it runs
            time.sleep(0.001)
        self.thread.join(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while (reply := self._described())["status"] == "RUNNING":  # the newest thread may be one of its helpers
            assert time.monotonic() < deadline, "the execution does not end"
            Event().wait(0.01)  # where a test has put time.sleep out of action
        return reply

    def _described(self) -> dict[str, Any]:
        return aws_module.client("stepfunctions").describe_execution(executionArn=self.arn)

    def states_entered(self) -> list[str]:
        """AWS charges each as one transition, and one more for the start."""
        history = aws_module.client("stepfunctions").get_execution_history(executionArn=self.arn, maxResults=1000)
        details = [event.get("stateEnteredEventDetails") for event in history["events"]]
        return [detail["name"] for detail in details if detail]


@dataclass
class Machine:
    arn: str = ""
    handlers: dict[str, Handler] = field(default_factory=lambda: dict(HANDLERS))
    """A test may put a failing one in."""
    calls: Queue[str] = field(default_factory=Queue[str])
    """Names of the functions that were called, as they return."""

    def start(self, deal: Deal) -> Execution:
        """By the product's own code, as the relay does after the event that put the deal into review."""
        event = events_of(deal)[-1]
        workflow.start(event, event.timestamp)
        return Execution(self.execution_arn(deal), _newest_thread())

    def restart(self, deal: Deal) -> Execution:
        """By an operator, after an execution failed: the same input under another name."""
        reply = aws_module.client("stepfunctions").start_execution(
            stateMachineArn=self.arn,
            name=f"{deal.id}-{deal.review_version}-r1",
            input=json.dumps({"deal_id": deal.id, "version": deal.review_version}),
        )
        return Execution(reply["executionArn"], _newest_thread())

    def executions(self) -> list[Execution]:
        """Whoever started them."""
        found = aws_module.client("stepfunctions").list_executions(stateMachineArn=self.arn)["executions"]
        return [Execution(each["executionArn"], _newest_thread()) for each in found]

    def execution_arn(self, deal: Deal) -> str:
        prefix = self.arn.replace(":stateMachine:", ":execution:")
        return f"{prefix}:{deal.id}-{deal.review_version}"

    def wait_for(self, function: str) -> None:
        """Until the function has returned once more."""
        while self.calls.get(timeout=PATIENCE) != function:
            pass

    def invoke(self, function: str, body: str, response_headers: dict[str, str]) -> bytes:
        try:
            result = json.dumps(self.handlers[function](json.loads(body), None))
        except Exception as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            result = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        self.calls.put(function)
        return result.encode()


def deploy(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Makes the state machine; its functions are named by their placeholders."""
    machine = Machine()

    def invoke(
        _self: object, function_name: str, _qualifier: str | None, body: Any, _headers: Any, response_headers: Any
    ) -> bytes:
        return machine.invoke(function_name, body, response_headers)

    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
    reply = aws_module.client("stepfunctions").create_state_machine(
        name="approvals",
        definition=definition({name: name for name in HANDLERS}),
        roleArn="arn:aws:iam::123456789012:role/approvals",
    )
    machine.arn = reply["stateMachineArn"]
    monkeypatch.setenv("STATE_MACHINE_ARN", machine.arn)
    return machine
