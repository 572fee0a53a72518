"""Calls about rows go from botocore to moto by hand: as HTTP, signed, matched and parsed four times, they took twice as
long as what moto does for them."""

import json
import re
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

_OPERATIONS = frozenset(
    [
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
    ]
)
_ADDRESS = re.compile(r"https://dynamodb\.([a-z0-9-]+)\.amazonaws\.com/")
_BYTES = re.compile(rb'"BS?": ')
"""They are text when sent: such a call goes the long way."""


def take() -> None:
    """For the whole process, wherever moto stands in for AWS."""
    client: Any = BaseClient
    by_http = client._make_request

    def make_request(self: Any, operation: Any, request: dict[str, Any], context: Any) -> Any:
        address = _ADDRESS.fullmatch(request["url"])
        if (
            operation.name in _OPERATIONS
            and address
            and botocore_stubber.enabled
            and not _BYTES.search(request["body"])
        ):
            return _answer(self, operation, address[1], request)
        return by_http(self, operation, request, context)

    client._make_request = make_request


def _answer(client: Any, operation: Any, region: str, request: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
    handler = _handler(region, request)
    action = camelcase_to_underscores(operation.name)
    try:
        result: ActionResult = getattr(handler, action)()
    except (HTTPException, ServiceException) as error:
        setattr(handler, action, _raises(error))
        return _by_body(client, operation, request, handler.call_action())
    try:
        return _reply(request, 200), _sent(operation, result)
    except TypeError:  # bytes
        return _by_body(client, operation, request, handler.serialized(result))


def _handler(region: str, request: dict[str, Any]) -> Any:
    handler: Any = DynamoHandler()
    handler.region, handler.current_account = region, DEFAULT_ACCOUNT_ID
    handler.headers, handler.querystring, handler.response_headers = request["headers"], {}, {}
    handler.params = handler.body = json.loads(request["body"])
    return handler


def _sent(operation: Any, result: ActionResult) -> dict[str, Any]:
    """Copied as by sending it, and nothing but what the reply has by its description."""
    whole: Any = result.result
    members = {name: whole[name] for name in operation.output_shape.members if whole.get(name) is not None}
    return json.loads(json.dumps(members)) | {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}


def _raises(error: Exception) -> Any:
    def act() -> ActionResult:
        raise error

    return act


def _by_body(client: Any, operation: Any, request: dict[str, Any], answer: Any) -> tuple[AWSResponse, dict[str, Any]]:
    """As botocore reads what it is sent."""
    status, headers, body = answer
    response: dict[str, Any] = {"headers": headers, "status_code": int(status), "body": body.encode()}
    parsed = client._response_parser.parse(response, operation.output_shape)
    if response["status_code"] >= 300:
        client._endpoint._add_modeled_error_fields(response, parsed, operation, client._response_parser)
    return _reply(request, response["status_code"]), parsed


def _reply(request: dict[str, Any], status: int) -> AWSResponse:
    return AWSResponse(request["url"], status, {}, None)
