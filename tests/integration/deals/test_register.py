"""Registering: what is stored, what is answered, who is first."""

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dealreg.deals import queue, register, rules, store
from dealreg.deals.model import NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.matching import identities, index
from dealreg.platform import aws as aws_module
from dealreg.platform import dynamo
from dealreg.platform.errors import AlreadyExists, IdempotencyMismatch
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from tests.integration.conftest import body
from tests.integration.write_units import size

NewPartner = Callable[[str], Caller]


def registered(caller: Caller, context: CommandContext, key: str | None = None, **changes: object) -> dict[str, object]:
    new = parse(NewDeal, json.dumps(body(**changes)).encode(), register.validation_context())
    return json.loads(register.register(caller, new, key, context).body)


def test_a_clear_registration_is_in_review_and_keeps_all_that_was_said(
    new_partner: NewPartner, context: CommandContext
) -> None:
    partner = new_partner("North")
    deal = registered(partner, context)
    assert deal["status"] == "in_review"
    assert deal["version"] == 1
    assert deal["conflict"] == {"verdict": "clear", "reason_code": None}
    assert deal["decide_by"] == "2026-11-25T17:00:00.000Z"
    assert deal["customer"] == body()["customer"]
    stored = store.load(partner.partner_id, str(deal["id"]))
    assert [event.type for event in store.events_of(stored)] == ["deal.submitted"]


def test_the_second_partner_is_queued_and_learns_a_verdict_only(
    new_partner: NewPartner, context: CommandContext
) -> None:
    first, second = new_partner("North"), new_partner("South")
    winner = registered(first, context)
    loser = registered(second, context)
    assert loser["status"] == "queued"
    assert loser["conflict"] == {"verdict": "claimed_by_partner", "reason_code": "domain_match"}
    assert str(winner["id"]) not in json.dumps(loser)
    assert first.partner_id not in json.dumps(loser)


def test_a_retry_with_its_key_gets_the_same_reply_and_makes_nothing(
    new_partner: NewPartner, context: CommandContext
) -> None:
    partner = new_partner("North")
    first = registered(partner, context, key="k1")
    again = registered(partner, context, key="k1")
    assert again == first
    assert len(store.newest_of_partner(partner.partner_id, 10)) == 1


def test_a_key_used_for_another_body_is_refused(new_partner: NewPartner, context: CommandContext) -> None:
    partner = new_partner("North")
    registered(partner, context, key="k1")
    with pytest.raises(IdempotencyMismatch):
        registered(partner, context, key="k1", notes="something else")


def test_a_partner_reference_names_one_deal(new_partner: NewPartner, context: CommandContext) -> None:
    partner = new_partner("North")
    first = registered(partner, context)
    with pytest.raises(AlreadyExists) as refused:
        registered(partner, context, customer={"name": "Other", "domain": "other.example.org"})
    assert refused.value.extra == {"deal_id": first["id"]}


def test_when_the_holder_withdraws_the_oldest_in_the_queue_moves_up(
    new_partner: NewPartner, context: CommandContext
) -> None:
    first, second, third = new_partner("North"), new_partner("South"), new_partner("West")
    held = registered(first, context)
    waiting = registered(second, context)
    last = registered(third, context)
    holder = store.load(first.partner_id, str(held["id"]))
    store.commit(holder, rules.withdraw(holder, context, "changed plans"))
    withdrawn = store.load(first.partner_id, holder.id)
    queue.promote(store.events_of(withdrawn)[-1], context)
    statuses = [
        store.load(second.partner_id, str(waiting["id"])).status,
        store.load(third.partner_id, str(last["id"])).status,
    ]
    assert sorted(statuses) == ["in_review", "queued"]


def test_a_registration_fits_in_fourteen_write_units(new_partner: NewPartner, context: CommandContext) -> None:
    """Two units a kilobyte of each item in the transaction and one an index entry, the name block not counted."""
    registered(new_partner("North"), context, key="6f1c5a3e-7f0e-4c59-9f3a-2d7d3c1f8f11")
    items = [
        dynamo.item_from_wire(item)
        for table in ("Deals", "Matching", "Idempotency")
        for item in aws_module.client("dynamodb").scan(TableName=table)["Items"]
    ]
    paid = [item for item in items if item["sk"] != "BLOCK"]
    kilobytes = sum(math.ceil(size(item) / 1024) for item in paid)
    index_entries = sum("due_bucket" in item for item in paid) + sum("status" in item and "id" in item for item in paid)
    assert 2 * kilobytes + index_entries <= 14


def test_identities_and_index_keys_are_derived_once(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fifth of a registration's processor time went into deriving them again."""
    derived: Counter[str] = Counter()
    for module, name in ((identities, "identify"), (index, "read_keys_of"), (index, "written_keys")):
        monkeypatch.setattr(module, name, _counting(derived, name, getattr(module, name)))

    registered(new_partner("North"), context)

    assert derived == {"identify": 1, "read_keys_of": 1, "written_keys": 1}


def _counting(calls: Counter[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*args: Any) -> Any:
        calls[name] += 1
        return function(*args)

    return counted
