"""Fixtures that every kind of test shares: AWS in memory with the tables and queues of template.yaml, and a clock."""

import functools
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from dealreg.platform import aws as aws_module
from tests.moto_transactions import tables_copied_once as tables_copied_once
from tests.stack import stack as stack  # one for all tests that go in through the front door
from tests.template import load_template, tables

# how long an example takes tells of the machine, not of the code
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `--hypothesis-profile explore` looks further than a run of all tests has time for
settings.register_profile("explore", settings.get_profile("untimed"), max_examples=1000)
settings.load_profile("untimed")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    # moto serves streams only without the account id in the endpoint
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "DEALS_TABLE": "Deals",
    "MATCHING_TABLE": "Matching",
    "ACCOUNTS_TABLE": "Accounts",
    "PARTNERS_TABLE": "Partners",
    "WEBHOOKS_TABLE": "Webhooks",
    "BILLING_INBOX_TABLE": "BillingInbox",
    "IDEMPOTENCY_TABLE": "Idempotency",
    "IMPORT_BUCKET": "ImportFiles",
    "PUBLIC_URL": "https://deals.example.com",
    "SENDER_ADDRESS": "deals@example.com",
    "ALLOW_LOOPBACK_WEBHOOKS": "false",
}
_CACHED = type(functools.cache(lambda: None))
_QUEUES = {
    "DeliveryQueue": "DELIVERY_QUEUE_URL",
    "SlowDeliveryQueue": "SLOW_DELIVERY_QUEUE_URL",
    "ReplayQueue": "REPLAY_QUEUE_URL",
    "NotificationQueue": "NOTIFICATION_QUEUE_URL",
    "ImportQueue": "IMPORT_QUEUE_URL",
    "RecheckQueue": "RECHECK_QUEUE_URL",
}


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def aws(tables_copied_once: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """AWS in memory: tables as template.yaml has them, the queues, the secret, a verified sender."""
    for name, value in _ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws(config=getattr(request, "param", None)):
        _forget_cached()
        _create_resources(monkeypatch)
        yield
    _forget_cached()


def _create_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, properties in tables(load_template()).items():
        aws_module.client("dynamodb").create_table(TableName=name, **properties)
    for queue, variable in _QUEUES.items():
        url = aws_module.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
        monkeypatch.setenv(variable, url)
    aws_module.client("s3").create_bucket(
        Bucket=os.environ["IMPORT_BUCKET"], CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    secret = aws_module.client("secretsmanager").create_secret(Name="token", SecretString="a secret of the tests")
    monkeypatch.setenv("SECRET_ARN", secret["ARN"])
    aws_module.client("sesv2").create_email_identity(EmailIdentity=os.environ["SENDER_ADDRESS"])


def _forget_cached() -> None:
    """Clients and cached reads belong to one AWS; the next test has another."""
    for name, module in list(sys.modules.items()):
        if name.startswith("dealreg"):
            for value in list(vars(module).values()):
                if isinstance(value, _CACHED):
                    value.cache_clear()
