"""What a partner's people are written about their payouts: each once, and nothing that no longer holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from dealreg.ledger import lists
from dealreg.notifications.model import Mailing, Notice
from dealreg.notifications.render import render
from dealreg.partners import partners
from dealreg.partners.program import Program, save_program
from dealreg.payouts import letters
from dealreg.payouts.model import Payout
from dealreg.payouts.wiring import PAYOUTS
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from tests.integration.payouts.runs import BY, do, events_of, exported, owe, paid_out, payouts_of


@pytest.fixture
def north(
    program: Program, now: datetime, new_partner: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.setenv("PUBLIC_URL", "https://deals.example.com")
    one = new_partner("North").partner_id
    owe(one, now, "60.00", "-5.00")
    return one


def written(partner_id: str, kind: str, now: datetime) -> Mailing | None:
    """As the relay asks for it, of the one event of the type."""
    assert kind in PAYOUTS.mailed
    (item,) = [event for event in events_of(partner_id) if event["type"] == kind]
    notice = Notice(kind, item["id"], Setting.LEDGER_TABLE, item["pk"], item["sk"])
    return PAYOUTS.letters[kind](notice, item, now)


def mail_of(mailing: Mailing | None) -> str:
    """As it is read, by day; its HTML says the same."""
    assert mailing
    mail = render(mailing.letter, mailing.sender)
    assert "See your earnings" in mail.html
    return f"{mail.subject}\n{mail.text}".replace("\u200b", "")


def paid(partner_id: str, now: datetime) -> Payout:
    return do("paid", paid_out(partner_id, now), now)


def test_what_was_paid_and_when_to_all_of_the_partners_people(north: str, now: datetime) -> None:
    payout = paid(north, now)
    mailing = written(north, "payout.paid", now)
    assert mailing
    assert mailing.addresses == ("north@partner.example",)
    mail = mail_of(mailing)
    assert "Your commission is paid: 55.00 EUR" in mail
    assert "on 23 Nov 2026" in mail
    assert "Reference: SEPA 17" in mail
    assert f"Payout: P-{payout.id[-8:-4]}-{payout.id[-4:]}" in mail
    assert "Tax:" not in mail
    assert "https://deals.example.com/deals/earnings\n" in mail


def test_what_the_tax_is_of_it(north: str, now: datetime) -> None:
    partners.change(north, {"payout": {"erp_reference": "70001", "tax_percent": "19", "tax_code": "V19"}}, BY)
    (payout,) = payouts_of(exported(now).id)
    do("paid", payout, now)
    mail = mail_of(written(north, "payout.paid", now))
    assert "Commission: 55.00 EUR\nTax: 10.45 EUR\nTotal: 65.45 EUR" in mail


def test_of_what_came_back_nobody_is_told_any_more_that_it_was_paid(north: str, now: datetime) -> None:
    payout = paid(north, now)
    do("returned", payout, now)
    assert written(north, "payout.paid", now) is None
    mail = mail_of(written(north, "payout.returned", now))
    assert "Your payout came back: 55.00 EUR" in mail
    assert "paid to you on 23 Nov 2026 has come back" in mail
    assert "This is why: “No such account.”" in mail
    (purse,) = lists.balance(north, now)["items"]
    assert (purse["payable"], purse["paid"]) == ("55.00", "0.00")


def test_only_what_happened_is_written_of_and_it_happens_once(north: str, now: datetime) -> None:
    payout = paid_out(north, now)
    assert not {event["type"] for event in events_of(north)} & set(letters.PARTNER_LETTERS)
    do("paid", do("paid", payout, now), now)
    assert [event["type"] for event in events_of(north)].count("payout.paid") == 1


def test_none_where_the_program_writes_to_no_partner(program: Program, north: str, now: datetime) -> None:
    save_program(replace(program, partner_emails=False), by="test")
    paid(north, now)
    assert written(north, "payout.paid", now) is None
