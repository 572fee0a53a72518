"""A partner disputes what it has earned; the vendor answers once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from commissions.ledger_api import handler
from dealreg.deals.rules import CommandContext
from dealreg.ledger import rows
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from tests.integration.moving import registered
from tests.integration.periods.posting import earn
from tests.samples import ADMIN, content, sample

FOLDER = "commissions-ledger-api"
TEXT = "The invoice had two more seats."
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def north(new_partner: Callable[[str], Caller]) -> Caller:
    return new_partner("North")


@pytest.fixture
def line(north: Caller) -> str:
    return earn(north.partner_id, "2026-11-10", 2000)


def disputed(caller: Caller, **about: str) -> tuple[int, Json]:
    reply = handler(sample(f"{FOLDER}/make-dispute", caller=caller, body={"text": TEXT} | about), None)
    return reply["statusCode"], content(reply)


def answered(dispute_id: str, **said: Any) -> tuple[int, Json]:
    body = {"outcome": "accepted", "text": "You are right."} | said
    reply = handler(sample(f"{FOLDER}/answer-dispute", params={"id": dispute_id}, body=body), None)
    return reply["statusCode"], content(reply)


def listed(caller: Caller) -> list[Json]:
    return content(handler(sample(f"{FOLDER}/list-disputes", caller=caller), None))["items"]


def shown(caller: Caller, dispute_id: str) -> int:
    return handler(sample(f"{FOLDER}/show-dispute", caller=caller, params={"id": dispute_id}), None)["statusCode"]


def events_of(caller: Caller) -> list[Json]:
    return list(dynamo.every(rows.table(), f"PARTNER#{caller.partner_id}", "EVENT#"))


def lines_of(caller: Caller) -> list[Json]:
    return list(dynamo.every(rows.table(), f"PARTNER#{caller.partner_id}", rows.LINE))


def test_a_line_has_one_open_dispute(north: Caller, line: str) -> None:
    status, first = disputed(north, line_id=line)
    assert (status, first["status"], first["line_id"], first["text"]) == (201, "open", line, TEXT)
    assert first["id"].startswith("dis_")
    status, second = disputed(north, line_id=line)
    assert (status, second["code"]) == (409, "already_exists")
    assert listed(north) == [first]
    assert [one["type"] for one in events_of(north)] == ["commission.accrued", "commission.disputed"]


def test_what_is_granted_is_posted_with_the_answer(north: Caller, line: str) -> None:
    _, made = disputed(north, line_id=line)
    status, after = answered(made["id"], amount={"amount": "12.00", "currency": "EUR"})
    assert (status, after["status"]) == (200, "accepted")
    _, posted = lines_of(north)
    assert (posted["kind"], posted["reason_code"], posted["minor"]) == ("adjustment", "correction", 1200)
    assert posted["id"] == after["answer"]["line_id"]
    assert posted["deal_id"] == made["deal_id"]
    assert [(one["type"], one["sequence"]) for one in events_of(north)][2:] == [
        ("commission.adjusted", 3),
        ("commission.dispute_answered", 4),
    ]
    assert listed(north) == [after]


@pytest.mark.parametrize("outcome", ["accepted", "rejected"])
def test_an_answer_without_an_amount_posts_nothing(outcome: str, north: Caller, line: str) -> None:
    _, made = disputed(north, line_id=line)
    assert answered(made["id"], outcome=outcome)[1]["status"] == outcome
    assert len(lines_of(north)) == 1
    assert events_of(north)[-1]["data"]["answer"]["amount"] is None


def test_a_dispute_is_answered_once(north: Caller, line: str) -> None:
    _, made = disputed(north, line_id=line)
    answered(made["id"], amount={"amount": "12.00", "currency": "EUR"})
    status, refused = answered(made["id"], amount={"amount": "12.00", "currency": "EUR"})
    assert (status, refused["code"]) == (409, "state_conflict")
    assert len(lines_of(north)) == 2


def test_an_answered_line_can_be_disputed_anew(north: Caller, line: str) -> None:
    _, made = disputed(north, line_id=line)
    answered(made["id"], outcome="rejected")
    assert disputed(north, line_id=line)[0] == 201
    assert len(listed(north)) == 2


def test_a_deal_can_be_disputed_by_who_registered_it(
    north: Caller, new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    deal = registered(north, context)
    status, made = disputed(north, deal_id=deal.id)
    assert (status, made["deal_id"], made["line_id"]) == (201, deal.id, None)
    assert disputed(new_partner("South"), deal_id=deal.id)[0] == 404


def test_a_deal_can_be_disputed_by_who_shares_in_it(
    north: Caller, new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    south, east = new_partner("South"), new_partner("East")
    deal = registered(north, context)
    shares = [{"partner_id": caller.partner_id, "percent": "50"} for caller in (north, south)]
    split = {"from": None, "shares": shares}
    assert handler(sample(f"{FOLDER}/save-splits", params={"id": deal.id}, body=split), None)["statusCode"] == 200
    status, made = disputed(south, deal_id=deal.id)
    assert (status, made["deal_id"]) == (201, deal.id)
    assert (disputed(north, deal_id=deal.id)[0], disputed(east, deal_id=deal.id)[0]) == (201, 404)


def test_nothing_of_it_is_anybody_elses(north: Caller, line: str, new_partner: Callable[[str], Caller]) -> None:
    south = new_partner("South")
    _, made = disputed(north, line_id=line)
    assert disputed(south, line_id=line)[0] == 404
    assert (shown(south, made["id"]), shown(north, made["id"])) == (404, 200)
    assert listed(south) == []
    event = sample(f"{FOLDER}/answer-dispute", caller=south, params={"id": made["id"]})
    assert handler(event, None)["statusCode"] == 403
    (seen,) = content(handler(sample(f"{FOLDER}/list-all-disputes", caller=ADMIN), None))["items"]
    assert seen == made


@pytest.mark.parametrize(
    "said",
    [{}, {"line_id": "com_1", "deal_id": "deal_1"}, {"line_id": "com_1", "text": ""}, {"line_id": "com_1", "a": "b"}],
)
def test_what_is_wrong_with_a_dispute_is_said(said: Json, north: Caller) -> None:
    assert disputed(north, **said)[0] == 422


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "maybe"},
        {"outcome": "rejected", "amount": {"amount": "1.00", "currency": "EUR"}},
        {"amount": {"amount": "0.00", "currency": "EUR"}},
        {"amount": {"amount": "5", "currency": "JPY"}},
        {"text": ""},
    ],
)
def test_what_is_wrong_with_an_answer_is_said(said: Json, north: Caller, line: str) -> None:
    _, made = disputed(north, line_id=line)
    assert answered(made["id"], **said)[0] == 422
    assert answered("dis_1")[0] == 404
