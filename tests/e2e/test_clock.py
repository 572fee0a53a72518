"""The clock of the stack is moved, and what becomes due in between happens in its order."""

import os
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from dealreg.platform.working_time import DEFAULT
from tests.e2e.test_story import approval_link, approved, becomes, eventually, post_generic, received, register
from tests.stack import Stack

pytestmark = [
    pytest.mark.stack,
    pytest.mark.moves_clock,
    pytest.mark.skipif(
        "RUNNING_STACK" in os.environ, reason="the clock of the stack that you work with would stay moved"
    ),
]
MINUTES = 10 * 60
SOON = timedelta(minutes=30)


def move(stack: Stack, **wish: str) -> dict[str, Any]:
    reply = httpx.post(f"{stack.base_url}/_local/clock", json=wish, timeout=MINUTES)
    assert reply.status_code == 200, reply.text
    return reply.json()


def mails_about(stack: Stack, deal: dict[str, Any]) -> list[dict[str, Any]]:
    """The oldest first."""
    mails: list[dict[str, Any]] = httpx.get(f"{stack.base_url}/_local/mail.json", timeout=30).json()
    return [mail for mail in reversed(mails) if deal["number"] in mail["subject"]]


def asked(stack: Stack, deal: dict[str, Any]) -> list[str]:
    """Which approver was written to, one mail after the other."""
    return [mail["to"][0] for mail in mails_about(stack, deal) if mail["to"][0] in stack.demo["approvers"]]


def test_the_past_and_nonsense_are_refused(stack: Stack) -> None:
    for wish in ({"to": "2020-01-01T00:00:00Z"}, {"advance": "PT0S"}, {"advance": "soon"}, {}):
        reply = httpx.post(f"{stack.base_url}/_local/clock", json=wish, timeout=30)
        assert reply.status_code == 422
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["code"] == "invalid_input"


def test_a_reminder_comes_after_a_working_day_and_another_approver_is_asked_after_two(stack: Stack) -> None:
    first, escalation = stack.demo["approvers"]
    deal, begun = register(stack, stack.demo["partners"][0]), stack.now()
    approval_link(stack, deal)
    reminder, escalated = (DEFAULT.add(begun, timedelta(hours=hours)) for hours in (8, 16))

    moved = move(stack, to=(reminder + SOON).isoformat())

    assert reminder + SOON <= datetime.fromisoformat(moved["now"]) < reminder + 2 * SOON
    assert moved["stops"] >= 1
    assert asked(stack, deal) == [first, first]

    move(stack, to=(escalated + SOON).isoformat())

    assert asked(stack, deal) == [first, first, escalation]
    mails = mails_about(stack, deal)
    sent = [datetime.fromisoformat(mail["sent_at"]) for mail in mails if mail["to"][0] in stack.demo["approvers"]]
    late = [moment - due for moment, due in zip(sent[1:], (reminder, escalated), strict=True)]
    assert all(timedelta(minutes=-1) < one < timedelta(minutes=5) for one in late), sent


def test_deals_go_on_as_ever_by_the_moved_clock(stack: Stack) -> None:
    partner = stack.demo["partners"][2]
    deal = approved(stack, partner)
    assert datetime.fromisoformat(deal["protected_until"]) - stack.now() > timedelta(days=119)

    unmoved = post_generic(stack, {"type": "deal.closed_won", "data": {"deal_number": deal["number"]}})
    assert unmoved.status_code == 401, "signed long ago, as the product sees it"
    assert httpx.post(f"{stack.base_url}/_local/won", data={"number": deal["number"]}, timeout=30).status_code == 303

    becomes(stack, partner, deal, "won")
    calls = eventually(lambda: received(stack, "deal.won", deal), "deal.won at a receiver")
    assert all(call["verified"] for call in calls)


def test_the_start_page_has_buttons(stack: Stack) -> None:
    begun = stack.now()
    assert 'value="P7D"' in httpx.get(f"{stack.base_url}/_local/", timeout=30).text

    pressed = httpx.post(f"{stack.base_url}/_local/clock/advance", data={"advance": "PT1H"}, timeout=MINUTES)

    assert (pressed.status_code, pressed.headers["location"]) == (303, "/_local/")
    assert stack.now() - begun >= timedelta(hours=1)
