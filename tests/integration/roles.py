"""Holds handlers to their roles: a call to AWS that template.yaml does not allow is refused, as IAM would refuse it."""

import inspect
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import RLock, local
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.functions import FUNCTIONS, Function, as_list
from tests.integration.aws_calls import intercept
from tests.template import ROOT

FUNCTIONS_OF_FILE: dict[str, list[Function]] = {}
for _function in FUNCTIONS:
    _file = ROOT / "functions" / f"{_function.module.replace('.', '/')}.py"
    FUNCTIONS_OF_FILE.setdefault(str(_file), []).append(_function)
_of_thread = local()
"""The function that gave the thread its work."""
_DYNAMODB_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}


@pytest.fixture(autouse=True)
def roles_enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    """For calls made under a function's `handler`; a test's own calls have all rights."""
    submit: Any = ThreadPoolExecutor.submit
    one_at_a_time = RLock()  # moto is not made for threads

    def allowed_call(make: Callable[[], Any], client: Any, operation: str, request: dict[str, Any]) -> Any:
        if function := running_function():
            for action, place in needs(client.meta.service_model.service_name, operation, request):
                if not is_allowed(function.name, action, place):
                    words = f"{function.name}: {action} on {place}"
                    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": words}}, operation)
        with one_at_a_time:
            return make()

    def submit_in_role(pool: ThreadPoolExecutor, work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        role = running_function()

        def work_in_role(*args: Any, **named: Any) -> Any:
            _of_thread.role = role
            return work(*args, **named)

        return submit(pool, work_in_role, *args, **named)

    intercept(monkeypatch, allowed_call)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit_in_role)


def running_function() -> Function | None:
    frame = inspect.currentframe()
    while frame:
        if frame.f_code.co_name == "handler" and frame.f_code.co_filename in FUNCTIONS_OF_FILE:
            return _that_runs(FUNCTIONS_OF_FILE[frame.f_code.co_filename])
        frame = frame.f_back
    return getattr(_of_thread, "role", None)


def _that_runs(functions: list[Function]) -> Function:
    """Those of one handler differ in their variables; a test says by the environment which of them it runs."""
    swept = os.environ.get("SWEPT_TABLE")
    (one,) = [each for each in functions if each.variables.get("SWEPT_TABLE") == swept] or functions
    return one


def needs(service: str, operation: str, request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Actions and the logical names of what they are on; a table's index is Table/index/name."""
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            for action in request["TransactItems"]:
                ((kind, part),) = action.items()
                yield f"dynamodb:{_DYNAMODB_PARTS[kind]}", part["TableName"]
        case "dynamodb", "BatchGetItem":
            yield from (("dynamodb:BatchGetItem", table) for table in request["RequestItems"])
        case "dynamodb", _:
            index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
            yield f"dynamodb:{operation}", request["TableName"] + index
        case "sqs", _:
            yield f"sqs:{operation.removesuffix('Batch')}", request["QueueUrl"].rpartition("/")[2]
        case "s3", _:
            yield f"s3:{_S3_ACTIONS.get(operation, operation)}", request["Bucket"] + "/*"
        case "secretsmanager", _:
            yield f"secretsmanager:{operation}", "TokenSecret"
        case "stepfunctions", _:
            yield f"states:{operation}", "ApprovalWorkflow"
        case "sesv2", _:
            yield f"ses:{operation}", "identity"
        case _:
            yield f"{service}:{operation}", "?"


def is_allowed(function: str, action: str, place: str) -> bool:
    return (action, place) in rights(function)


@cache
def rights(function: str) -> frozenset[tuple[str, str]]:
    (statements,) = (f.statements for f in FUNCTIONS if f.name == function)
    return frozenset(
        (action, _place(resource))
        for statement in statements
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    )


def _place(resource: dict[str, Any]) -> str:
    match resource:
        case {"Fn::GetAtt": [name, *_]} | {"Ref": name}:
            return name
        case {"Fn::Sub": text} if ":identity/" in text:
            return "identity"
        case {"Fn::Sub": text}:
            return text.replace("${", "").replace(".Arn}", "")
        case _:
            raise ValueError(resource)
