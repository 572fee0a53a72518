"""The machines that all capabilities share, as Lambda runs them: relay, sender, replays, mail and clock."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from clock import sweep
from dealreg import clock, wiring
from dealreg.clock import Progress
from dealreg.platform import times
from dealreg.platform.settings import Setting, read
from notifications import send
from relay import app
from tests.integration.moving import sample, stream, waiting_in
from tests.integration.notifications.conftest import outbox
from tests.integration.webhooks.conftest import local, receiver
from tests.integration.wiring.rebates import REBATES, TABLE
from tests.stream_filters import reaches
from webhooks import deliver, replays

__all__ = ["local", "outbox", "receiver"]
SWEPT = (Setting.DEALS_TABLE, Setting.WEBHOOKS_TABLE)


class Context:
    """A whole minute is left."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


CONTEXT = Context()


class Machines:
    """Each lets what waits for it happen."""

    def __init__(self, clock_hand: list[datetime]) -> None:
        self._clock_hand = clock_hand
        self._relayed = 0

    def relay(self) -> None:
        records = stream(TABLE)[self._relayed :]
        self._relayed += len(records)
        if awake := [record for record in records if reaches("Relay", TABLE, record)]:
            assert app.handler({"Records": awake}, CONTEXT) == {"batchItemFailures": []}

    def lose_stream(self) -> None:
        self._relayed = len(stream(TABLE))

    def deliver(self) -> None:
        for queue in (Setting.DELIVERY_QUEUE_URL, Setting.SLOW_DELIVERY_QUEUE_URL):
            for event in _batches(queue):
                assert deliver.handler(event, None) == {"batchItemFailures": []}

    def replay(self) -> None:
        for event in _batches(Setting.REPLAY_QUEUE_URL):
            assert replays.handler(event, CONTEXT) == {"batchItemFailures": []}

    def mail(self) -> None:
        for event in _batches(Setting.NOTIFICATION_QUEUE_URL):
            assert send.handler(event, CONTEXT) == {"batchItemFailures": []}

    def sweep_at(self, moment: datetime) -> None:
        """Of the tables that have to do with it, each by its own function."""
        self._clock_hand[0] = moment
        for table in SWEPT:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SWEPT_TABLE", table)
                sweep.handler(sample("clock/minute.json"), CONTEXT)


def _batches(queue: Setting) -> Iterator[dict[str, Any]]:
    """One message each, until the queue is empty."""
    while messages := waiting_in(queue):
        for message in messages:
            event = deepcopy(sample("webhooks-deliver/one.json"))
            event["Records"][0]["body"] = json.dumps(message)
            yield event


@pytest.fixture
def machines(program: object, local: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """With one capability more than the product has."""
    hand = [now]
    monkeypatch.setattr(times, "now", lambda: hand[0])
    monkeypatch.setattr(wiring, "CAPABILITIES", (*wiring.CAPABILITIES, REBATES))
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:aws:states:eu-central-1:123456789012:stateMachine:none")
    for setting in SWEPT:
        clock.save(read(setting), Progress(now - clock.LATENESS))
    return Machines(hand)
