"""What a review costs in write units."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dealreg.deals.rules import CommandContext
from dealreg.platform.http import Caller
from relay import app
from tests.integration.approvals.conftest import run
from tests.integration.moving import create_state_machine, registered, stream
from tests.integration.write_units import counted
from tests.reviews import decide, question_of, review_of, strike

TOKEN = "t" * 900
"""As long as those of Step Functions."""


def test_one_step_of_one_person_from_the_question_to_the_published_verdict(
    new_partner: Callable[[str], Caller], context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_state_machine(monkeypatch)
    deal = registered(new_partner("North"), context)
    published = publish(0)
    units = counted(monkeypatch)

    run("approvals-ask/first-step", deal_id=deal.id, task_token=TOKEN)
    published = publish(published)
    decide(question_of(deal), "approve", "Go on.", now=now + timedelta(hours=1))
    published = publish(published)
    run("approvals-apply/decided", deal_id=deal.id)
    publish(published)

    assert units()["TIMES"] == 1
    assert units().total() <= 38


def test_a_reminder_is_a_write_of_the_review_alone(
    new_partner: Callable[[str], Caller], context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = registered(new_partner("North"), context)
    run("approvals-ask/first-step", deal_id=deal.id, task_token=TOKEN)
    units = counted(monkeypatch)

    strike(question_of(deal), now + timedelta(hours=24))

    assert review_of(deal).steps[0].reminders == 1
    assert units().total() <= 4


def publish(done: int) -> int:
    """What the stream tells after so many records, which it then has."""
    records = stream("Deals")[done:]
    reply = app.handler(
        {"Records": [record for record in records if _is_marked(record)]},
        SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000),
    )
    assert reply["batchItemFailures"] == []
    return done + len(records)


def _is_marked(record: dict[str, Any]) -> bool:
    images = record["dynamodb"]
    return "relay" in images.get("NewImage", images.get("OldImage", {}))
