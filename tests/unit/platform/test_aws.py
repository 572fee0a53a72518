"""Our clients reach what botocore's own would, although they start faster."""

import gc
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from dealreg.platform import aws
from tests.stand_ins import returning

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("list_tables", {}),
    "lambda": ("list_functions", {}),
    "secretsmanager": ("get_secret_value", {"SecretId": "s"}),
    "sesv2": ("get_account", {}),
    "sqs": ("list_queues", {}),
    "stepfunctions": ("list_state_machines", {}),
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def request_of(client: Any, service: str) -> tuple[str, str]:
    """Where a call goes, and for what its signature is good."""
    sent: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), SimpleNamespace(stream=returning([b"{}"])))

    client.meta.events.register(f"before-send.{service}", answer)
    operation, parameters = CALLS[service]
    getattr(client, operation)(**parameters)
    scope = sent[0].headers["Authorization"].decode().partition("Credential=")[2].partition(",")[0]
    return sent[0].url, scope


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
@pytest.mark.parametrize("service", CALLS)
def test_a_client_calls_and_signs_as_botocores_own_does(
    service: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    aws.client.cache_clear()
    ours = request_of(aws.client(service), service)
    aws.client.cache_clear()
    botocores: Any = botocore.session.get_session()
    assert ours == request_of(botocores.create_client(service), service)


def test_garbage_is_collected_once_there_is_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    aws.client.cache_clear()
    aws.client("sqs")
    assert gc.isenabled()


@pytest.mark.parametrize("attempt", [0, 1, 5, 50])
def test_a_pause_is_never_longer_than_its_ceiling(attempt: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(aws.time, "sleep", slept.append)
    aws.pause(attempt)
    assert 0 <= slept[0] <= min(0.8, 0.05 * 2**attempt)
