"""Letters from notices: who gets them, once, and only while they are true."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import wiring
from dealreg.approvals import deciding, review
from dealreg.approvals.answering import Said
from dealreg.deals import rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.notifications import delivery
from dealreg.notifications.model import Notice
from dealreg.partners import sessions, users
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo, events, times
from dealreg.platform.errors import Unavailable
from dealreg.platform.http import Caller
from dealreg.platform.settings import table_named
from notifications import send
from tests.integration.moving import records_of, registered, sample
from tests.integration.notifications.conftest import Outbox
from tests.reviews import page_of, question_of

NewPartner = Callable[[str], Caller]


def notice_of_first_event(deal: Deal) -> str:
    (event, *_) = deals.events_of(deal)
    return json.dumps(asdict(Notice(event.type, event.id, event.place.table, event.key.pk, event.key.sk)))


def notice_of_row(kind: str, notice_id: str, table: str, row_kind: str) -> str:
    keys = records_of(table, row_kind)[-1]["dynamodb"]["Keys"]
    return json.dumps(asdict(Notice(kind, notice_id, table_named(table), keys["pk"]["S"], keys["sk"]["S"])))


def notice_of_question(kind: str, deal: Deal, which: str = "") -> str:
    """About the review's row, by the id of the question that is open."""
    return notice_of_row(kind, question_of(deal).id + which, "Deals", "REVIEW#")


def deliver(notice: str, now: datetime) -> None:
    delivery.deliver(notice, wiring.letters(), now)


@pytest.fixture
def asked(new_partner: NewPartner, context: CommandContext, now: datetime) -> Deal:
    """A registration about which an approver was asked."""
    deal = registered(new_partner("North"), context)
    review.ask(deal.id, 1, "task", now)
    return deal


