"""The console's first page: counts of what waits, each for who may look."""

from datetime import datetime, timedelta

import pytest

from dealreg.deals import commands, rules
from dealreg.platform import times
from tests.integration.console.conftest import SignedIn
from tests.integration.console.test_deals import APPROVER, New, clock, new_deal

__all__ = ["clock", "new_deal"]


def counted(html: str) -> dict[str, str]:
    """By what each card is called."""
    cards = [card.partition("</a>")[0] for card in html.split("<a href=")[1:] if "<b>" in card.partition("</a>")[0]]
    return {
        card.partition("<span>")[2].partition("<")[0].strip(): card.partition("<b>")[2].partition("<")[0]
        for card in cards
    }


@pytest.mark.parametrize("role", ["admin", "partner_manager", "approver", "finance", "viewer"])
def test_nothing_waits(signed_in: SignedIn, role: str) -> None:
    page = signed_in(role).get("/admin")
    assert (page.status, "Nothing waits." in page.html, counted(page.html)) == (200, True, {})


def test_what_waits_is_counted_by_when_it_is_promised(
    signed_in: SignedIn, new_deal: New, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
    new_deal("South", "Hafen Logistik AG", "hafen-logistik.example")
    promised = times.from_text(deal.decide_by or "")
    ada = signed_in()
    assert counted(ada.get("/admin").html) == {"Due later": "2"}
    monkeypatch.setattr(times, "now", lambda: promised - timedelta(minutes=1))
    assert counted(signed_in(email="ole@kontor.example").get("/admin").html) == {"Due today": "2"}
    monkeypatch.setattr(times, "now", lambda: promised + timedelta(minutes=1))
    assert counted(signed_in(email="ida@kontor.example").get("/admin").html) == {"Overdue": "2"}
    assert now < promised


def test_partners_who_must_answer_are_counted(signed_in: SignedIn, new_deal: New, now: datetime) -> None:
    deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
    commands.apply(deal, lambda read: rules.request_info(read, commands.context_at(now), ["notes"], "Which?", "test"))
    assert counted(signed_in("viewer").get("/admin").html) == {"With the partner": "1"}


def test_an_approver_has_a_count_of_their_own_questions(signed_in: SignedIn, new_deal: New) -> None:
    new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
    asked, other = signed_in("approver", email=APPROVER), signed_in("approver", email="eve@kontor.example")
    assert counted(asked.get("/admin").html) == {"You are asked": "1"}
    assert "Zwirner Optik" in asked.get("/admin/deals?mine=true").html
    assert counted(other.get("/admin").html) == {}


def test_many_are_counted_as_many(signed_in: SignedIn, new_deal: New, monkeypatch: pytest.MonkeyPatch) -> None:
    new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
    new_deal("South", "Hafen Logistik AG", "hafen-logistik.example")
    monkeypatch.setattr("console.today._MOST", 2)
    assert "<b>1+</b>" in signed_in().get("/admin").html
