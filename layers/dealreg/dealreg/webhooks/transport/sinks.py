"""Where a message goes: to an HTTP receiver, or to a queue or a bus in the receiver's own AWS account.

There we use a role of theirs that asks for an external id, which is another for every owner.
"""

import json
import logging
import threading
import time
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.platform import aws, foreign_json
from dealreg.webhooks.deliveries import rules
from dealreg.webhooks.endpoints import keys
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer, Endpoint, Message
from dealreg.webhooks.transport import sender, signing
from dealreg.webhooks.transport.addresses import RefusedUrl, parse_url

logger = logging.getLogger(__name__)

_ROLE_SECONDS = 900
_ROLE_KEPT_SECONDS = 600
_SOURCE = "dealreg"
_one_at_a_time = threading.Lock()
"""botocore's clients serve many threads, but are made by one."""


def send(endpoint: Endpoint, message: Message, now: datetime, deadline: float = sender.DEADLINE) -> Answer:
    """Never raises for what the receiver or the network does, whatever it is: that is the answer."""
    body = content(endpoint, message).encode()
    secrets, private_keys = keys.live_secrets(endpoint, now), keys.private_keys(endpoint.owner)
    headers = signing.sign(message.id, now, body, secrets, private_keys)
    asked = keys.challenge_of(endpoint) if message.type == rules.VERIFY_TYPE else ""
    allow_loopback, started = endpoints.allows_loopback(), time.monotonic()  # up to here faults are our own
    try:
        if endpoint.sink == "http":
            target = parse_url(endpoint.url, allow_loopback=allow_loopback)
            return _proving(sender.post(target, {**endpoint.headers, **headers}, body, deadline), asked)
        return Answer("answered", _hand_over(endpoint, headers, body, message), _milliseconds_since(started), "")
    except (BotoCoreError, RefusedUrl):  # the URL was saved under other rules than today's
        return Answer("unreachable", None, _milliseconds_since(started), "")
    except Exception:
        logger.exception("answer cannot be read", extra={"endpoint_id": endpoint.id, "event_id": message.id})
        return Answer("bad_answer", None, _milliseconds_since(started), "")


def content(endpoint: Endpoint, message: Message) -> str:
    """The message; of a thin one's data only what says which state of which subject it is about."""
    if endpoint.payload == "full" or message.type in rules.ADDRESSED:
        return message.body
    envelope: dict[str, Any] = json.loads(message.body)
    told: dict[str, Any] = envelope["data"]
    data = {name: value for name, value in told.items() if name == "version" or value == message.subject}
    return json.dumps(envelope | {"data": data}, ensure_ascii=False, separators=(",", ":"))


def _proving(answer: Answer, challenge: str) -> Answer:
    """No proof where one was asked for: `challenge` is "" where none was."""
    is_owed = challenge and answer.is_success and not gives_back(answer, challenge)
    return replace(answer, result="unproven") if is_owed else answer


def gives_back(answer: Answer, challenge: str) -> bool:
    """As the body, or as `challenge` of a JSON object; repeating all that was said proves nothing."""
    text = answer.body.strip()
    if text == challenge:
        return True
    try:
        said = foreign_json.parse(text, max_bytes=sender.BODY_KEPT)
    except foreign_json.ForeignJsonFault:
        return False
    return isinstance(said, dict) and cast("dict[str, Any]", said).get("challenge") == challenge


def _hand_over(endpoint: Endpoint, headers: dict[str, str], body: bytes, message: Message) -> int:
    """The status with which AWS took or refused it. Raises BotoCoreError."""
    minute = int(time.monotonic() // _ROLE_KEPT_SECONDS)
    try:
        if endpoint.sink == "sqs":
            return _to_queue(endpoint, headers, body, minute)
        return _to_bus(endpoint, body, message, minute)
    except ClientError as error:
        return int(cast("Any", error).response["ResponseMetadata"]["HTTPStatusCode"])


def _to_queue(endpoint: Endpoint, headers: dict[str, str], body: bytes, minute: int) -> int:
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in headers.items()}
    with _one_at_a_time:
        client = _client_of("sqs", endpoint.owner, endpoint.role_arn, endpoint.url.split(".")[1], minute)
    client.send_message(QueueUrl=endpoint.url, MessageBody=body.decode(), MessageAttributes=attributes)
    return 200


def _to_bus(endpoint: Endpoint, body: bytes, message: Message, minute: int) -> int:
    entry = {"Source": _SOURCE, "DetailType": message.type, "Detail": body.decode(), "EventBusName": endpoint.url}
    with _one_at_a_time:
        client = _client_of("events", endpoint.owner, endpoint.role_arn, endpoint.url.split(":")[3], minute)
    return 400 if client.put_events(Entries=[entry])["FailedEntryCount"] else 200


@lru_cache(maxsize=64)
def _client_of(service: str, owner: str, role_arn: str, region: str, _minute: int) -> Any:
    """With the rights of the receiver's role, for some minutes."""
    credentials: dict[str, Any] = aws.client("sts").assume_role(
        RoleArn=role_arn,
        RoleSessionName="dealreg-webhooks",
        ExternalId=keys.external_id(owner),
        DurationSeconds=_ROLE_SECONDS,
    )["Credentials"]
    return aws.client_as(service, region, credentials)


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
