"""A run that is approved by the link in finance's mail."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from approvals.links import handler
from dealreg.ledger import rows
from dealreg.notifications.model import Notice
from dealreg.partners.program import MoneySettings, Program, save_program
from dealreg.payouts import commands, letters, store
from dealreg.payouts.model import Run
from dealreg.platform import dynamo, times
from tests.integration.payouts.runs import BY, build, make, owe, partner
from tests.samples import sample

APPROVER = "finance@acme.example"
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def run(program: Program, now: datetime) -> Run:
    save_program(replace(program, money=MoneySettings(payout_approver=APPROVER, four_eyes=True)), by="test")
    owe(partner("North", now), now, "60.00")
    return build(make(now), now)


def letter(run: Run, now: datetime) -> Any:
    (event,) = dynamo.every(rows.table(), f"RUN#{run.id}", "EVENT#")
    return letters.write(Notice(letters.PROPOSED, "evt_1", "LEDGER_TABLE", event["pk"], event["sk"]), event, now)


def opened(token: str) -> Json:
    return handler(sample("approvals-links/show-payout-run", params={"token": token}), None)


def sent(token: str, page: Json, **changes: str) -> Json:
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page["body"]))
    form = {name: value.replace("&#34;", '"') for name, value in fields.items()} | changes
    return handler(sample("approvals-links/decide-payout-run", params={"token": token}, body=urlencode(form)), None)


def state(run: Run) -> str:
    return store.load_run(run.id).state


def test_finance_approves_by_the_link_in_its_mail(run: Run, now: datetime) -> None:
    mailing = letter(run, now)
    assert mailing.addresses == (APPROVER,)
    assert mailing.letter.facts["Total"] == "60.00 EUR"
    token = mailing.letter.links[0].url.rpartition("/")[2]
    page = opened(token)
    assert (page["statusCode"], state(run)) == (200, "proposed")
    assert sent(token, page)["statusCode"] == 422
    assert state(run) == "proposed"
    assert sent(token, page, choice="approve")["statusCode"] == 303
    assert (state(run), store.load_run(run.id).approved_by) == ("approved", APPROVER)
    assert "This run is approved." in opened(token)["body"]
    assert letter_is_vain(run, now)


def letter_is_vain(run: Run, now: datetime) -> bool:
    return letter(run, now) is None


def test_a_page_that_was_left_open_decides_nothing_and_says_what_holds(run: Run, now: datetime) -> None:
    token = letters.link_token(run, APPROVER)
    page = opened(token)
    commands.cancel(run.id, BY, now)
    reply = sent(token, page, choice="approve")
    assert (reply["statusCode"], state(run)) == (409, "cancelled")
    assert "This run is cancelled." in reply["body"]


def test_a_link_of_somebody_else_is_none(run: Run) -> None:
    assert opened(letters.link_token(run, "another@acme.example"))["statusCode"] == 404
    page = opened(letters.link_token(run, APPROVER))
    assert sent(letters.link_token(run, APPROVER), page, choice="cancel", csrf="x")["statusCode"] == 403
    assert state(run) == "proposed"