class TestAboutADeal:
    def test_goes_to_whoever_registered_it(
        self, new_partner: NewPartner, context: CommandContext, now: datetime, outbox: Outbox
    ) -> None:
        partner = new_partner("North")
        users.create(partner.partner_id, "Colleague", "colleague@partner.example", now, "test")
        deal = registered(partner, context)

        deliver(notice_of_first_event(deal), now)

        assert outbox.recipients == ["north@partner.example"]
        assert outbox.subject().startswith("We have your registration: Müller Maschinenbau GmbH")
        assert f"https://deals.example.com/deals/{deal.id}" in outbox.text()
        assert outbox[0]["FromEmailAddress"] == "Acme partners <deals@example.com>"
        assert {"Name": "Auto-Submitted", "Value": "auto-generated"} in outbox[0]["Content"]["Simple"]["Headers"]

    def test_goes_to_all_the_partners_people_when_its_system_registered_it_and_one_failure_stops_no_other(
        self, new_partner: NewPartner, context: CommandContext, now: datetime, outbox: Outbox
    ) -> None:
        partner = new_partner("North")
        users.create(partner.partner_id, "Colleague", "colleague@partner.example", now, "test")
        notice = notice_of_first_event(registered(replace(partner, user_id=""), context))

        outbox.refusing = frozenset(["north@partner.example"])
        with pytest.raises(Unavailable, match="1 of 2 letters not sent: EndpointConnectionError"):
            deliver(notice, now)
        assert outbox.recipients == ["colleague@partner.example"]

        outbox.refusing = frozenset()
        deliver(notice, now)
        assert outbox.recipients == ["colleague@partner.example", "north@partner.example"]

    @pytest.mark.parametrize(("internal", "letters"), [({}, 0), ({"by": "ada@acme.example"}, 1)])
    def test_of_a_longer_protection_comes_if_somebody_else_gave_it(
        self,
        new_partner: NewPartner,
        context: CommandContext,
        now: datetime,
        outbox: Outbox,
        internal: dict[str, str],
        letters: int,
    ) -> None:
        deal = registered(new_partner("North"), context)
        event = rules.event_of(
            replace(deal, sequence=9), context, "deal.extended", {"protected_until": deal.created_at}, internal
        )
        dynamo.write(dynamo.put("Deals", events.to_item(event)))
        deliver(json.dumps(asdict(Notice(event.type, event.id, event.place.table, event.key.pk, event.key.sk))), now)
        assert len(outbox) == letters

    def test_comes_once_however_often_the_notice_does(
        self, new_partner: NewPartner, context: CommandContext, now: datetime, outbox: Outbox
    ) -> None:
        notice = notice_of_first_event(registered(new_partner("North"), context))

        for _ in range(3):
            deliver(notice, now)

        assert len(outbox) == 1

    def test_wears_the_colour_of_the_program(
        self,
        program: Program,
        new_partner: NewPartner,
        context: CommandContext,
        now: datetime,
        outbox: Outbox,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(times, "now", lambda: now)
        save_program(replace(program, colour="#7a1fa2"), "test")
        event: dict[str, Any] = sample("notifications-send/letters.json")
        event["Records"] = event["Records"][:1]
        event["Records"][0]["body"] = notice_of_first_event(registered(new_partner("North"), context))

        assert send.handler(event, None) == {"batchItemFailures": []}

        assert 'bgcolor="#7a1fa2"' in outbox.html()

    def test_does_not_come_where_the_program_wants_none(
        self, program: Program, new_partner: NewPartner, context: CommandContext, now: datetime, outbox: Outbox
    ) -> None:
        deal = registered(new_partner("North"), context)
        save_program(replace(program, partner_emails=False), "test")

        deliver(notice_of_first_event(deal), now)

        assert outbox == []


class TestAboutAQuestion:
    def test_goes_to_the_approver_with_links_that_find_it(self, asked: Deal, now: datetime, outbox: Outbox) -> None:
        deliver(notice_of_question("approval.requested", asked), now)

        assert outbox.recipients == ["approver@acme.example"]
        links = re.findall(r"https://deals.example.com/approvals/(\S+)#(\S+)", outbox.text())
        assert [choice for _, choice in links] == ["approve", "reject", "request-info"]
        assert {page_of(token, now).deal.id for token, _ in links} == {asked.id}

    def test_is_not_sent_when_it_was_answered_meanwhile(self, asked: Deal, now: datetime, outbox: Outbox) -> None:
        notice = notice_of_question("approval.reminder", asked, "#review#1")
        deciding.decide_as_admin(asked, Said("approve"), now, "key_1")

        deliver(notice, now)

        assert outbox == []

    def test_each_reminder_is_a_letter_of_its_own(self, asked: Deal, now: datetime, outbox: Outbox) -> None:
        for number in (1, 2, 2):
            deliver(notice_of_question("approval.reminder", asked, f"#review#{number}"), now)

        assert len(outbox) == 2
        assert outbox.subject().startswith("Reminder")


class TestSigningIn:
    def notice(self, new_partner: NewPartner, now: datetime) -> str:
        new_partner("North")
        sessions.request_sign_in("north@partner.example", now)
        return notice_of_row("sign_in", "sgn_1", "Partners", "CREDENTIAL")

    def test_the_link_signs_in(self, new_partner: NewPartner, now: datetime, outbox: Outbox) -> None:
        deliver(self.notice(new_partner, now), now)

        (token,) = re.findall(r"https://deals.example.com/sign-in/(\S+)", outbox.text())
        assert sessions.open_sign_in(token, now).email == "north@partner.example"

    def test_an_expired_link_is_not_sent(self, new_partner: NewPartner, now: datetime, outbox: Outbox) -> None:
        deliver(self.notice(new_partner, now), now + timedelta(minutes=15))

        assert outbox == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_only_the_notice_that_failed_comes_again(
    place: int, aws: None, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr(times, "now", lambda: now)
    event: dict[str, Any] = sample("notifications-send/letters.json")
    event["Records"][place]["body"] = json.dumps(
        {"kind": "unheard of", "id": "1", "table": "DEALS_TABLE", "pk": "1", "sk": "1"}
    )

    failed = send.handler(event, None)["batchItemFailures"]

    assert failed == [{"itemIdentifier": event["Records"][place]["messageId"]}]
