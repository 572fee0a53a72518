"""What MiniStack acknowledged is there after `kill -9`; on a MiniStack of its own, without the product."""

import io
import json
import os
import signal
import threading
import time
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local import ministack
from local.build import local_parameters
from local.places import Places

pytestmark = pytest.mark.stack
WRITERS = 4


@dataclass(frozen=True)
class Killed:
    """A MiniStack that was killed while it was written to, and started again; and what it had acknowledged."""

    places: Places
    rows: set[str]
    machine: str
    mail: str
    queue: str


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Generator[Killed]:
    places = Places(tmp_path_factory.mktemp("kept"))
    with pytest.MonkeyPatch.context() as patch, ministack.running(places):
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        tables = places.aws("dynamodb")
        make_table(tables)
        machine = make_waiting_machine(places)
        queue = places.aws("sqs").create_queue(QueueName="hints")["QueueUrl"]
        ministack.save(places)  # as a deployment does
        with writers(places) as acknowledged:
            time.sleep(1)
            places.aws("stepfunctions").start_execution(stateMachineArn=machine, name="waits")
            mail = send_mail(places)
            places.aws("sqs").send_message(QueueUrl=queue, MessageBody="look at it")
            os.kill(int((places.home / "ministack.pid").read_text()), signal.SIGKILL)
    places.demo.write_text("{}")  # the first start is behind it
    with ministack.running(places):
        yield Killed(places, acknowledged, machine, mail, queue)


def test_rows_survive_and_transactions_are_whole(killed: Killed) -> None:
    pages = killed.places.aws("dynamodb").get_paginator("scan").paginate(TableName="Rows")
    rows = {item["pk"]["S"] for page in pages for item in page["Items"]}

    assert len(killed.rows) > WRITERS
    deals = {row for row in rows if "-" not in row.partition("-")[2]}
    assert killed.rows <= deals
    assert {f"{deal}-event" for deal in deals} == {row for row in rows if row.endswith("-event")}
    assert not {f"{deal}-removed" for deal in deals} & rows


def test_an_execution_survives_to_be_taken_up(killed: Killed) -> None:
    steps = killed.places.aws("stepfunctions")
    [execution] = steps.list_executions(stateMachineArn=killed.machine)["executions"]
    assert steps.describe_execution(executionArn=execution["executionArn"])["error"] == "States.ServiceRestart"


def test_a_message_of_a_queue_survives(killed: Killed) -> None:
    [message] = killed.places.aws("sqs").receive_message(QueueUrl=killed.queue)["Messages"]
    assert message["Body"] == "look at it"


def test_the_records_of_a_stream_survive_in_their_order(killed: Killed) -> None:
    streams = killed.places.aws("dynamodbstreams")
    [stream] = streams.list_streams(TableName="Rows")["Streams"]
    shards = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    begin = {"StreamArn": stream["StreamArn"], "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    read: set[str] = set()
    page = streams.get_records(ShardIterator=streams.get_shard_iterator(**begin)["ShardIterator"])
    while page["Records"]:
        read |= {record["dynamodb"]["Keys"]["pk"]["S"] for record in page["Records"]}
        page = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert read >= killed.rows


def test_a_mail_survives(killed: Killed) -> None:
    messages = httpx.get(f"{killed.places.endpoint}/_ministack/ses/messages", timeout=30).json()["messages"]
    assert killed.mail in {message["MessageId"] for of_account in messages.values() for message in of_account}


def test_a_task_whose_function_fails_fails_though_it_was_to_wait(killed: Killed) -> None:
    """AWS hands the failure to the state's Retry and Catch."""
    machine = make_asking_machine(killed.places, make_failing_function(killed.places))
    steps = killed.places.aws("stepfunctions")

    ended = end_of(steps, steps.start_execution(stateMachineArn=machine)["executionArn"])

    assert ended["status"] == "SUCCEEDED", ended  # caught
    assert "nobody there" in json.loads(json.loads(ended["output"])["Cause"])["errorMessage"]


@pytest.mark.parametrize("demo", [False, True])
def test_half_a_first_start_and_a_damaged_memory_are_begun_anew(tmp_path: Path, demo: bool) -> None:
    places = Places(tmp_path)
    kept = places.state / "ministack" / "kept.sqlite"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"half a fi")
    if demo:
        places.demo.write_text("{}")

    ministack.begin_anew_unless_kept(places)

    assert not places.state.exists()
    assert not places.demo.exists()
    assert (places.home / "state.damaged").exists() == demo


def make_table(tables: Any) -> None:
    tables.create_table(
        TableName="Rows",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )


@contextmanager
def writers(places: Places) -> Generator[set[str]]:
    """They write until MiniStack is gone; what was acknowledged to them."""
    acknowledged: set[str] = set()

    def write(writer: int) -> None:
        tables = places.aws("dynamodb")
        try:
            for number in range(100_000):
                write_deal(tables, f"{writer}-{number}")
                acknowledged.add(f"{writer}-{number}")
        except (BotoCoreError, ClientError):
            pass

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    yield acknowledged
    for thread in threads:
        thread.join()


def write_deal(tables: Any, pk: str) -> None:
    removed = {"pk": {"S": f"{pk}-removed"}}
    tables.put_item(TableName="Rows", Item=removed)
    rows: list[dict[str, Any]] = [{"pk": {"S": pk}}, {"pk": {"S": f"{pk}-event"}}]
    puts = [{"Put": {"TableName": "Rows", "Item": row}} for row in rows]
    tables.transact_write_items(TransactItems=[*puts, {"Delete": {"TableName": "Rows", "Key": removed}}])


def make_role(places: Places) -> str:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    return places.aws("iam").create_role(RoleName="any", AssumeRolePolicyDocument=policy)["Role"]["Arn"]


def make_machine(places: Places, name: str, role: str, states: dict[str, Any]) -> str:
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    steps = places.aws("stepfunctions")
    return steps.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]


def make_waiting_machine(places: Places) -> str:
    return make_machine(places, "waits", make_role(places), {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}})


def send_mail(places: Places) -> str:
    content = {"Simple": {"Subject": {"Data": "A deal"}, "Body": {"Text": {"Data": "waits for you"}}}}
    destination = {"ToAddresses": ["ada@dealreg.example"]}
    sender = "deals@dealreg.example"
    mails = places.aws("sesv2")
    mails.create_email_identity(EmailIdentity=sender)
    return mails.send_email(FromEmailAddress=sender, Destination=destination, Content=content)["MessageId"]


def make_failing_function(places: Places) -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as code:
        code.writestr("app.py", "def handler(event, context):\n    raise LookupError('nobody there')\n")
    return places.aws("lambda").create_function(
        FunctionName="fails",
        Runtime=local_parameters()["PythonRuntime"],
        Role=places.aws("iam").get_role(RoleName="any")["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": file.getvalue()},
    )["FunctionArn"]


def make_asking_machine(places: Places, function: str) -> str:
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": function, "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 20,
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}],
        "End": True,
    }
    role = places.aws("iam").get_role(RoleName="any")["Role"]["Arn"]
    return make_machine(places, "asks", role, {"Ask": ask, "Caught": {"Type": "Succeed"}})


def end_of(steps: Any, execution: str) -> dict[str, Any]:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        seen = steps.describe_execution(executionArn=execution)
        if seen["status"] != "RUNNING":
            return seen
        time.sleep(0.1)
    raise AssertionError("the task waits for an answer that nobody was asked for")
