"""What people read is by the clocks of the program's default calendar, and says so; the wire stays UTC."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

import pytest

from approvals.links import handler as approval_pages
from dealreg.approvals import review
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.notifications.model import Notice
from dealreg.partners import routing_text, users
from dealreg.partners.calendars import CalendarInput
from dealreg.partners.program import Program, save_program
from dealreg.partners.rules import routing_of
from dealreg.platform import times
from dealreg.platform.http import Caller
from deals import api
from notifications import send
from tests.integration.forms.conftest import signed_in
from tests.integration.forms.visitor import Visitor
from tests.integration.moving import registered, sample
from tests.integration.notifications.conftest import Outbox
from tests.integration.notifications.conftest import outbox as outbox
from tests.reviews import decide, question_of
from tests.samples import content
from tests.samples import sample as request_of

PACIFIC = CalendarInput(time_zone="America/Los_Angeles").to_calendar(2026)


@pytest.fixture
def partner(new_partner: Callable[[str], Caller]) -> Caller:
    return new_partner("North")


@pytest.fixture
def deal(
    program: Program, partner: Caller, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Deal:
    """In review since Monday, two in the morning on the Pacific coast; promised for Wednesday's closing time."""
    monkeypatch.setattr(times, "now", lambda: now)
    worked = routing_text.to_text(replace(routing_of(program), calendars={"default": PACIFIC}))
    save_program(replace(program, worked=worked), "test")
    made = registered(partner, context)
    review.assess(made.id, 1, now)
    review.ask(made.id, 1, "token", now)
    return deals.locate(made.id)


def test_the_day_of_a_promise_is_that_of_the_vendor(deal: Deal, partner: Caller) -> None:
    read = content(api.handler(request_of("deals-api/read", caller=partner, params={"id": deal.id}), None))
    assert read["decide_by"] == "2026-11-26T01:00:00.000Z"
    assert read["next"].endswith("You get a decision by 25 Nov 2026.")


def test_times_on_a_partners_page_name_the_zone(deal: Deal, partner: Caller, now: datetime) -> None:
    visitor = signed_in(users.load(partner.partner_id, partner.user_id), now)
    page = visitor.get(f"/deals/{deal.id}").html
    assert "23 Nov 2026, 02:00 (America/Los_Angeles)" in page
    assert "25 Nov 2026" in page
    assert "UTC" not in page
    assert "26 Nov 2026" not in page


def test_so_does_what_a_closed_link_says(deal: Deal, now: datetime) -> None:
    link = decide(question_of(deal), "approve", now=now).link
    page = Visitor(approval_pages).get(f"/approvals/{link}").html
    assert "You approved this on 23 Nov 2026, 02:00 (America/Los_Angeles)." in page


def test_a_letter_names_the_day_of_the_vendor(deal: Deal, outbox: Outbox) -> None:
    event = deals.events_of(deal)[0]
    notice = Notice(event.type, event.id, event.place.table, event.key.pk, event.key.sk)
    queued = sample("notifications-send/letters.json")
    queued["Records"] = [queued["Records"][0] | {"body": json.dumps(asdict(notice))}]
    assert send.handler(queued, None) == {"batchItemFailures": []}
    assert "25 Nov 2026" in outbox.text()
    assert "26 Nov 2026" not in outbox.text()
