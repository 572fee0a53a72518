"""The daily list, from the clock to the mail: for whom, once a day, and whatever happens on the way."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from approvals.links import handler as pages
from clock import sweep as clock_function
from dealreg import clock
from dealreg.approvals import digest, digest_letters, leaving, readers, review
from dealreg.approvals.model import question_id, question_key
from dealreg.approvals.readers import Reader
from dealreg.capability import Change
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.notifications import bounces
from dealreg.notifications import store as notifications
from dealreg.notifications.bounces import Bounce
from dealreg.notifications.model import Notice
from dealreg.partners import partners, routing_text
from dealreg.partners.calendars import CalendarInput
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform import dynamo, times
from dealreg.platform.errors import Unavailable
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from notifications import send
from tests.integration.clock.stage import Invocation, begin_at, plenty_of_time
from tests.integration.forms.visitor import Visitor
from tests.integration.moving import create_state_machine, registered, sample, waiting_in
from tests.integration.notifications.conftest import Outbox
from tests.integration.notifications.conftest import outbox as outbox
from tests.reviews import decide, question_of, review_of

ADA, BO = "ada@acme.example", "bo@acme.example"
Ask = Callable[..., list[Deal]]


@pytest.fixture
def tomorrow(now: datetime) -> datetime:
    """When it opens: a Tuesday, nine o'clock."""
    return now.replace(hour=9) + timedelta(days=1)


@pytest.fixture
def partner(new_partner: Callable[[str], Caller]) -> Caller:
    return new_partner("North")


@pytest.fixture
def ask(program: Program, partner: Caller, context: CommandContext, now: datetime) -> Ask:
    """Puts so many deals to their approvers, a minute after the other."""
    asked: list[Deal] = []

    def put(count: int, *approvers: str) -> list[Deal]:
        save(program, *approvers or (ADA,))
        for _ in range(count):
            number = len(asked)
            customer = {"name": f"Customer {'ABCDEFGHIJ'[number]}", "domain": f"customer-{number}.example"}
            deal = registered(partner, context, customer=customer, partner_reference=f"R{number}")
            review.ask(deal.id, 1, "token", now + timedelta(minutes=number))
            asked.append(deal)
        return asked

    return put


