"""Tells whether anything is still under way, for whoever wants to move the clock on (local/moving.py)."""

# pyright: basic, reportMissingImports=false

import json
import time
from typing import Any

import ministack.app as app
from ministack.services import dynamodb, lambda_svc, sqs, stepfunctions
from one_machine import read_by_all

BUSY_PATH = "/_dealreg/busy"


def tell_what_is_busy() -> None:
    running, serve = _count_running_functions(), app.app

    async def serve_and_tell(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != BUSY_PATH:
            await serve(scope, receive, send)
            return
        busy = {"functions": len(running) > 0, "streams": _streams(), "queues": _queues(), "executions": _executions()}
        body = json.dumps([what for what, is_busy in busy.items() if is_busy]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    app.app = serve_and_tell


def _count_running_functions() -> set[object]:
    """Those that wait for their turn too."""
    running: set[object] = set()
    execute = lambda_svc._execute_function_warm

    def execute_and_count(*args: Any) -> Any:
        call = object()
        running.add(call)
        try:
            return execute(*args)
        finally:
            running.discard(call)

    lambda_svc._execute_function_warm = execute_and_count
    return running


def _streams() -> bool:
    return any(
        position < dynamodb.stream_end_position(table, account_id=account, region=region)
        for (account, region, table), position in read_by_all().items()
    )


def _queues() -> bool:
    """Whether a reader has, or may take, a message. One that is delayed, or failed and is tried later, is at rest."""
    read = {consumer["EventSourceArn"] for *_, consumer in lambda_svc._iter_all_esms()}
    now = time.time()
    return bool(lambda_svc._esm_inflight) or any(
        message["visible_at"] <= now
        for queue in sqs._queues.all_values()
        if queue["attributes"]["QueueArn"] in read
        for message in list(queue["messages"])
    )


def _executions() -> bool:
    """Whether one runs that does not wait for somebody's answer."""
    executions, tokens = stepfunctions._executions, stepfunctions._task_tokens
    running = sum(execution["status"] == "RUNNING" for execution in executions.all_values())
    return running > sum(not token["event"].is_set() for token in tokens.all_values())
