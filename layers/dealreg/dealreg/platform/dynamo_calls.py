"""How DynamoDB is called: what the SDK does not retry is retried here, and what will not pass becomes Unavailable."""

import logging
from typing import Any, cast

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectFailed

from dealreg.platform import aws
from dealreg.platform.dynamo_wire import item_from_wire
from dealreg.platform.errors import ConditionFailed, TooLarge, Unavailable

logger = logging.getLogger(__name__)
TRIES = 6
_CONFLICTS = frozenset(["TransactionConflict", "TransactionConflictException", "TransactionInProgressException"])
"""Somebody else's transaction is at the same item this moment; the SDK never retries these."""
_BUSY = frozenset(
    [
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    ]
)
_SERVER_FAULT = 500


def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Raises ConditionFailed with what stood in the way, Unavailable when the database stays busy, or TooLarge.

    A request is sent again as it is: a transaction with its token, so that a lost reply is not a second write.
    """
    for attempt in range(TRIES):
        if attempt:
            aws.pause(attempt)
        try:
            return getattr(aws.client("dynamodb"), operation)(**request)
        except (HTTPClientError, ConnectFailed) as error:
            logger.warning("database unreachable", extra={"operation": operation, "error": type(error).__name__})
            raise Unavailable("the database cannot be reached") from error
        except ClientError as error:
            _raise_unless_worth_a_try(operation, error)
    raise Unavailable("too many writes to the same record at once")


def _raise_unless_worth_a_try(operation: str, error: ClientError) -> None:
    response: dict[str, Any] = cast("Any", error).response
    if failures := _failed_conditions(response):
        raise ConditionFailed(failures) from None
    reasons = {str(reason.get("Code")) for reason in response.get("CancellationReasons", [])}
    if response["Error"]["Code"] in _CONFLICTS or reasons & (_CONFLICTS | _BUSY):
        return
    if _is_too_large(response):
        raise TooLarge("the database takes no row or transaction of this size") from error
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if response["Error"]["Code"] in _BUSY or status >= _SERVER_FAULT:  # after three tries of the SDK
        logger.warning("database busy", extra={"operation": operation, "code": response["Error"]["Code"]})
        raise Unavailable("the database is busy") from error
    raise error


def _is_too_large(response: dict[str, Any]) -> bool:
    """An item has 400 kB at most, a transaction 4 MB; nothing but the message says so."""
    reasons: list[dict[str, Any]] = response.get("CancellationReasons", [])
    faults = [response["Error"], *reasons]
    said = [
        str(fault.get("Message", "")).lower() for fault in faults if str(fault.get("Code")).startswith("Validation")
    ]
    return any("size" in message and "exceed" in message for message in said)


def _failed_conditions(response: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """By the action's place: the item found there."""
    if response["Error"]["Code"] == "ConditionalCheckFailedException":
        return {0: item_from_wire(response.get("Item", {}))}
    reasons: list[dict[str, Any]] = response.get("CancellationReasons", [])
    return {
        place: item_from_wire(reason.get("Item", {}))
        for place, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
