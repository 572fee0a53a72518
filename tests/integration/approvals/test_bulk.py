"""A hundred decisions at once: what can be done is, what cannot is named."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import bulk, review
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import dynamo, idempotency, ids
from dealreg.platform.errors import Conflict
from dealreg.platform.http import Caller
from deals import admin_api
from tests.integration.approvals.conftest import withdraw
from tests.integration.approvals.test_worklist import registered
from tests.reviews import review_of
from tests.samples import content, sample

ADA = Caller("admin", "", "key_ada", frozenset(["admin"]), name="ada")


@pytest.fixture
def made(new_partner: Callable[[str], Caller], context: CommandContext, now: datetime) -> list[Deal]:
    caller = new_partner("North")
    made = [registered(caller, context, f"no{number}") for number in range(10)]
    for deal in made:
        review.ask(deal.id, 1, "token", now)
    return made


def post(decisions: Any, key: str | None = None) -> dict[str, Any]:
    return send(request(decisions, key))


def request(decisions: Any, key: str | None = None) -> dict[str, Any]:
    event = sample("deals-admin-api/decide-many", body={"decisions": decisions})
    event["headers"] |= {"idempotency-key": key} if key else {}
    return event


def send(event: dict[str, Any]) -> dict[str, Any]:
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


def test_the_same_request_meanwhile_is_told_to_wait_and_gets_the_answer_then(
    made: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions, locate = [{"deal_id": made[0].id, "choice": "approve"}], deals.locate
    same, other = request(decisions, "key-1"), request([{"deal_id": made[1].id, "choice": "approve"}], "key-1")
    meanwhile = list[dict[str, Any]]()

    def again(reference: str) -> Deal:
        meanwhile.extend((send(same), send(other)))
        return locate(reference)

    with monkeypatch.context() as patch:
        patch.setattr(deals, "locate", again)
        first = post(decisions, "key-1")
    assert first["results"][0]["status"] == 202
    assert {(one["status"], one["code"]) for one in meanwhile} == {(409, "conflict"), (422, "idempotency_mismatch")}
    assert "send it again" in meanwhile[0]["detail"]
    assert post(decisions, "key-1") == first


def test_a_key_whose_request_was_cut_short_is_free_again(made: list[Deal], now: datetime) -> None:
    decisions = [{"deal_id": made[0].id, "choice": "approve"}]
    asked = bulk.Asked.model_validate({"decisions": decisions})
    guard = idempotency.guard("ada", bulk.ROUTE, "key-1", asked.model_dump_json().encode())
    dynamo.write(idempotency.begin(guard, now))
    with pytest.raises(Conflict):
        bulk.decide_all(asked, "key-1", now + idempotency.AT_WORK - timedelta(seconds=1), ADA)
    reply = bulk.decide_all(asked, "key-1", now + idempotency.AT_WORK, ADA)
    assert json.loads(reply.body)["results"][0]["status"] == 202


@pytest.mark.parametrize("decisions", [[], [{"deal_id": "x", "choice": "approve"}] * 101, None, {"deal_id": "x"}, "x"])
def test_what_is_no_list_or_too_long_is_refused(made: list[Deal], decisions: Any) -> None:
    assert post(decisions)["status"] == 422


@pytest.mark.parametrize(
    ("faulty", "named", "told"),
    [
        ({"choice": "approve"}, None, "deal_id: This is required."),
        ({"deal_id": "D-1", "choice": "maybe"}, "D-1", "choice: Use one of"),
        ({"deal_id": "D-1", "choice": "approve", "notes": "x"}, "D-1", "notes: This field is not known."),
        (
            {"deal_id": "D-1", "choice": "reject", "reason": "x" * 2001},
            "D-1",
            "reason: This is too long: at most 2000.",
        ),
        ({"deal_id": "D" * 41, "choice": "approve"}, None, "deal_id: This is too long: at most 40."),
        ({"deal_id": 7, "choice": "approve"}, None, "deal_id: Write this as text."),
        ("approve", None, "body: Give an object."),
        (None, None, "body: Give an object."),
    ],
)
def test_what_is_wrong_with_one_is_that_ones_alone(made: list[Deal], faulty: Any, named: str | None, told: str) -> None:
    found = post([faulty, {"deal_id": made[0].id, "choice": "approve"}])
    assert found["status"] == 200
    first, second = found["results"]
    assert (first["deal_id"], first["status"], first["code"]) == (named, 422, "invalid_input")
    assert first["detail"].startswith(told)
    assert (second["deal_id"], second["status"]) == (made[0].id, 202)


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