def save(program: Program, *approvers: str, **calendar: Any) -> None:
    worked = CalendarInput(**calendar).to_calendar(2026)
    routing = Routing(
        (Rule("rest", steps=((Step("channel", approvers, escalate_after=timedelta(hours=80), remind_after=()),),)),),
        approvers[0],
        2,
        calendars={"default": worked},
    )
    save_program(
        replace(
            program,
            approvers=replace(program.approvers, first=approvers[0]),
            worked=routing_text.to_text(routing),
            decide_within_days=20,
        ),
        "test",
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A run of the clock of deals, with the rights of its role."""
    create_state_machine(monkeypatch)

    def sweep(moment: datetime) -> None:
        begin_at(moment - clock.LATENESS)
        monkeypatch.setattr(times, "now", lambda: moment)
        with monkeypatch.context() as role:
            role.setenv("SWEPT_TABLE", "DEALS_TABLE")
            clock_function.handler(sample("clock/minute.json"), Invocation(plenty_of_time))

    return sweep


def deliver() -> None:
    """What is on the queue, with the rights of the function that sends mails."""
    (record, *_) = sample("notifications-send/letters.json")["Records"]
    for notice in waiting_in("NOTIFICATION_QUEUE_URL"):
        if notice["kind"] == digest.LETTER:
            event = {"Records": [record | {"body": json.dumps(notice)}]}
            assert send.handler(event, None) == {"batchItemFailures": []}


def stale_row(deal: Deal) -> dynamo.Item:
    """Of a question that is answered, as an index that is behind has it."""
    review = review_of(deal)
    key = question_key(review, 1)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "approval_id": question_id(review, 1),
        "deal_id": deal.id,
        "partner_id": deal.partner_id,
        "review_version": review.version,
        "approver": ADA,
        "asked_at": times.to_text(review.questions[0].asked_at),
    }


def clock_row() -> dynamo.Item:
    return dynamo.get("Deals", digest.KIND, digest.KIND) or {}


@pytest.fixture
def opens(run: Callable[[datetime], None], now: datetime) -> Callable[[datetime], None]:
    """A working day opens: the clock was set before it, and the mails go out."""
    run(now)

    def come(moment: datetime) -> None:
        run(moment)
        deliver()

    return come


Opens = Callable[[datetime], None]


class TestWhoGetsIt:
    def test_whoever_has_three_open_questions_when_a_working_day_opens(
        self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        deals = ask(3)
        opens(tomorrow - timedelta(minutes=1))
        assert outbox == []
        opens(tomorrow)
        assert outbox.recipients == [ADA]
        assert outbox.subject() == "3 registrations wait for your decision"
        links = re.findall(r"Decide: (\S+)", outbox.text())
        assert links == [f"https://deals.example.com/approvals/{question_of(deal).link}" for deal in deals]
        assert not any(deal.number in outbox.subject() for deal in deals)
        names = [header["Name"] for header in outbox[0]["Content"]["Simple"]["Headers"]]
        assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(names)

    def test_nobody_with_two(self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime) -> None:
        ask(2)
        opens(tomorrow)
        assert outbox == []

    def test_but_with_one_that_is_late(
        self, ask: Ask, opens: Opens, outbox: Outbox, now: datetime, tomorrow: datetime
    ) -> None:
        (deal,) = ask(1)
        dynamo.write(
            dynamo.update(
                dynamo.Key("Deals", f"PARTNER#{deal.partner_id}", f"DEAL#{deal.id}"),
                change={"decide_by": times.to_text(now)},
            )
        )
        opens(tomorrow)
        assert "Late: Customer A" in outbox.text()

    def test_each_of_those_who_are_asked_their_own(
        self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        ask(3, ADA, BO)
        opens(tomorrow)
        assert sorted(outbox.recipients) == [ADA, BO]

    def test_not_whom_no_mail_reaches(
        self, ask: Ask, opens: Opens, outbox: Outbox, now: datetime, tomorrow: datetime
    ) -> None:
        ask(3)
        bounces.mark(Bounce(ADA, "bounce", now, "No such mailbox"), now)
        opens(tomorrow)
        assert outbox == []

    def test_not_who_left_the_program(
        self, ask: Ask, program: Program, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        ask(3)
        save(program, BO)
        opens(tomorrow)
        assert outbox == []

    def test_of_more_than_one_mail_lists_only_those_count_that_can_be_decided(
        self, ask: Ask, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(digest_letters, "MOST", 2)
        deals = ask(5)
        decide(question_of(deals[-1]), "approve", now=now)
        dynamo.write(dynamo.put("Deals", stale_row(deals[-1])))
        found = digest_letters.what_waits(ADA, now)
        assert (len(found.waiting), found.is_whole) == (4, True)
        monkeypatch.setattr(digest_letters, "_MOST_COUNTED", 3)
        assert not digest_letters.what_waits(ADA, now).is_whole

    def test_what_was_decided_or_cannot_be_now_does_not_count(
        self, ask: Ask, partner: Caller, opens: Opens, outbox: Outbox, now: datetime, tomorrow: datetime
    ) -> None:
        deals = ask(4)
        decide(question_of(deals[0]), "approve", now=now)
        opens(tomorrow)
        assert outbox.subject() == "3 registrations wait for your decision"
        partners.change(partner.partner_id, {"status": "suspended"}, "test")
        opens(tomorrow + timedelta(days=1))
        assert len(outbox) == 1

    def test_a_stand_in_gets_it_with_what_was_handed_over(
        self, ask: Ask, opens: Opens, outbox: Outbox, now: datetime, tomorrow: datetime
    ) -> None:
        ask(3)
        row = {"pk": f"APPROVER#{ADA}", "sk": "AWAY", "from": times.to_text(now), "until": None, "to": BO, "reason": ""}
        dynamo.write(dynamo.put("Partners", row))
        leaving.on_absence(Change({}, row), now)
        opens(tomorrow)
        assert outbox.recipients == [BO]


class TestOnceADay:
    def test_the_next_comes_when_the_next_day_opens(
        self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        ask(3)
        for minutes in (0, 1, 60):
            opens(tomorrow + timedelta(minutes=minutes))
        assert len(outbox) == 1
        assert clock_row()["due_at"] == times.to_text(tomorrow + timedelta(days=1))
        opens(tomorrow + timedelta(days=1))
        assert len(outbox) == 2

    def test_and_not_over_the_weekend(self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime) -> None:
        ask(3)
        friday = tomorrow + timedelta(days=3)
        for days in (3, 2, 1, 0):
            opens(friday - timedelta(days=days))
        assert clock_row()["due_at"] == times.to_text(friday + timedelta(days=3))

    def test_a_row_that_is_handled_twice_sends_one(
        self, ask: Ask, opens: Opens, outbox: Outbox, run: Opens, tomorrow: datetime
    ) -> None:
        ask(3)
        before = clock_row()
        run(tomorrow)
        dynamo.write(dynamo.put("Deals", before))  # as if the first had been cut short before its end
        opens(tomorrow + timedelta(minutes=1))
        assert outbox.recipients == [ADA]

    def test_who_was_not_reached_when_a_run_was_cut_short_is_in_the_next(
        self,
        ask: Ask,
        opens: Opens,
        outbox: Outbox,
        run: Opens,
        tomorrow: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ask(3, ADA, BO)
        real = notifications.enqueue

        def cut_short(*notices: Notice) -> None:
            real(*notices[:1])
            raise Unavailable("the queue is busy")

        with monkeypatch.context() as patched:
            patched.setattr(notifications, "enqueue", cut_short)
            run(tomorrow)
        for minute in (1, 2, 3):
            opens(tomorrow + timedelta(minutes=minute))
        assert sorted(outbox.recipients) == [ADA, BO]

    def test_many_are_told_some_at_a_time(
        self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(3, ADA, BO)
        monkeypatch.setattr(digest, "_PAGE", 2)
        monkeypatch.setattr(digest, "_MOST_PAGES", 1)
        opens(tomorrow)
        assert "start" in clock_row()
        for minute in (1, 2, 3, 4):
            opens(tomorrow + timedelta(minutes=minute))
        assert sorted(outbox.recipients) == [ADA, BO]
        assert clock_row()["due_at"] == times.to_text(tomorrow + timedelta(days=1))


class TestAfterAChangeOfTheProgram:
    def test_it_follows_the_new_calendar(
        self, ask: Ask, program: Program, opens: Opens, outbox: Outbox, now: datetime, tomorrow: datetime
    ) -> None:
        ask(3)
        save(program, ADA, time_zone="Asia/Tokyo", opens="10:00", closes="18:00")
        opens(now + timedelta(minutes=1))
        earlier = tomorrow.replace(hour=1)
        assert clock_row()["due_at"] == times.to_text(earlier)
        opens(earlier)
        assert len(outbox) == 1
        assert "(Asia/Tokyo)" in outbox.text()

    def test_a_day_that_was_closed_meanwhile_has_none(
        self, ask: Ask, program: Program, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        ask(3)
        save(program, ADA, closed=[date(2026, 11, 24)])
        opens(tomorrow)
        assert outbox == []
        assert clock_row()["due_at"] == times.to_text(tomorrow + timedelta(days=1))

    def test_one_that_opens_earlier_than_now_is_told_of_when_it_was_due(
        self, ask: Ask, program: Program, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        ask(3)
        save(program, ADA, opens="08:00")
        opens(tomorrow - timedelta(minutes=30))
        opens(tomorrow)
        assert len(outbox) == 1


class TestEndingIt:
    @pytest.fixture
    def link(self, ask: Ask, opens: Opens, outbox: Outbox, tomorrow: datetime) -> str:
        """Of the mail that came."""
        ask(3)
        opens(tomorrow)
        headers = {one["Name"]: one["Value"] for one in outbox[0]["Content"]["Simple"]["Headers"]}
        return headers["List-Unsubscribe"].strip("<>").removeprefix("https://deals.example.com")

    @pytest.fixture
    def visitor(self) -> Visitor:
        return Visitor(pages)

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
            (
                "multipart/form-data; boundary=xyz",
                b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n',
            ),
        ],
    )
    def test_one_click_ends_it_and_questions_still_come(
        self,
        link: str,
        visitor: Visitor,
        kind: str,
        body: bytes,
        ask: Ask,
        opens: Opens,
        outbox: Outbox,
        tomorrow: datetime,
    ) -> None:
        for _ in range(2):
            reply = visitor.send("POST", link, body, {"content-type": kind, "sec-fetch-site": "cross-site"})
            assert reply.status == 200
        opens(tomorrow + timedelta(days=1))
        assert len(outbox) == 1
        (*_, deal) = ask(1)
        assert question_of(deal).approver == ADA

    def test_opening_the_page_or_sending_its_form_as_it_is_changes_nothing(self, link: str, visitor: Visitor) -> None:
        for method, body in (("GET", None), ("HEAD", None), ("POST", b""), ("POST", b"choice=approve")):
            visitor.send(method, link, body, {})
        assert not readers.find_by_token(link.rpartition("/")[2]).has_ended

    def test_a_person_presses_a_button_and_may_come_back(
        self, link: str, visitor: Visitor, opens: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        assert "End the daily list" in visitor.get(link).html
        assert visitor.submit(link, {"digest": "end"}).status == 303
        assert "The daily list has ended" in visitor.follow().html
        visitor.submit(link, {"digest": "again"})
        assert "End the daily list" in visitor.follow().html
        opens(tomorrow + timedelta(days=1))
        assert len(outbox) == 2

    def test_one_that_is_ended_while_the_mail_waits_is_not_sent(
        self, link: str, run: Opens, outbox: Outbox, tomorrow: datetime
    ) -> None:
        run(tomorrow + timedelta(days=1))
        readers.end(Reader(ADA), tomorrow)
        deliver()
        assert len(outbox) == 1

    def test_a_forged_link_is_not_known(self, link: str, visitor: Visitor) -> None:
        token = link.rpartition("/")[2]
        other = Reader(BO).id + token[len(Reader(ADA).id) :]
        for forged in (token[:-1], token.swapcase(), other, "x"):
            for method in ("GET", "POST"):
                reply = visitor.send(method, f"/approvals/digest/{forged}", b"List-Unsubscribe=One-Click", {})
                assert reply.status == 404
        assert not readers.find_by_token(token).has_ended


def test_a_notice_holds_no_address(ask: Ask, run: Opens, now: datetime, tomorrow: datetime) -> None:
    ask(3)
    run(now)
    run(tomorrow)
    (notice,) = [one for one in waiting_in("NOTIFICATION_QUEUE_URL") if one["kind"] == digest.LETTER]
    assert notice == {"kind": digest.LETTER, "id": "2026-11-24", "table": Setting.DEALS_TABLE} | {
        "pk": Reader(ADA).key.pk,
        "sk": "READER",
    }
    assert "ada" not in json.dumps(notice)
