"""What a change has for consequences: the stream's records go through the relay, the queue's messages to the judge."""

import json
import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dealreg.accounts import store as accounts
from dealreg.accounts.model import NewAccount, account_of
from dealreg.deals import store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from relay import app
from reviewing import recheck
from tests.integration.aws_calls import intercept
from tests.integration.moving import create_state_machine, registered, sample, stream, waiting_in

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
Follow = Callable[[], list[dict[str, Any]]]
NewPartner = Callable[..., Caller]


@pytest.fixture(autouse=True)
def moment(aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)
    create_state_machine(monkeypatch)


@pytest.fixture
def follow(program: object) -> Follow:
    """Relays what happened since, judges again until nothing follows any more; gives the messages there were."""
    done = {"Deals": 0, "Accounts": 0}

    def news() -> list[dict[str, Any]]:
        every: list[dict[str, Any]] = []
        for table, known in done.items():
            records = stream(table)[known:]
            done[table] += len(records)
            every += records
        return every

    def let_all_follow() -> list[dict[str, Any]]:
        every: list[dict[str, Any]] = []
        while records := news():
            assert app.handler({"Records": records}, CONTEXT) == {"batchItemFailures": []}
            messages = waiting_in("RECHECK_QUEUE_URL")
            assert [judge(message) for message in messages] == [[]] * len(messages)
            every += messages
        return every

    return let_all_follow


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every call to AWS from now on."""
    made: list[tuple[str, dict[str, Any]]] = []

    def noted_call(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        made.append((operation, request))
        return make()

    intercept(monkeypatch, noted_call)
    return made


def judge(message: dict[str, Any]) -> list[str]:
    """Hands a message to the function; the ids of those that are to come again."""
    event = deepcopy(sample("reviewing-recheck/account.json"))
    event["Records"][0]["body"] = json.dumps(message)
    return [failure["itemIdentifier"] for failure in recheck.handler(event, CONTEXT)["batchItemFailures"]]


def given_account(now: datetime, **said: object) -> str:
    """Its id; one of the same external id is changed."""
    values = {"name": "Kranz Maschinen AG", "country": "DE", "ownership": "customer", "external_id": "A1"} | said
    return accounts.save(account_of(parse(NewAccount, json.dumps(values).encode()), now)).id


def given_deal(partner: Caller, context: CommandContext, name: str, domain: str, **changes: object) -> Deal:
    customer = {"name": name, "domain": domain, "country": "DE"}
    return registered(partner, context, customer=customer, partner_reference=domain, **changes)


def later(context: CommandContext, **by: int) -> CommandContext:
    return replace(context, now=context.now + timedelta(**by))


def again(deal: Deal) -> Deal:
    return store.locate(deal.id)


def told(deal: Deal) -> list[str | None]:
    """The verdicts that its partner learned after registering, oldest first."""
    events = [event for event in store.events_of(deal) if event.type == "deal.conflict_changed"]
    return [cast("dict[str, str]", event.data["conflict"])["verdict"] for event in events]


def records_of_accounts() -> list[dict[str, Any]]:
    return [record for record in stream("Accounts") if record["dynamodb"]["Keys"]["pk"]["S"].startswith("ACCOUNT#")]


def queue_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECHECK_QUEUE_URL", os.environ["RECHECK_QUEUE_URL"] + "-gone")
