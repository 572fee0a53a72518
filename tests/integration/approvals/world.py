"""All that runs beside people: what follows from their acts is delivered as AWS does, and any write may break off.

Stream records come in order and again after a crash, queue messages again at any time, tasks of the state machine one
by one. Who sends a request and hears nothing sends it once more.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from botocore.exceptions import BotoCoreError

from dealreg import wiring
from dealreg.approvals.letters import APPROVAL_LETTERS, REMINDER, question_of
from dealreg.approvals.model import Status, from_item, number_of
from dealreg.deals.rules import CommandContext
from dealreg.notifications.model import Notice
from dealreg.notifications.store import read_notice
from dealreg.platform import aws, dynamo, errors, times
from dealreg.platform.dynamo import item_from_wire
from dealreg.platform.settings import Setting, read
from notifications import send
from relay import app
from reviewing import recheck
from tests.integration.approvals.watching import Watch, is_under_review
from tests.integration.executions import Execution, Executions
from tests.integration.faults import Crash, Faults
from tests.integration.moving import Tail, sample, waiting_in

LOST = (Crash, errors.Unavailable, BotoCoreError, BatchProcessingError)
"""After which the same is sent again."""
REFUSALS = (errors.Conflict, errors.NotFound, errors.InvalidInput, errors.Gone)
"""What a caller is told, and leaves at that."""
SWEPT = (Setting.DEALS_TABLE, Setting.BILLING_INBOX_TABLE)
_TRIES = 5


class World:
    now: ClassVar[datetime]

    def __init__(self) -> None:
        self.faults, self.executions, self.watch = Faults(), Executions(), Watch()
        self.tails = {table: Tail(table) for table in ("Deals", "Partners")}
        self.records: dict[str, list[dict[str, Any]]] = {table: [] for table in self.tails}
        self.letters: list[str] = []
        self.delivered: list[str] = []
        self.addressed: list[str] = []
        self.mailed: Counter[tuple[str, str]] = Counter()
        """Letters by notice and address."""
        self.first_letters: Counter[str] = Counter()
        """By question."""
        for queue in ("NOTIFICATION_QUEUE_URL", "RECHECK_QUEUE_URL"):
            waiting_in(queue)

    def around(self, make: Any, client: Any, operation: str, request: dict[str, Any]) -> Any:
        """Each call of every client."""

        def made() -> Any:
            if operation == "SendEmail":
                self.addressed += request["Destination"]["ToAddresses"]
            return self.executions.around(make, client, operation, request)

        return self.faults.around(made, client, operation, request)

    def context(self) -> CommandContext:
        self.pass_time(timedelta(seconds=1))
        return CommandContext(World.now, self.faults.made * 1000 + int(World.now.timestamp()))

    def pass_time(self, time: timedelta) -> None:
        World.now += time

    def act(self, does: Callable[[], Any]) -> Any:
        """What comes of it; None if it was refused."""
        for _ in range(2):
            try:
                return does()
            except REFUSALS:
                return None
            except LOST:
                continue
        raise AssertionError("broken off twice")

    # what follows

    def look(self) -> None:
        """At what was committed since."""
        for table, tail in self.tails.items():
            new = tail.new()
            self.records[table] += new
            for record in new if table == "Deals" else ():
                self.watch.look(record)

    def relay(self, *, twice: bool = False) -> bool:
        """Whether there was anything."""
        self.look()
        had_any = False
        for table, records in self.records.items():
            self.records[table] = []
            for _ in range(1 + twice):
                self._hand_over(records)
            had_any |= bool(records)
        return had_any

    def _hand_over(self, records: list[dict[str, Any]]) -> None:
        for _ in range(_TRIES):
            if not records:
                return
            try:
                failed = app.handler({"Records": records}, None)["batchItemFailures"]
            except (Crash, BatchProcessingError):
                continue
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            records = records[numbers.index(failed[0]["itemIdentifier"]) :] if failed else []
        raise AssertionError("the relay does not get on")

    def run_task(self, execution: Execution, *, twice: bool = False) -> None:
        """One that fails is run again another time."""
        try:
            self.executions.run_task(execution, twice=twice)
        except (*LOST, errors.DealregError):
            self.pass_time(timedelta(seconds=2))

    def fetch_letters(self) -> None:
        self.letters += [message["Body"] for message in messages_of("NOTIFICATION_QUEUE_URL")]

    def deliver_letter(self, body: str) -> None:
        """A message of the queue, which may have been delivered before."""
        broken, self.addressed = len(self.faults.broken), []
        record = sample("notifications-send/feedback.json")["Records"][0] | {"body": body}
        try:
            failed = send.handler({"Records": [record]}, None)["batchItemFailures"]
        except (Crash, BatchProcessingError):
            failed = [record]
        if not failed and body in self.letters:
            self.letters.remove(body)
            self.delivered.append(body)
        notice = read_notice(body)
        for address in self.addressed:
            tells_what_is(notice, address, self.watch)
            if len(self.faults.broken) == broken:  # else a second letter is better than none
                self.mailed[f"{notice.kind} {notice.id}", address] += 1
            if notice.kind in APPROVAL_LETTERS and notice.kind != REMINDER:
                self.first_letters[question_of(notice)] += 1

    def judge_again(self) -> bool:
        messages = messages_of("RECHECK_QUEUE_URL")
        for message in messages:
            event = sample("reviewing-recheck/account.json")
            event["Records"][0]["body"] = message["Body"]
            for _ in range(_TRIES):
                try:
                    failed = recheck.handler(event, None)["batchItemFailures"]
                except (Crash, BatchProcessingError):
                    continue
                if not failed:
                    break
        return bool(messages)

    def follow(self) -> None:
        """Until nothing more follows at this moment."""
        for _ in range(60):
            moved = self.relay() | self.judge_again()
            for execution in self.executions.runnable:
                self.run_task(execution)
                moved = True
            self.fetch_letters()
            for body in list(self.letters):
                self.deliver_letter(body)
                moved = True
            if not moved:
                return
        raise AssertionError("it does not come to rest")

    def strike(self, until: datetime) -> None:
        """The clock, from one due moment to the next. What fails, or is not to be done yet, comes again next time.

        No execution lags for more than an hour: one that did would be begun again every ten minutes, for months.
        """
        struck = set[tuple[str, str, str]]()
        late = World.now + timedelta(hours=1)
        while rows := [row for row in due_rows(until) if (row["pk"], row["sk"], row["due_at"]) not in struck]:
            row = min(rows, key=lambda row: row["due_at"])
            struck.add((row["pk"], row["sk"], row["due_at"]))
            World.now = max(World.now, times.from_text(row["due_at"]))
            handle = wiring.due_handlers(row["table"])[row["sk"].partition("#")[0]]
            try:
                handle(dynamo.Key(read(row["table"]), row["pk"], row["sk"]), World.now)
            except (*LOST, errors.DealregError):
                continue
            for execution in self.executions.runnable if World.now > late else ():
                self.run_task(execution)
        World.now = max(World.now, until)

    def come_to_rest(self, minutes: int = 16) -> None:
        """Nothing breaks any more, and what was lost is found."""
        self.faults.disarm()
        for _ in range(minutes // 2):
            self.follow()
            self.strike(World.now + timedelta(minutes=2))
        self.follow()


def messages_of(queue: str) -> list[dict[str, Any]]:
    """Taken off the queue."""
    found: list[dict[str, Any]] = []
    url = os.environ[queue]
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in batch:
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += batch
    return found


def due_rows(until: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for table in SWEPT:
        rows = aws.client("dynamodb").scan(TableName=read(table), IndexName="due")["Items"]
        found += [{"table": table, **item_from_wire(row)} for row in rows]
    return [row for row in found if row["due_at"] <= times.to_text(until)]


def tells_what_is(notice: Notice, address: str, watch: Watch) -> None:
    """No letter without what it tells of: a question that is open and the reader's, or an event that happened."""
    item = dynamo.get(read(Setting(notice.table)), notice.pk, notice.sk)
    assert item, f"{notice.kind} tells of nothing"
    if notice.kind not in APPROVAL_LETTERS:
        assert item["type"] == notice.kind
        return
    review = from_item(item)
    question = review.question(number_of(question_of(notice)))
    assert (question.approver, question.status) == (address, Status.PENDING)
    assert is_under_review(watch.deals[review.deal_id], review)
