"""The kind of a deal: one of the program's, by the API and by the form."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dealreg.deals import edits, store
from dealreg.deals.rules import CommandContext
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing
from dealreg.platform.http import Caller
from deals.api import handler
from tests.integration.conftest import body
from tests.samples import content, sample


def with_types(program: Program, *types: str) -> None:
    worked = routing_text.to_text(Routing((), None, 2, deal_types=types))
    save_program(replace(program, worked=worked), "test")


@pytest.fixture
def north(program: Program, new_partner: Callable[[str], Caller]) -> Caller:
    with_types(program, "new_business", "renewal")
    return new_partner("North")


def register(caller: Caller, **changes: Any) -> dict[str, Any]:
    return handler(sample("deals-api/register", caller=caller, body=body(**changes)), None)


def test_it_is_kept_and_shown(north: Caller) -> None:
    made = content(register(north, type="renewal"))
    assert made["type"] == "renewal"
    assert store.load(north.partner_id, made["id"]).type == "renewal"


def test_it_may_be_left_out(north: Caller) -> None:
    assert content(register(north))["type"] is None


def test_one_that_the_program_does_not_have_is_refused(north: Caller) -> None:
    reply = register(north, type="gift")
    assert content(reply)["errors"] == [
        {"field": "type", "message": "There is no type gift. Choose from new_business, renewal."}
    ]


def test_a_deal_keeps_one_that_the_program_has_no_more(
    north: Caller, program: Program, context: CommandContext
) -> None:
    deal = store.load(north.partner_id, content(register(north, type="renewal"))["id"])
    with_types(program, "new_business")
    later = replace(context, now=context.now + timedelta(days=1))
    edited = edits.edit(deal, {"notes": "Still open"}, later)
    assert (edited.type, edited.notes) == ("renewal", "Still open")


def test_it_can_be_changed_where_the_amount_can(
    north: Caller, new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    register(new_partner("South"))
    deal = store.load(north.partner_id, content(register(north))["id"])
    assert deal.status == "queued"
    assert edits.edit(deal, {"type": "new_business"}, context).type == "new_business"
