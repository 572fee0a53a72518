"""A hundred decisions at once: what can be done is, what cannot is named."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dealreg.approvals import review
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import ids
from dealreg.platform.http import Caller
from deals import admin_api
from tests.integration.approvals.conftest import withdraw
from tests.integration.approvals.test_worklist import registered
from tests.reviews import review_of
from tests.samples import content, sample


@pytest.fixture
def made(new_partner: Callable[[str], Caller], context: CommandContext, now: datetime) -> list[Deal]:
    caller = new_partner("North")
    made = [registered(caller, context, f"no{number}") for number in range(10)]
    for deal in made:
        review.ask(deal.id, 1, "token", now)
    return made


def post(decisions: list[dict[str, Any]], key: str | None = None) -> dict[str, Any]:
    event = sample("deals-admin-api/decide-many", body={"decisions": decisions})
    event["headers"] |= {"idempotency-key": key} if key else {}
    reply = admin_api.handler(event, None)
    return {"status": reply["statusCode"]} | content(reply)


def test_seventy_are_done_and_thirty_named(made: list[Deal], now: datetime) -> None:
    for deal in made[:3]:
        withdraw(deal, now)
    found = post([{"deal_id": deal.id, "choice": "approve"} for deal in made])
    assert found["status"] == 200
    assert [one["deal_id"] for one in found["results"]] == [deal.id for deal in made]
    assert [one["status"] for one in found["results"]] == [409] * 3 + [202] * 7
    assert {one["code"] for one in found["results"]} == {"state_conflict", None}
    assert "withdrawn" in found["results"][0]["detail"]
    assert [review_of(deal).state for deal in made] == ["open"] * 3 + ["decided"] * 7


def test_each_is_checked_by_itself(made: list[Deal], now: datetime) -> None:
    first, second, third = made[:3]
    found = post(
        [
            {"deal_id": first.id, "choice": "reject"},
            {"deal_id": second.id, "choice": "reject", "reason": "Too early.", "note": "Ada's."},
            {"deal_id": third.number, "choice": "approve", "step": "nothing"},
            {"deal_id": ids.new_id("deal", now), "choice": "approve"},
        ]
    )
    assert [one["status"] for one in found["results"]] == [422, 202, 422, 404]
    assert found["results"][0]["detail"] == "reason: Tell the partner why."


def test_twice_the_same_deal_is_decided_once(made: list[Deal]) -> None:
    found = post([{"deal_id": made[0].id, "choice": "approve"}] * 2)
    assert sorted(one["status"] for one in found["results"]) == [202, 409]


def test_the_same_key_gives_the_same_reply_and_decides_nothing_more(made: list[Deal]) -> None:
    decisions = [{"deal_id": made[0].id, "choice": "approve"}]
    first, again = post(decisions, "key-1"), post(decisions, "key-1")
    assert first == again
    assert first["results"][0]["status"] == 202
    other = post([{"deal_id": made[1].id, "choice": "approve"}], "key-1")
    assert (other["status"], other["code"]) == (422, "idempotency_mismatch")
    assert review_of(made[1]).state == "open"


@pytest.mark.parametrize("decisions", [[], [{"deal_id": "x", "choice": "approve"}] * 101, [{"choice": "approve"}]])
def test_what_is_no_list_of_decisions_is_refused(made: list[Deal], decisions: list[dict[str, Any]]) -> None:
    assert post(decisions)["status"] == 422


def test_a_failure_of_one_is_that_ones_alone(made: list[Deal], monkeypatch: pytest.MonkeyPatch) -> None:
    locate = deals.locate

    def failing(reference: str) -> Deal:
        if reference == made[0].id:
            raise RuntimeError("for a test")
        return locate(reference)

    monkeypatch.setattr(deals, "locate", failing)
    found = post([{"deal_id": deal.id, "choice": "approve"} for deal in made[:2]])
    assert [one["status"] for one in found["results"]] == [500, 202]
    assert "for a test" not in json.dumps(found)
