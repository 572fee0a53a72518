"""Names that are alike: what is found, what stays when a deal ends, and two that are registered at once."""

import json
from collections.abc import Callable, Sequence

import pytest

from dealreg.deals import edits, judging, queue, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.matching import index
from dealreg.matching.names.normalise import Name
from dealreg.platform import dynamo
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from tests.integration.conftest import body

NewPartner = Callable[..., Caller]


def registered(caller: Caller, context: CommandContext, name: str, domain: str, country: str = "DE") -> Deal:
    customer = {"name": name, "domain": domain, "country": country}
    asked = body(customer=customer, partner_reference=domain)
    new = parse(NewDeal, json.dumps(asked).encode(), register.validation_context())
    reply = json.loads(register.register(caller, new, None, context).body)
    return store.load(caller.partner_id, reply["id"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Zwack Unicum Likőripari Nyrt.", "ZWACK UNICUM"),
        ("Müller Maschinenbau GmbH", "Mueller Maschinenbau AG"),
        ("Nordlicht Systemhaus GmbH", "Nordlicht System-Haus"),
    ],
)
def test_a_name_spelled_otherwise_is_shown_to_a_reviewer(
    new_partner: NewPartner, context: CommandContext, first: str, second: str
) -> None:
    holder = registered(new_partner("North"), context, first, "first.example.com")
    other = registered(new_partner("South"), context, second, "second.example.org")
    assert (other.status, other.verdict, other.conflict_reason) == ("in_review", "possible_duplicate", "name_match")
    assert [match["id"] for match in other.matches] == [holder.id]


def test_another_company_is_clear(new_partner: NewPartner, context: CommandContext) -> None:
    registered(new_partner("North"), context, "Müller Maschinenbau GmbH", "first.example.com")
    other = registered(new_partner("South"), context, "Nordwind Logistik AG", "second.example.org")
    assert (other.verdict, other.matches) == ("clear", [])


def test_a_deal_that_ended_is_forgotten(new_partner: NewPartner, context: CommandContext) -> None:
    north = new_partner("North")
    first = registered(north, context, "Zwack Unicum", "first.example.com")
    store.commit(first, rules.withdraw(first, context, ""))
    for _ in range(2):
        queue.promote(store.events_of(first)[-1], context)
    blocks = dynamo.batch_get(index.blocks_to_write("DE", "Zwack Unicum")).values()
    assert [(index.entries_in(block), block["entries"]) for block in blocks] == [({}, 0)] * len(blocks)
    assert registered(new_partner("South"), context, "Zwack Unicum", "second.example.org").verdict == "clear"


def test_a_full_block_takes_no_more_and_stops_nobody(new_partner: NewPartner, context: CommandContext) -> None:
    for block in index.blocks_to_write("DE", "Zwack Unicum"):
        others = {f"deal_{place}": {"name": "Other", "partner_id": "part_x"} for place in range(index.BLOCK_CAP)}
        row = {"pk": block.pk, "sk": block.sk, "entries": index.BLOCK_CAP, **others}
        dynamo.write(dynamo.put(block.table, row))
    deal = registered(new_partner("North"), context, "Zwack Unicum", "first.example.com")
    rows = dynamo.batch_get(index.blocks_to_write("DE", "Zwack Unicum")).values()
    assert all(deal.id not in row and row["entries"] == index.BLOCK_CAP for row in rows)


def test_of_two_registered_at_once_one_sees_the_other(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given that the second reads before the first writes, when both are assessed, then both are seen."""
    north, south = new_partner("North"), new_partner("South")

    def nothing(names: Sequence[Name], country: str | None) -> list[str]:
        return []

    with monkeypatch.context() as blind:
        blind.setattr(index, "read_keys_of", nothing)
        first = registered(north, context, "Zwack Unicum", "first.example.com")
        second = registered(south, context, "Zwack Unikum", "second.example.org")
    assert (first.verdict, second.verdict) == ("clear", "clear")
    assert judging.recheck(second, context).verdict == "possible_duplicate"
    events = store.events_of(second)
    assert [event.type for event in events] == ["deal.submitted", "deal.conflict_changed"]
    assert judging.recheck(first, context).verdict == "possible_duplicate"


def test_a_corrected_name_is_found_and_the_former_one_is_not(new_partner: NewPartner, context: CommandContext) -> None:
    deal = registered(new_partner("North"), context, "Nordwind Logistik AG", "first.example.com")
    asked = store.commit(deal, rules.request_info(deal, context, ["customer.name"], "Which one?", "head"))
    edits.resubmit(asked, {"customer": {"name": "Zwack Unicum"}}, context)
    south = new_partner("South")
    assert registered(south, context, "Zwack Unicum", "second.example.org").verdict == "possible_duplicate"
    assert registered(south, context, "Nordwind Logistik AG", "third-company.org").verdict == "clear"


@pytest.mark.parametrize("is_approved", [False, True])
def test_a_deal_posted_by_the_keys_of_another_release_is_found_again_and_forgotten(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch, is_approved: bool
) -> None:
    def former_keys(name: Name, country: str | None) -> list[str]:
        return [f"x{name.joined}{country}"]

    with monkeypatch.context() as former:
        former.setattr(index, "written_keys", former_keys)
        first = registered(new_partner("North"), context, "Zwack Unicum", "first.example.com")
    first = store.commit(first, rules.approve(first, context, 90, "head")) if is_approved else first
    south = new_partner("South")
    assert registered(south, context, "Zwack Unicum", "zwack.example").verdict == "clear"
    judging.recheck(first, context)
    assert first.id in [match["id"] for match in registered(south, context, "Zwack Unicum", "unicum.example").matches]
    old = index.row_of("name#xzwackunicumDE")
    assert index.entries_in(dynamo.get(old.table, old.pk, old.sk) or {}) == {}
