"""Where a message goes: to an HTTP receiver, or to a queue or a bus in the receiver's own AWS account.

There we use a role of theirs that asks for an external id, which is another for every owner.
"""

import json
import logging
import threading
import time
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.platform import aws
from dealreg.webhooks.deliveries import rules
from dealreg.webhooks.endpoints import keys
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer, Endpoint, Message
from dealreg.webhooks.transport import sender, signing
from dealreg.webhooks.transport.addresses import parse_url

logger = logging.getLogger(__name__)

_ROLE_SECONDS = 900
_ROLE_KEPT_SECONDS = 600
_SOURCE = "dealreg"
_one_at_a_time = threading.Lock()
"""botocore's clients serve many threads, but are made by one."""


def send(endpoint: Endpoint, message: Message, now: datetime, deadline: float = sender.DEADLINE) -> Answer:
    """Never raises for what the receiver or the network does: that is the answer."""
    body = content(endpoint, message).encode()
    secrets, private_keys = keys.live_secrets(endpoint, now), keys.private_keys(endpoint.owner)
    headers = signing.sign(message.id, now, body, secrets, private_keys)
    if endpoint.sink == "http":
        return _post(endpoint, headers, body, message, deadline)
    started = time.monotonic()
    try:
        _hand_over(endpoint, headers, body, message)
        status = 200
    except ClientError as error:
        status = int(cast("Any", error).response["ResponseMetadata"]["HTTPStatusCode"])
    except BotoCoreError:
        return Answer("unreachable", None, _milliseconds_since(started), "")
    return Answer("answered", status, _milliseconds_since(started), "")


def content(endpoint: Endpoint, message: Message) -> str:
    """The message; of a thin one's data only what says which state of which subject it is about."""
    if endpoint.payload == "full" or message.type in rules.ADDRESSED:
        return message.body
    envelope: dict[str, Any] = json.loads(message.body)
    told: dict[str, Any] = envelope["data"]
    data = {name: value for name, value in told.items() if name == "version" or value == message.subject}
    return json.dumps(envelope | {"data": data}, ensure_ascii=False, separators=(",", ":"))


def _post(endpoint: Endpoint, headers: dict[str, str], body: bytes, message: Message, deadline: float) -> Answer:
    try:
        target = parse_url(endpoint.url, allow_loopback=endpoints.allows_loopback())
    except ValueError:  # saved under other rules than today's
        return Answer("unreachable", None, 0, "")
    answer = sender.post(target, {**endpoint.headers, **headers}, body, deadline)
    if message.type == rules.VERIFY_TYPE and answer.is_success and not _gives_back(answer, keys.challenge_of(endpoint)):
        return Answer("unproven", answer.status_code, answer.duration_ms, answer.body, answer.headers, answer.timing)
    return answer


def _gives_back(answer: Answer, challenge: str) -> bool:
    """As the body, or as `challenge` of a JSON object; repeating all that was said proves nothing."""
    text = answer.body.strip()
    if text == challenge:
        return True
    try:
        said: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(said, dict) and cast("dict[str, Any]", said).get("challenge") == challenge


def _hand_over(endpoint: Endpoint, headers: dict[str, str], body: bytes, message: Message) -> None:
    minute = int(time.monotonic() // _ROLE_KEPT_SECONDS)
    if endpoint.sink == "sqs":
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in headers.items()}
        with _one_at_a_time:
            client = _client_of("sqs", endpoint.owner, endpoint.role_arn, endpoint.url.split(".")[1], minute)
        client.send_message(QueueUrl=endpoint.url, MessageBody=body.decode(), MessageAttributes=attributes)
        return
    entry = {"Source": _SOURCE, "DetailType": message.type, "Detail": body.decode(), "EventBusName": endpoint.url}
    with _one_at_a_time:
        client = _client_of("events", endpoint.owner, endpoint.role_arn, endpoint.url.split(":")[3], minute)
    reply = client.put_events(Entries=[entry])
    if reply["FailedEntryCount"]:
        refusal: Any = {"ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(refusal, "PutEvents")


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
