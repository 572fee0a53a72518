"""What a page sends along: what it showed, to whom the question goes, what is for colleagues alone; and what it says
when there is nothing to decide any more."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import relay, wiring
from dealreg.approvals import absences, deciding, review
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Turn
from dealreg.approvals.people import Absence
from dealreg.approvals.wiring import on_change
from dealreg.capability import Change
from dealreg.deals import commands, edits, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.notifications import delivery
from dealreg.partners import credentials, partners
from dealreg.partners.program import Approvers, Program, save_program
from dealreg.platform import dynamo
from dealreg.platform.errors import Gone
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from deals import admin_api, api
from tests.integration.approvals_page.conftest import path_of, statuses
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Visitor
from tests.integration.moving import waiting_in
from tests.integration.notifications.conftest import Outbox
from tests.integration.notifications.conftest import outbox as outbox
from tests.reviews import page_of, question_of, questions_of, review_of, strike
from tests.samples import content, sample

APPROVER, HEAD = "approver@acme.example", "head@acme.example"
APPROVE = {"choice": "approve"}
PASS_ON = {"choice": "delegate", "to": HEAD}
NOTE = "Only because Ada insists."


def partners_view(deal: Deal, call: str) -> str:
    caller = Caller("partner", deal.partner_id, deal.user_id, frozenset(["deals"]))
    return json.dumps(content(api.handler(sample(f"deals-api/{call}", caller=caller, params={"id": deal.id}), None)))


def admins_timeline(deal: Deal, now: datetime) -> str:
    made, _ = credentials.create_admin_key("Ada", now, "test")
    caller = Caller("admin", "", made.id, frozenset(["admin"]))
    sent = sample("deals-admin-api/timeline", caller=caller, params={"id": deal.id})
    return json.dumps(content(admin_api.handler(sent, None)))


def applied(deal: Deal, now: datetime) -> Deal:
    """By the workflow."""
    review.apply_decision(Turn(deal_id=deal.id, version=deal.review_version, next_step="apply", step=1), now)
    return deals.locate(deal.id)


def pass_on(deal: Deal, now: datetime) -> None:
    link = question_of(deal).link
    deciding.delegate(link, HEAD, page_of(link, now).seen, now)


class TestWhatWasSeen:
    def test_the_page_says_it_by_itself(self, visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
        page = visitor.get(link)
        assert page.hidden["seen"] == page_of(question_of(deal).link, today).seen
        assert visitor.submit(link, APPROVE).status == 303

    def test_without_it_nothing_is_decided(self, visitor: Visitor, deal: Deal, link: str) -> None:
        visitor.get(link)
        page = visitor.submit(link, APPROVE | {"seen": ""})
        check_page(page)
        assert (page.status, "Open the page again" in page.html) == (422, True)
        assert page.hidden["seen"], "and now the page says it"
        assert statuses(deal) == ["pending"]

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"amount": Money(9_000_000, "EUR")}, "the deal value"),
            ({"amount": Money(4_800_000, "CZK")}, "the deal value"),
            ({"verdict": "existing_customer"}, "the customer, or what was found of it"),
            ({"notes": "Another.", "products": ["payments"]}, "the products, the notes"),
            ({"expected_close_date": "2027-03-31"}, "the closing date"),
        ],
    )
    @pytest.mark.parametrize("choice", ["approve", "reject", "request_info"])
    def test_a_page_that_is_old_decides_nothing_and_says_what_changed(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime, change: dict[str, Any], told: str, choice: str
    ) -> None:
        visitor.get(link)
        commands.apply(deal, lambda read: rules.rejudge(replace(read, **change), commands.context_at(today)))
        typed = {"choice": choice, f"{choice}_reason": "Because.", "fields": ["notes"]}
        page = visitor.submit(link, typed)
        check_page(page)
        assert page.status == 409
        assert f"The deal changed since you opened this page: {told}. Please look again." in page.html
        assert statuses(deal) == ["pending"]
        visitor.get(link)
        assert visitor.submit(link, typed).status == 303

    def test_what_is_none_of_it_makes_no_page_old(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime
    ) -> None:
        visitor.get(link)
        contact = {"customer": {"contact": {"name": "Max"}}}
        edits.edit(deals.locate(deal.id), contact, commands.context_at(today))
        assert visitor.submit(link, APPROVE).status == 303


class TestAsWhomOneDecides:
    def test_whoever_was_asked(self, visitor: Visitor, link: str) -> None:
        assert f"You decide as {APPROVER}." in visitor.get(link).html

    def test_for_whoever_passed_it_on(self, visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
        pass_on(deal, today)
        assert f"You decide as {HEAD}, for {APPROVER}." in visitor.get(path_of(question_of(deal))).html


class TestPassingOn:
    def test_the_other_is_asked_and_the_link_says_so(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime, outbox: Outbox
    ) -> None:
        page = visitor.get(link)
        check_page(page)
        assert f'<option value="{HEAD}">' in page.html and f'<option value="{APPROVER}">' not in page.html
        before = dynamo.get("Deals", f"DEAL#{deal.id[-8:]}", "REVIEW#00000001")
        reply = visitor.submit(link, PASS_ON)
        assert (reply.status, reply.location, statuses(deal)) == (303, link, ["delegated", "pending"])
        page = visitor.follow()
        assert f"Passed on to {HEAD} on " in page.html and "<form" not in page.html
        tell_of(before, deal, today)
        assert outbox.recipients == [HEAD]
        assert f"It was put to {APPROVER} first, and passed on to you." in outbox.text()
        assert path_of(question_of(deal)) in outbox.text() and link not in outbox.text()

    @pytest.mark.parametrize("to", ["", APPROVER, "stranger@acme.example", "nordlicht@partner.example", "x" * 5000])
    def test_to_others_of_the_program_alone(self, visitor: Visitor, deal: Deal, link: str, to: str) -> None:
        visitor.get(link)
        page = visitor.submit(link, {"choice": "delegate", "to": to})
        check_page(page)
        assert (page.status, 'id="to-error"' in page.html) == (422, True)
        assert [field["value"] for field in page.inputs if "checked" in field] == ["delegate"]
        assert statuses(deal) == ["pending"]

    def test_where_nobody_is_left_it_is_no_choice(
        self, visitor: Visitor, deal: Deal, link: str, program: Program, today: datetime
    ) -> None:
        save_program(replace(program, approvers=Approvers(APPROVER)), "test")
        assert 'value="delegate"' not in visitor.get(link).html

    def test_who_is_away_is_not_offered(self, visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
        absences.record(HEAD, Absence(today, None, None), "", "admin_1")
        assert HEAD not in visitor.get(link).html

    def test_who_went_away_meanwhile_is_refused(self, visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
        visitor.get(link)
        absences.record(HEAD, Absence(today, None, None), "", "admin_1")
        page = visitor.submit(link, PASS_ON)
        assert (page.status, statuses(deal)) == (422, ["pending"])
        assert f"{HEAD} is away, or not reached by mail: choose somebody else." in page.html

    def test_needs_the_page_as_every_choice_does(self, visitor: Visitor, deal: Deal, link: str) -> None:
        assert visitor.post(link, PASS_ON).status == 403
        visitor.get(link)
        elsewhere = {"sec-fetch-site": "cross-site"}
        assert visitor.post(link, visitor.page.hidden | PASS_ON, headers=elsewhere).status == 403
        assert statuses(deal) == ["pending"]

    def test_not_while_the_partner_is_suspended(self, visitor: Visitor, deal: Deal, link: str) -> None:
        visitor.get(link)
        typed = visitor.page.hidden
        partners.change(deal.partner_id, {"status": "suspended"}, "test")
        assert visitor.post(link, typed | PASS_ON).status == 409
        assert statuses(deal) == ["pending"]


def tell_of(before: dynamo.Item | None, deal: Deal, now: datetime) -> None:
    """What follows from how the review has changed."""
    after = dynamo.get("Deals", f"DEAL#{deal.id[-8:]}", "REVIEW#00000001") or {}
    on_change(Change(before or {}, after), now)
    for notice in waiting_in("NOTIFICATION_QUEUE_URL"):
        delivery.deliver(json.dumps(notice), wiring.letters(), now)


@pytest.mark.parametrize("choice", ["approve", "reject", "request_info"])
def test_a_note_is_for_the_vendor_alone(
    visitor: Visitor, deal: Deal, link: str, today: datetime, outbox: Outbox, choice: str
) -> None:
    visitor.get(link)
    reason = {f"{choice}_reason": "As discussed.", "fields": ["notes"]}
    assert visitor.submit(link, {"choice": choice, "note": f" {NOTE} "} | reason).status == 303
    decided = applied(deal, today)
    *_, event = deals.events_of(decided)
    relay.publish(wiring.CAPABILITIES, event, today)
    for notice in waiting_in("NOTIFICATION_QUEUE_URL"):
        delivery.deliver(json.dumps(notice), wiring.letters(), today)
    assert outbox.recipients == ["nordlicht@partner.example"] and "As discussed." in outbox.text()
    told = [outbox.text(), outbox.html(), json.dumps(event.data)]
    told += [partners_view(decided, call) for call in ("read", "timeline")]
    assert not [text for text in told if NOTE in text or APPROVER in text]
    assert NOTE in admins_timeline(decided, today)


def test_a_note_has_a_bearable_length(visitor: Visitor, deal: Deal, link: str) -> None:
    visitor.get(link)
    page = visitor.submit(link, APPROVE | {"note": "x" * 2001})
    assert (page.status, 'id="note-error"' in page.html, statuses(deal)) == (422, True, ["pending"])


class TestClosed:
    """Each link says what holds, whether it is opened or answered, and answers with 410."""

    def by_its_owner(self, deal: Deal, program: Program, now: datetime) -> None:
        view = page_of(question_of(deal).link, now)
        deciding.decide(question_of(deal).link, Said("approve"), view.seen, now)

    def by_an_admin(self, deal: Deal, program: Program, now: datetime) -> None:
        deciding.decide_as_admin(deal, Said("reject", "No."), now, "key_9")

    def asked_by_an_admin(self, deal: Deal, program: Program, now: datetime) -> None:
        deciding.decide_as_admin(deal, Said("request_info", "Which?", ["notes"]), now, "key_9")

    def asked_by_its_owner(self, deal: Deal, program: Program, now: datetime) -> None:
        view = page_of(question_of(deal).link, now)
        deciding.decide(question_of(deal).link, Said("request_info", "Which?", ["notes"]), view.seen, now)

    def escalated(self, deal: Deal, program: Program, now: datetime) -> None:
        strike(question_of(deal), now, timedelta(days=10))

    def delegated(self, deal: Deal, program: Program, now: datetime) -> None:
        pass_on(deal, now)

    def withdrawn(self, deal: Deal, program: Program, now: datetime) -> None:
        commands.apply(deal, lambda read: rules.withdraw(read, commands.context_at(now), "The customer stopped."))
        review.close_for(deals.events_of(deal)[-1], now)

    def left(self, deal: Deal, program: Program, now: datetime) -> None:
        save_program(replace(program, approvers=Approvers(HEAD)), "test")

    @pytest.mark.parametrize(
        ("happens", "told", "status"),
        [
            (by_its_owner, "You approved this on ", "decided"),
            (by_an_admin, "An administrator rejected this on ", "superseded"),
            (asked_by_its_owner, "You asked the partner for information on ", "decided"),
            (asked_by_an_admin, "An administrator asked the partner on ", "superseded"),
            (escalated, f"so {HEAD} was asked. You can no longer decide.", "escalated"),
            (delegated, f"Passed on to {HEAD} on ", "delegated"),
            (withdrawn, "The partner withdrew this.", "superseded"),
            (left, "You no longer decide on registrations.", "pending"),
        ],
    )
    def test_says_what_holds(
        self,
        visitor: Visitor,
        deal: Deal,
        link: str,
        program: Program,
        today: datetime,
        happens: Callable[["TestClosed", Deal, Program, datetime], None],
        told: str,
        status: str,
    ) -> None:
        typed = visitor.get(link).hidden
        token = link.rpartition("/")[2]
        happens(self, deal, program, today)
        before = review_of(deal)
        page = visitor.get(link)
        check_page(page)
        assert (page.status, told in page.html, 'name="choice"' in page.html) == (200, True, False)
        for said in (APPROVE, PASS_ON):
            late = visitor.post(link, typed | said)
            assert (late.status, told in late.html) == (410, True)
        with pytest.raises(Gone) as refused:
            deciding.decide(token, Said("approve"), typed["seen"], today)
        assert refused.value.extra == {"question_status": status}
        assert review_of(deal) == before

    def test_a_deal_of_another_partner_by_now(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime, new_partner: Callable[[str], Caller]
    ) -> None:
        """Nobody's answer about one partner's deal is one about another's."""
        typed = visitor.get(link).hidden
        moved = commands.reassign(deal, new_partner("Südwind").partner_id, commands.context_at(today), "key_9")
        review.close_for(deals.events_of(moved)[-1], today)
        review.ask(moved.id, moved.review_version, "token", today)
        for page in (visitor.get(link), visitor.post(link, typed | APPROVE)):
            assert "It was given to another partner" in page.html
        assert (page.status, statuses(moved)) == (410, ["superseded", "pending"])
        second = questions_of(moved)[1]
        visitor.get(path_of(second))
        assert visitor.submit(path_of(second), APPROVE).status == 303
