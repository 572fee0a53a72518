"""Calls about rows and messages go from botocore to moto by hand: matched, signed, and parsed four times, as by HTTP,
they took twice as long as what moto does for them."""

import json
import re
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.responses import DynamoHandler
from moto.sqs.responses import SQSResponse
from werkzeug.exceptions import HTTPException

_HANDLERS: dict[str, type[Any]] = {"dynamodb": DynamoHandler, "sqs": SQSResponse}
_OPERATIONS = frozenset(
    [
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
    ]
)
_ADDRESS = re.compile(r"https://(dynamodb|sqs)\.([a-z0-9-]+)\.amazonaws\.com/")
_BYTES = re.compile(rb'"BS?": ')
"""They are text when sent."""
_FAILED = 300


def take() -> None:
    """For the whole process, wherever moto stands in for AWS."""
    client: Any = BaseClient
    by_http = client._make_request

    def make_request(self: Any, operation: Any, request: dict[str, Any], context: Any) -> Any:
        address = _ADDRESS.fullmatch(request["url"])
        if operation.name in _OPERATIONS and address and botocore_stubber.enabled:
            handler = _handler(_HANDLERS[address[1]], address[2], operation, request)
            status, parsed = _answer(self, handler, operation)
            return AWSResponse(request["url"], status, HTTPHeaders(), None), parsed
        return by_http(self, operation, request, context)

    client._make_request = make_request


def _handler(of_service: type[Any], region: str, operation: Any, request: dict[str, Any]) -> Any:
    handler = of_service()
    handler.region, handler.current_account = region, DEFAULT_ACCOUNT_ID
    handler.headers, handler.querystring, handler.uri_match, handler.response_headers = request["headers"], {}, {}, {}
    if _BYTES.search(request["body"]):
        parser: Any = PROTOCOL_PARSERS["json"](operation, map_type=dict)
        handler.params = parser.parse({"body": request["body"]})
    else:
        handler.params = json.loads(request["body"])
    handler.body = handler.params
    return handler


def _answer(client: Any, handler: Any, operation: Any) -> tuple[int, dict[str, Any]]:
    """The status and what botocore would make of the reply."""
    action = camelcase_to_underscores(operation.name)
    try:
        result: ActionResult = getattr(handler, action)()
    except (HTTPException, ServiceException) as error:
        setattr(handler, action, _raises(error))
        return _parsed(client, operation, *handler.call_action())
    try:
        return 200, _sent(operation, result)
    except (AttributeError, TypeError):  # bytes, what moto has for a message, or nothing at all
        return _parsed(client, operation, *handler.serialized(result))


def _raises(error: Exception) -> Any:
    def act() -> ActionResult:
        raise error

    return act


def _sent(operation: Any, result: ActionResult) -> dict[str, Any]:
    """Copied as by sending it, and nothing but what the reply has by its description."""
    whole: Any = result.result
    members = {name: whole[name] for name in operation.output_shape.members if whole.get(name) is not None}
    return json.loads(json.dumps(members)) | {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}


def _parsed(client: Any, operation: Any, status: Any, headers: dict[str, Any], body: str) -> tuple[int, dict[str, Any]]:
    response: dict[str, Any] = {"status_code": int(status), "headers": HeadersDict(headers), "body": body.encode()}
    parsed = client._response_parser.parse(response, operation.output_shape)
    if response["status_code"] >= _FAILED:
        client._endpoint._add_modeled_error_fields(response, parsed, operation, client._response_parser)
    return response["status_code"], parsed
