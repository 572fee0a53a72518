"""Where MiniStack 1.5.33 differs from AWS in what Dealreg relies on: repaired here, so that the product stays pure."""

# pyright: basic, reportMissingImports=false

import json
import threading
import time
from email.utils import parseaddr
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

_STREAM_RETRIES = 3
_SEND_EMAIL_PATH = "/outbound-emails"


def repair() -> None:
    _fail_tasks_whose_function_fails()
    _retry_what_a_stream_consumer_gives_back()
    _deliver_cookies_as_http_apis_do()
    _authorize_on_what_aws_names()
    _take_alarms_that_reckon()
    _route_paths_of_several_lines()


def _fail_tasks_whose_function_fails() -> None:
    """With `waitForTaskToken` too: MiniStack swallows it there, and the task waits until its time is over."""
    call, invoke = stepfunctions._call_lambda, stepfunctions._invoke_with_callback
    task = threading.local()

    def invoke_for_token(resource: str, input_data: Any, token: str, state: Any) -> Any:
        task.token = token
        try:
            return invoke(resource, input_data, token, state)
        finally:
            task.token = None

    def call_and_tell(*args: Any) -> Any:
        try:
            return call(*args)
        except stepfunctions._ExecutionError as failure:
            waiting = stepfunctions._task_tokens.get(getattr(task, "token", None))
            if waiting and not waiting["event"].is_set():
                waiting["error"] = {"Error": failure.error, "Cause": failure.cause}
                waiting["event"].set()
            raise

    stepfunctions._call_lambda, stepfunctions._invoke_with_callback = call_and_tell, invoke_for_token


def _retry_what_a_stream_consumer_gives_back() -> None:
    """AWS sends a batch again from the first of its `batchItemFailures`; MiniStack reads them for queues only."""
    execute = lambda_svc._execute_function

    def execute_until_done(function: Any, event: Any, *args: Any, **kwargs: Any) -> Any:
        result = execute(function, event, *args, **kwargs)
        for attempt in range(_STREAM_RETRIES):
            records = _given_back(event, result)
            if not records:
                break
            time.sleep(2**attempt)
            event = event | {"Records": records}
            result = execute(function, event, *args, **kwargs)
        return result

    lambda_svc._execute_function = execute_until_done


def _given_back(event: Any, result: dict[str, Any]) -> list[dict[str, Any]]:
    records = event.get("Records", []) if isinstance(event, dict) else []
    if result.get("error") or not records or records[0].get("eventSource") != "aws:dynamodb":
        return []
    body = result.get("body") or {}
    answer = json.loads(body) if isinstance(body, (str, bytes)) else body
    failed = {failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", [])}
    first = next(
        (i for i, record in enumerate(records) if record["dynamodb"]["SequenceNumber"] in failed), len(records)
    )
    return records[first:]


def _deliver_cookies_as_http_apis_do() -> None:
    """An HTTP API moves the Cookie header into the event's `cookies` list."""
    execute = lambda_svc._execute_function_with_config_scope

    def execute_with_cookies(function: Any, event: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(event, dict) and event.get("version") == "2.0" and "cookie" in event.get("headers", {}):
            event["cookies"] = event["headers"].pop("cookie").split("; ")
        return execute(function, event, *args, **kwargs)

    lambda_svc._execute_function_with_config_scope = execute_with_cookies


def _authorize_on_what_aws_names() -> None:
    """AWS authorizes SendEmail on the sender's identity and SendTask… on the state machine, where MiniStack names `*`.

    And a queue's batch is authorized as the single action.
    """
    resource_of, enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce

    def resource_named(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Any,
        region: str,
        account: str,
    ) -> str:
        if service == "ses" and path.endswith(_SEND_EMAIL_PATH):
            sender = parseaddr(json.loads(body or b"{}").get("FromEmailAddress", ""))[1]
            return f"arn:aws:ses:{region}:{account}:identity/{sender}"
        if service == "states" and ".SendTask" in headers.get("x-amz-target", ""):
            return next(iter(stepfunctions._state_machines), "*")  # the stack has one
        return resource_of(service, method, path, headers, body, query, region, account)

    def enforce_named(access_key: str, action: str, *args: Any, **kwargs: Any) -> Any:
        if action == "ses:SendEmail":
            kwargs["service_context"] = {"ses:FromAddress": kwargs["resource_arn"].partition("/")[2]}
        if action.startswith("sqs:"):
            action = action.removesuffix("Batch")
        return enforce(access_key, action, *args, **kwargs)

    iam_actions.extract_resource_arn, iam_evaluator.enforce = resource_named, enforce_named


def _take_alarms_that_reckon() -> None:
    """CloudFormation takes an alarm on an expression, MiniStack does not: there it looks at the first metric alone."""
    record = provisioners._cw_metric_alarm_record

    def record_of_first_metric(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        measured = [metric["MetricStat"] for metric in properties.get("Metrics", ()) if "MetricStat" in metric]
        if measured:
            first = measured[0]
            said = {name: value for name, value in properties.items() if name != "Metrics"}
            properties = said | first["Metric"] | {"Period": first["Period"], "Statistic": first["Stat"]}
        return record(name, properties)

    provisioners._cw_metric_alarm_record = record_of_first_metric


def _route_paths_of_several_lines() -> None:
    """A greedy route takes all behind it; MiniStack's ends where a line does, and the path goes to `$default`."""
    extract = apigateway._extract_path_params

    def extract_from_one_line(route: str, path: str) -> dict[str, str] | None:
        return extract(route, path.replace("\n", "%0A"))

    apigateway._extract_path_params = extract_from_one_line
