"""What becomes of a call that DynamoDB refuses: tried again, Unavailable (503), ConditionFailed, or a fault of ours."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ReadTimeoutError

from dealreg.platform import aws, dynamo, dynamo_calls
from dealreg.platform.errors import ConditionFailed, Unavailable
from tests.stand_ins import returning

KEY = dynamo.Key("Deals", "DEAL#1", "DEAL#1")
WRITES: dict[str, Callable[[], Any]] = {
    "put": lambda: dynamo.write(dynamo.put("Deals", {"pk": "1", "sk": "1"}, dynamo.ABSENT)),
    "update": lambda: dynamo.write(dynamo.update(KEY, change={"name": "x"})),
    "delete": lambda: dynamo.write(dynamo.delete(KEY)),
}
READS: dict[str, Callable[[], Any]] = {
    "get": lambda: dynamo.get("Deals", "1", "1"),
    "batch_get": lambda: dynamo.batch_get([KEY]),
    "page": lambda: dynamo.page("Deals", "1", limit=1),
    "every": lambda: list(dynamo.every("Deals", "1")),
    "index_page": lambda: dynamo.index_page("Deals", "due", ("due_bucket", "x"), limit=1),
}
TRANSACTION: dict[str, Callable[[], Any]] = {"transact": lambda: dynamo.transact([dynamo.delete(KEY)])}
EVERY = list((WRITES | READS | TRANSACTION).values())
NAMES = list(WRITES | READS | TRANSACTION)
CONFLICT = (400, {"__type": "TransactionConflictException"})
DONE = (200, dict[str, Any]())


@dataclass
class Database:
    """Answers with what the test says, the last of it for ever, and keeps what it was asked."""

    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=lambda: [DONE])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def answer(self, request: AWSRequest, **_: Any) -> AWSResponse:
        self.asked.append(json.loads(request.body))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        sent = SimpleNamespace(stream=returning([json.dumps(body).encode()]))
        return AWSResponse(request.url or "", status, HTTPHeaders(), sent)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr("time.sleep", returning(None))
    aws.client.cache_clear()
    made = Database()
    aws.client("dynamodb").meta.events.register("before-send.dynamodb", made.answer)
    return made


def cancelled(*codes: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": "TransactionCanceledException", "CancellationReasons": [{"Code": code} for code in codes]}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_meets_a_transaction_is_tried_again(database: Database, write: Callable[[], Any]) -> None:
    database.answers = [CONFLICT, CONFLICT, DONE]
    write()
    assert len(database.asked) == 3


@pytest.mark.parametrize(
    "refusal",
    [
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        cancelled("ProvisionedThroughputExceeded"),
        (400, {"__type": "TransactionInProgressException"}),
    ],
)
def test_a_transaction_is_tried_again_with_its_token(database: Database, refusal: tuple[int, dict[str, Any]]) -> None:
    database.answers = [refusal, DONE]
    dynamo.transact([dynamo.delete(KEY)])
    first, second = database.asked
    assert first == second
    assert first["ClientRequestToken"]


@pytest.mark.parametrize("write", (WRITES | TRANSACTION).values(), ids=WRITES | TRANSACTION)
def test_conflicts_without_end_are_unavailable(database: Database, write: Callable[[], Any]) -> None:
    database.answers = [CONFLICT]
    with pytest.raises(Unavailable, match="too many writes"):
        write()
    assert len(database.asked) == dynamo_calls.TRIES


def test_the_pauses_between_tries_have_full_jitter(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[int] = []
    monkeypatch.setattr(aws, "pause", pauses.append)
    database.answers = [CONFLICT]
    with pytest.raises(Unavailable):
        WRITES["put"]()
    assert pauses == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("call", EVERY, ids=NAMES)
@pytest.mark.parametrize(
    "refusal",
    [
        (400, {"__type": "ProvisionedThroughputExceededException"}),
        (400, {"__type": "ThrottlingException"}),
        (400, {"__type": "RequestLimitExceeded"}),
        (500, {"__type": "InternalServerError"}),
        (503, {"__type": "ServiceUnavailable"}),
    ],
    ids=lambda refusal: refusal[1]["__type"],
)
def test_a_busy_database_is_unavailable_after_the_tries_of_the_sdk(
    database: Database, call: Callable[[], Any], refusal: tuple[int, dict[str, Any]]
) -> None:
    database.answers = [refusal]
    with pytest.raises(Unavailable, match="busy"):
        call()
    assert len(database.asked) == 3


@pytest.mark.parametrize("call", EVERY, ids=NAMES)
def test_a_database_that_does_not_answer_is_unavailable(database: Database, call: Callable[[], Any]) -> None:
    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    aws.client("dynamodb").meta.events.register_first("before-send.dynamodb", time_out)
    with pytest.raises(Unavailable, match="cannot be reached"):
        call()


@pytest.mark.parametrize("call", EVERY, ids=NAMES)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_a_fault_of_ours_stays_one(database: Database, call: Callable[[], Any], code: str) -> None:
    database.answers = [(400, {"__type": code})]
    with pytest.raises(ClientError, match=code):
        call()
    assert len(database.asked) == 1


def test_a_condition_that_fails_is_told_with_what_is_there(database: Database) -> None:
    database.answers = [(400, {"__type": "ConditionalCheckFailedException", "Item": {"name": {"S": "there"}}})]
    with pytest.raises(ConditionFailed) as lost:
        WRITES["put"]()
    assert lost.value.failures == {0: {"name": "there"}}


def test_a_condition_counts_more_than_a_conflict_beside_it(database: Database) -> None:
    database.answers = [cancelled("TransactionConflict", "ConditionalCheckFailed")]
    with pytest.raises(ConditionFailed) as lost:
        dynamo.transact([dynamo.delete(KEY), dynamo.delete(KEY)])
    assert lost.value.failures == {1: {}}
