"""The tables, queues, bucket, secret and sender of the product in moto: made once by calls, put back for each test."""

import functools
import os
import pickle
from collections.abc import Callable
from typing import Any, TypeVar, cast

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from dealreg.platform import aws
from tests.template import load_template, tables

_REGIONS = {
    "dynamodb": "eu-central-1",
    "dynamodbstreams": "eu-central-1",  # its iterators keep the tables of earlier tests in memory
    "s3": "aws",
    "secretsmanager": "eu-central-1",
    "ses": "eu-central-1",
}
_QUEUES = {
    "DELIVERY_QUEUE_URL": "DeliveryQueue",
    "SLOW_DELIVERY_QUEUE_URL": "SlowDeliveryQueue",
    "REPLAY_QUEUE_URL": "ReplayQueue",
    "NOTIFICATION_QUEUE_URL": "NotificationQueue",
    "IMPORT_QUEUE_URL": "ImportQueue",
    "RECHECK_QUEUE_URL": "RecheckQueue",
}
Left = TypeVar("Left")
_left: dict[Callable[[], Any], tuple[Any, dict[str, bytes]]] = {}


def put_back() -> dict[str, str]:
    """Into moto as it has just begun; gives the variables that name what has no name of its own."""
    for service, state in _made().items():
        _state_of(service).update(pickle.loads(state))
    for queue in _QUEUES.values():
        get_backend("sqs")[DEFAULT_ACCOUNT_ID]["eu-central-1"].create_queue(queue)
    return _variables()


def as_left_by(make: Callable[[], Left]) -> Left:
    """What `make` gives, and AWS as it was behind it: made by the first who asks, put back for all others.

    Only for what begins with the program alone and leaves nothing in a queue.
    """
    if make not in _left:
        _left[make] = make(), {service: pickle.dumps(_state_of(service)) for service in _REGIONS}
    given, states = _left[make]
    for service, state in states.items():
        _state_of(service).update(pickle.loads(state))
    return given


@functools.cache
def _made() -> dict[str, bytes]:
    """Sixteen calls take longer than most tests."""
    for name, properties in tables(load_template()).items():
        aws.client("dynamodb").create_table(TableName=name, **properties)
    aws.client("s3").create_bucket(
        Bucket=os.environ["IMPORT_BUCKET"], CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    aws.client("secretsmanager").create_secret(Name="token", SecretString="a secret of the tests")
    aws.client("sesv2").create_email_identity(EmailIdentity=os.environ["SENDER_ADDRESS"])
    return {service: pickle.dumps(_state_of(service)) for service in _REGIONS}


@functools.cache
def _variables() -> dict[str, str]:
    url_of = aws.client("sqs").get_queue_url
    return {
        "SECRET_ARN": aws.client("secretsmanager").describe_secret(SecretId="token")["ARN"],
        **{variable: url_of(QueueName=queue)["QueueUrl"] for variable, queue in _QUEUES.items()},
    }


def _state_of(service: str) -> dict[str, Any]:
    backends: Any = cast("Any", get_backend)(service)
    return cast("dict[str, Any]", vars(backends[DEFAULT_ACCOUNT_ID][_REGIONS[service]]))
