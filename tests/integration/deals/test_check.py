"""Asking before registering: what a partner learns, how often, and what is kept of it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.matching.names.normalise import normalise
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo
from dealreg.platform.http import Caller
from dealreg.platform.tokens import hash_token
from deals.api import handler
from tests.conftest import NOW
from tests.integration.conftest import body
from tests.samples import content, sample

NewPartner = Callable[..., Caller]
CUSTOMER = body()["customer"]


def ask(caller: Caller, **customer: Any) -> dict[str, Any]:
    asked = {"customer": customer, "products": ["analytics"]} if customer else None
    return handler(sample("deals-api/check", caller=caller, body=asked), None)


def register(caller: Caller, **customer: Any) -> dict[str, Any]:
    sent = body(customer=customer or CUSTOMER, partner_reference=None)
    key = {"idempotency-key": sent["customer"]["domain"]}
    return content(handler(sample("deals-api/register", caller=caller, body=sent, headers=key), None))


def rows_of(caller: Caller, prefix: str) -> list[dynamo.Item]:
    return list(dynamo.every("Partners", f"PARTNER#{caller.partner_id}", prefix))


@pytest.fixture
def north(new_partner: NewPartner) -> Caller:
    return new_partner("North", own_domains=["north.example"])


@pytest.fixture
def south(new_partner: NewPartner) -> Caller:
    return new_partner("South")


class TestTheAnswer:
    def test_nobody_has_the_customer(self, north: Caller) -> None:
        reply = ask(north)
        assert reply["statusCode"] == 200
        assert content(reply) == {"conflict": {"verdict": "clear", "reason_code": None}}

    def test_it_is_what_a_registration_would_be_told(self, north: Caller, south: Caller) -> None:
        accounts.create(b'{"name": "Kranz", "domains": ["kranz.example"], "ownership": "customer"}', NOW, "test")
        register(south)
        for customer in (
            CUSTOMER,
            {"name": "MULLER Maschinenbau", "domain": "other.example"},
            {"name": "Kranz und Co", "domain": "shop.kranz.example"},
            {"name": "North Ltd", "domain": "north.example"},
            {"name": "Nobody", "domain": "nobody.example"},
        ):
            assert content(ask(north, **customer))["conflict"] == register(north, **customer)["conflict"]

    def test_it_names_nobody_and_has_one_length(self, north: Caller, south: Caller) -> None:
        replies = [ask(north)]
        register(south)
        replies.append(ask(north))
        assert content(replies[1])["conflict"]["verdict"] == "claimed_by_partner"
        assert set(content(replies[1])) == {"conflict"}
        assert {len(reply["body"]) for reply in replies} == {len(replies[0]["body"])}
        counted = [reply["headers"].pop("ratelimit").partition(";t=")[0] for reply in replies]
        assert counted == ['"checks";r=59', '"checks";r=58']
        assert [reply["headers"] for reply in replies] == [replies[0]["headers"]] * 2

    def test_the_calls_are_the_same_whatever_matches(
        self, north: Caller, south: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []
        read = dynamo.batch_get

        def counted(keys: Iterable[dynamo.Key]) -> dict[dynamo.Key, dynamo.Item]:
            wanted = list(keys)
            asked.append(len(wanted))
            return read(wanted)

        monkeypatch.setattr(dynamo, "batch_get", counted)
        ask(north)
        register(south)
        ask(north)
        assert asked[0] == asked[-1]

    @pytest.mark.parametrize("spent", [0.004, 0.037, 0.0999])
    def test_it_comes_when_a_full_slot_is_over(
        self, north: Caller, monkeypatch: pytest.MonkeyPatch, spent: float
    ) -> None:
        ticks, slept = iter([10.0, 10.0 + spent]), list[float]()
        monkeypatch.setattr("dealreg.deals.check.time", SimpleNamespace(monotonic=ticks.__next__, sleep=slept.append))
        ask(north)
        assert slept == [pytest.approx(0.1 - spent)]

    def test_faults_are_told_as_for_a_registration(self, north: Caller) -> None:
        reply = ask(north, name="-", country="Germany")
        faults = {fault["field"] for fault in content(reply)["errors"]}
        assert (reply["statusCode"], faults) == (422, {"customer.name", "customer.domain", "customer.country"})

    def test_nothing_is_registered(self, north: Caller, south: Caller) -> None:
        ask(north)
        assert register(south)["conflict"]["verdict"] == "clear"


class TestTheLimit:
    @pytest.fixture(autouse=True)
    def two_an_hour(self, program: Program) -> None:
        save_program(replace(program, checks_per_hour=2), by="test")

    def test_one_too_many_is_told_when_to_go_on(self, north: Caller, south: Caller) -> None:
        assert [ask(north)["statusCode"] for _ in range(3)] == [200, 200, 429]
        refused = ask(north)
        assert 0 < int(refused["headers"]["retry-after"]) <= 3600
        assert "conflict" not in content(refused)
        assert ask(south)["statusCode"] == 200

    def test_what_matched_does_not_show_in_a_refusal(self, north: Caller, south: Caller) -> None:
        for _ in range(2):
            ask(north)
        before = ask(north)
        register(south)
        after = ask(north)
        assert len(before["body"]) == len(after["body"])

    def test_a_fault_does_not_count(self, north: Caller) -> None:
        for _ in range(3):
            ask(north, name="M")
        assert ask(north)["statusCode"] == 200

    def test_registering_is_not_limited_by_it(self, north: Caller) -> None:
        for _ in range(3):
            ask(north)
        assert register(north)["status"] == "in_review"


def test_who_asked_after_whom_is_kept_without_the_name(north: Caller, south: Caller) -> None:
    register(south)
    ask(north)
    (row,) = rows_of(north, "CHECK#")
    assert (row["user_id"], row["verdict"]) == (north.user_id, "claimed_by_partner")
    assert row["name_hash"] == hash_token(normalise("Müller Maschinenbau AG").joined)
    assert "ller" not in str(row)
    assert "ttl" in row
    assert rows_of(south, "CHECK#") == []
