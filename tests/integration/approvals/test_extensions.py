"""A longer protection that somebody has to agree to: asked, answered, and ended by whatever else ends the deal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import extensions, leaving, store, worklist
from dealreg.approvals.worklist import Filters, Sort
from dealreg.deals import commands, deadlines, prospects, rules
from dealreg.deals import store as deals
from dealreg.deals.extensions import REQUESTED
from dealreg.deals.letters import deal_letter
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import LostReason
from dealreg.deals.views import next_step
from dealreg.matching import claims
from dealreg.partners import partners, routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Step
from dealreg.platform import dynamo, events, times
from dealreg.platform.errors import Gone, InvalidInput, StaleVersion, StateConflict
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from dealreg.platform.text import day
from deals import admin_api, api
from relay import app
from tests.integration.approvals.test_leaving import away
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import create_state_machine, executions, notices, records_of, registered, stream
from tests.reviews import decide, page_of, question_of, questions_of, row_of, strike
from tests.samples import content, sample

ADA, BO, CSO, LAST = (f"{name}@acme.example" for name in ("ada", "bo", "cso", "last"))
STEP = Step("extension", (ADA,), escalate_to=(CSO,))
WHY = "The budget comes in March."
PROTECTED_DAYS, MORE_DAYS = 30, 20
NOTICES = Program(expiring_notice_days=(14, 3))
PROMISED = datetime(2026, 11, 25, 17, tzinfo=UTC)
"""The end of the second working day: what the program promises for every decision."""
NewPartner = Callable[[str], Caller]


def saved(program: Program, step: Step | None = STEP, **settings: Any) -> Program:
    routing = Routing((), LAST, 2, groups={"team": (ADA, BO)}, extension_step=step)
    return save_program(
        replace(
            program,
            tiers=(replace(program.tiers[0], protection_days=PROTECTED_DAYS),),
            extension_days=MORE_DAYS,
            approvers=replace(program.approvers, first=LAST, escalation=CSO),
            worked=routing_text.to_text(routing),
            **settings,
        ),
        "test",
    )


@pytest.fixture
def north(new_partner: NewPartner) -> Caller:
    return new_partner("North")


@pytest.fixture
def approved(program: Program, north: Caller, context: CommandContext) -> Deal:
    """Of a program by which one person agrees to extensions."""
    saved(program)
    return approve(registered(north, context), context)


def approve(deal: Deal, context: CommandContext) -> Deal:
    return commands.apply_decision(deal, deal.review_version, "approve", context, "head")


def at(now: datetime, **later: float) -> CommandContext:
    moment = now + timedelta(**later)
    return CommandContext(moment, int(moment.timestamp()))


def requested(deal: Deal, context: CommandContext) -> Deal:
    """And its approvers are asked."""
    asked = commands.extend(deals.locate(deal.id), context, WHY)
    relayed(deal, context.now, REQUESTED, extensions.ask)
    return asked


def relayed(deal: Deal, now: datetime, event_type: str, handle: Callable[[Any, datetime], None]) -> None:
    """What follows from the newest event of that type, which may be told twice."""
    *_, event = (event for event in deals.events_of(deals.locate(deal.id)) if event.type == event_type)
    for _ in range(2):
        handle(event, now)


@pytest.fixture
def pending(approved: Deal, context: CommandContext) -> Deal:
    return requested(approved, context)


def call(case: str, caller: Caller, deal: Deal, **changes: Any) -> dict[str, Any]:
    return api.handler(sample(f"deals-api/{case}", caller=caller, params={"id": deal.id}, **changes), None)


def admin(case: str, deal: Deal, **changes: Any) -> dict[str, Any]:
    return admin_api.handler(sample(f"deals-admin-api/{case}", params={"id": deal.id}, **changes), None)


def newest(deal: Deal) -> events.Event:
    return deals.events_of(deals.locate(deal.id))[-1]


def holds_at(deal: Deal, moment: datetime) -> bool:
    """Whether others find its customer claimed then."""
    rows = dynamo.batch_get(prospects.of_deal(deal).claim_keys).values()
    return all(claims.is_held(row, "deal_other", times.to_text(moment)) for row in rows) and bool(rows)


class TestAsking:
    def test_is_taken_up_and_the_deal_stays_approved(self, north: Caller, approved: Deal) -> None:
        reply = call("extend", north, approved, body={"reason": WHY})
        shown = {"status": "pending", "days": MORE_DAYS, "decide_by": times.to_text(PROMISED)}
        assert (reply["statusCode"], content(reply)["status"]) == (202, "approved")
        assert content(reply)["extension"] == shown
        assert content(reply)["protected_until"] == approved.protected_until
        read = content(call("read", north, approved))
        assert (read["extension"], read["review"]) == (shown, None)
        assert "You asked for 20 more days and get an answer by 25 Nov 2026." in read["next"]
        told = newest(approved)
        assert (told.type, told.data["reason"], told.data["days"]) == (REQUESTED, WHY, MORE_DAYS)

    def test_needs_nobody_where_the_program_names_nobody(
        self, program: Program, north: Caller, context: CommandContext
    ) -> None:
        saved(program, None)
        deal = approve(registered(north, context), context)
        reply = call("extend", north, deal)
        assert (reply["statusCode"], content(reply)["extension"]) == (200, None)
        assert newest(deal).type == "deal.extended"

    def test_goes_by_the_settings_that_the_review_began_with(
        self, approved: Deal, program: Program, context: CommandContext
    ) -> None:
        saved(program, Step("extension", (BO,)), extensions="off")
        assert requested(approved, context).extension
        assert question_of(approved).approver == ADA, "who is named still, in a group"

    def test_is_put_once_to_whom_the_step_names(self, pending: Deal) -> None:
        assert [put.approver for put in questions_of(pending)] == [ADA]
        assert row_of(question_of(pending))["is_extension"] is True

    def test_is_mailed_once_and_starts_no_execution(
        self, approved: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create_state_machine(monkeypatch)
        commands.extend(approved, context, WHY)
        for _ in range(2):
            record = {"Records": records_of("Deals", "EVENT#")[-1:]}
            assert app.handler(record, None) == {"batchItemFailures": []}
        notices()
        reviews = records_of("Deals", "REVIEW#")
        app.handler({"Records": reviews}, None)
        assert (notices(), executions()) == (["approval.requested"], [])
        decide(question_of(approved), "approve", now=now)
        app.handler({"Records": records_of("Deals", "REVIEW#", "MODIFY")}, None)
        assert (notices(), executions()) == ([], [])
        assert "due_at" not in row_of(review_of_extension(approved))

    def test_a_second_time_is_refused(self, north: Caller, pending: Deal) -> None:
        reply = call("extend", north, pending)
        assert (reply["statusCode"], content(reply)["cause"]) == (409, "extension_pending")

    @pytest.mark.parametrize("choice", ["approve", "reject"])
    def test_once_is_used_up_by_a_longer_protection_alone(
        self, north: Caller, pending: Deal, now: datetime, choice: str
    ) -> None:
        decide(question_of(pending), choice, "Because.", now=now)
        reply = call("extend", north, pending)
        assert reply["statusCode"] == (409 if choice == "approve" else 202)
        assert content(reply).get("cause") == ("extensions_used_up" if choice == "approve" else None)

    @pytest.mark.parametrize(("allowed", "cause"), [("off", "extensions_off"), ("unlimited", "extension_too_early")])
    def test_what_is_not_allowed_is_not_put_to_anybody(
        self, program: Program, north: Caller, context: CommandContext, allowed: str, cause: str
    ) -> None:
        saved(program, extensions=allowed)
        deal = approve(registered(north, context), context)
        if allowed == "unlimited":
            requested(deal, context)
            decide(question_of(deal), "approve", now=context.now)
        assert content(call("extend", north, deal))["cause"] == cause
        assert deals.locate(deal.id).extension is None

    def test_of_two_requests_at_once_one_holds(
        self, approved: Deal, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: requested(approved, context))
        with pytest.raises(StaleVersion):
            commands.extend(approved, context, WHY)
        assert len(questions_of(approved)) == 1


def review_of_extension(deal: Deal) -> Any:
    *_, review = store.every_of(deal.id)
    assert review.is_extension
    return review


class TestAnswering:
    def test_yes_makes_it_longer_in_the_same_transaction(self, pending: Deal, now: datetime) -> None:
        put = decide(question_of(pending), "approve", "Good luck.", now=now, note="Ada likes them.")
        after, told = deals.locate(pending.id), newest(pending)
        until = times.to_text(now + timedelta(days=PROTECTED_DAYS + MORE_DAYS))
        assert (put.review.state, after.status, after.extension) == ("decided", "approved", None)
        assert (after.protected_until, after.extensions, after.extended_from) == (until, 1, pending.protected_until)
        assert (told.type, told.data["protected_until"], told.data["reason"]) == ("deal.extended", until, "Good luck.")
        assert (told.internal["by"], told.internal["step"], told.internal["note"]) == (
            ADA,
            "extension",
            put.question.note,
        )
        assert holds_at(after, now + timedelta(days=PROTECTED_DAYS + MORE_DAYS, seconds=-1))
        assert page_of(put.link, now).closed == (
            "You approved this on 23 Nov 2026, 10:00 UTC. The deal is protected until 12 Jan 2027."
        )

    def test_no_leaves_the_end_where_it_was(self, pending: Deal, north: Caller, now: datetime) -> None:
        put = decide(question_of(pending), "reject", "Too long already.", now=now, note="Never again.")
        after, told = deals.locate(pending.id), newest(pending)
        assert (after.status, after.extension, after.extensions) == ("approved", None, 0)
        assert (after.protected_until, told.type) == (pending.protected_until, "deal.extension_refused")
        assert (told.data["reason"], told.data["protected_until"]) == ("Too long already.", after.protected_until)
        assert page_of(put.link, now).closed.startswith("You rejected this on 23 Nov 2026")
        said = [call(case, north, pending)["body"] for case in ("timeline", "read")]
        assert "Too long already." in said[0] and not any("Never again." in text or ADA in text for text in said)
        (entry, *_) = content(admin("timeline", pending))["items"]
        assert (entry["internal"]["note"], entry["internal"]["by"]) == ("Never again.", ADA)

    @pytest.mark.parametrize("choice", ["request_info", "merge", "release", "maybe"])
    def test_there_is_only_yes_and_no(self, pending: Deal, now: datetime, choice: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            decide(question_of(pending), choice, "Why?", ["notes"], now=now)
        assert [fault.field for fault in refused.value.errors] == ["choice"]
        assert deals.locate(pending.id).extension

    def test_no_needs_a_reason(self, pending: Deal, now: datetime) -> None:
        with pytest.raises(InvalidInput):
            decide(question_of(pending), "reject", now=now)

    def test_of_what_was_seen(self, pending: Deal, context: CommandContext, now: datetime) -> None:
        seen = page_of(question_of(pending).link, now).seen
        changed = rules.record(replace(deals.locate(pending.id), notes="Another story"), context, "deal.edited")
        deals.commit(deals.locate(pending.id), changed)
        with pytest.raises(StaleVersion):
            decide(question_of(pending), "approve", now=now, seen=seen)

    def test_all_of_several_sign_what_is_the_same(
        self, program: Program, north: Caller, context: CommandContext, now: datetime
    ) -> None:
        """A signature of what the deal is no more is asked for again, with no machine to do so."""
        saved(program, Step("extension", ("group:team",), need="all"))
        deal = requested(approve(registered(north, context), context), context)
        by_ada, by_bo = questions_of(deal)
        decide(by_ada, "approve", now=now)
        deals.commit(
            deals.locate(deal.id), rules.record(replace(deals.locate(deal.id), notes="New"), context, "deal.edited")
        )
        assert decide(by_bo, "approve", now=now).review.state == "open"
        again = question_of(deal)
        assert (again.approver, deals.locate(deal.id).extensions) == (ADA, 0)
        assert decide(again, "approve", now=now).review.state == "decided"
        assert deals.locate(deal.id).extensions == 1

    def test_nothing_is_decided_for_a_suspended_partner(self, pending: Deal, now: datetime) -> None:
        partners.change(pending.partner_id, {"status": "suspended"}, "test")
        with pytest.raises(StateConflict) as refused:
            decide(question_of(pending), "approve", now=now)
        assert refused.value.extra["cause"] == "partner_suspended"


class TestByAnAdmin:
    @pytest.mark.parametrize("step", [{}, {"step": "extension"}])
    def test_decides(self, pending: Deal, step: dict[str, str]) -> None:
        put = question_of(pending)
        assert admin("approve", pending, body=step)["statusCode"] == 202
        assert (deals.locate(pending.id).extensions, put.now().status) == (1, "superseded")

    def test_decides_before_anybody_is_asked(self, approved: Deal, context: CommandContext, now: datetime) -> None:
        commands.extend(approved, context, WHY)
        assert admin("reject", approved, body={"reason": "No.", "reason_code": "other"})["statusCode"] == 202
        assert newest(approved).type == "deal.extension_refused"
        relayed(approved, now, REQUESTED, extensions.ask)
        assert questions_of(approved) == []

    def test_has_nothing_to_ask(self, pending: Deal) -> None:
        reply = admin("request-info", pending, body={"reason": "Why?", "fields": ["notes"]})
        assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "choice")

    def test_decides_many(self, pending: Deal) -> None:
        body = {"decisions": [{"deal_id": pending.id, "choice": "approve"}]}
        reply = admin_api.handler(sample("deals-admin-api/decide-many", body=body), None)
        assert [one["status"] for one in content(reply)["results"]] == [202]
        assert deals.locate(pending.id).extensions == 1

    def test_passes_it_on(self, pending: Deal, now: datetime) -> None:
        assert admin("delegate", pending, body={"from": ADA, "to": BO})["statusCode"] == 202
        assert decide(question_of(pending), "approve", now=now).approver == BO
        assert newest(pending).internal["on_behalf_of"] == ADA

    def test_finds_it_by_person_and_by_promise(self, pending: Deal, now: datetime) -> None:
        for filters in (Filters(approver=ADA), Filters(sort=Sort.DECIDE_BY), Filters(late=True)):
            moment = PROMISED + timedelta(seconds=1) if filters.late else now
            (item,) = worklist.listing(filters, PageRequest(10), moment)["items"]
            review = item["review"]
            assert review and (item["status"], review["rule"]) == ("approved", "extension")
            assert review["late"] == (moment > PROMISED)
            assert [question["approver"] for step in review["steps"] for question in step["questions"]] == [ADA]
        decide(question_of(pending), "approve", now=now)
        assert worklist.listing(Filters(sort=Sort.DECIDE_BY), PageRequest(10), now)["items"] == []
        assert content(admin("read", pending))["review"] is None, "of the deal itself, which nobody was asked about"


class TestWaiting:
    def test_reminds_and_escalates(self, pending: Deal) -> None:
        put = question_of(pending)
        strike(put, put.escalate_at)
        assert (put.now().status, question_of(pending).approver) == ("escalated", CSO)
        decide(question_of(pending), "approve", now=put.escalate_at)
        assert deals.locate(pending.id).extensions == 1

    def test_a_stand_in_decides(self, pending: Deal, now: datetime) -> None:
        leaving.on_absence(away(ADA, now, BO), now)
        assert question_of(pending).approver == BO

    def test_who_leaves_decides_no_more(self, pending: Deal, program: Program, now: datetime) -> None:
        put = question_of(pending)
        routing = Routing((), LAST, 2)
        save_program(replace(program, worked=routing_text.to_text(routing)), "test")
        leaving.hand_over(ADA, now)
        assert page_of(put.link, now).closed == "You no longer decide on registrations."
        assert question_of(pending).approver == program.approvers.first


class TestTheEnd:
    """Asked an hour before it."""

    @pytest.fixture
    def shortly(self, approved: Deal, now: datetime) -> Deal:
        self.strike(approved, now + timedelta(days=PROTECTED_DAYS - 14))  # the notice of it
        return requested(approved, at(now, days=PROTECTED_DAYS, hours=-1))

    @staticmethod
    def strike(deal: Deal, moment: datetime) -> Deal:
        commands.on_due(deals.deal_key(deal.partner_id, deal.id), moment)
        return deals.locate(deal.id)

    def test_is_put_off_until_the_answer_was_promised(self, shortly: Deal, now: datetime) -> None:
        ends, promised = now + timedelta(days=PROTECTED_DAYS), times.from_text(shortly.decide_by or "")
        assert shortly.due_at == times.to_text(promised) and promised > ends
        assert self.strike(shortly, ends + timedelta(hours=1)).status == "approved"
        assert [holds_at(shortly, promised + timedelta(seconds=by)) for by in (-1, 1)] == [True, False]
        over = self.strike(shortly, promised)
        assert (over.status, over.reason_code, over.extension) == ("expired", "protection_ended", None)

    def test_comes_at_once_with_a_no_after_it(self, shortly: Deal, now: datetime) -> None:
        moment = now + timedelta(days=PROTECTED_DAYS, hours=1)
        put = decide(question_of(shortly), "reject", "No.", now=moment)
        over, ended = deals.locate(shortly.id), day(shortly.protected_until or "")
        assert (over.status, over.reason_code, over.due_at) == ("expired", "protection_ended", None)
        assert not holds_at(shortly, moment)
        assert next_step(over).startswith("The protection has ended.")
        assert page_of(put.link, moment).closed.endswith("The deal is now expired.")
        refused, expired = deals.events_of(over)[-2:]
        assert (refused.type, expired.type) == ("deal.extension_refused", "deal.expired")
        told = deal_letter(refused, over, "https://x").paragraphs
        assert f"Its end is what it was: {ended}, which is past." in told
        assert self.strike(shortly, moment) == over

    def test_comes_at_once_too_where_what_was_granted_is_over(
        self, program: Program, north: Caller, context: CommandContext, now: datetime
    ) -> None:
        save_program(replace(saved(program), extension_days=1), "test")
        deal = approve(registered(north, context), context)
        asked = requested(deal, at(now, days=PROTECTED_DAYS, hours=-1))
        decide(question_of(asked), "approve", now=times.from_text(asked.decide_by or "") - timedelta(minutes=1))
        over = deals.locate(asked.id)
        assert (over.status, [event.type for event in deals.events_of(over)[-2:]]) == (
            "expired",
            ["deal.extended", "deal.expired"],
        )

    def test_is_announced_as_what_it_is_while_the_answer_is_due(
        self, approved: Deal, context: CommandContext, now: datetime
    ) -> None:
        """Given that it is put off by two days, and a notice three days before the end."""
        ends = now + timedelta(days=PROTECTED_DAYS)
        self.strike(approved, ends - timedelta(days=14))
        asked = requested(approved, CommandContext(ends - timedelta(days=3, hours=1), 7))
        later = replace(asked, decide_by=times.to_text(ends + timedelta(days=2)))
        told = deadlines.strike(later, CommandContext(ends - timedelta(days=3), 8), NOTICES)
        assert told.events == ()
        told = deadlines.strike(later, CommandContext(ends - timedelta(days=1), 9), NOTICES)
        (event,) = told.events
        assert (event.type, event.data["protected_until"]) == ("deal.expiring", later.decide_by)
        paragraphs = deal_letter(event, told.deal, "https://x").paragraphs
        assert paragraphs[0].startswith(f"On {day(later.decide_by or '')} this customer becomes free")
        assert paragraphs[1] == f"You asked for a longer protection, and get an answer by {day(later.decide_by or '')}."
        assert deadlines.strike(told.deal, CommandContext(ends + timedelta(days=1), 10), NOTICES).events == ()

    def test_is_counted_from_the_old_one(self, shortly: Deal, now: datetime) -> None:
        decide(question_of(shortly), "approve", now=now + timedelta(days=PROTECTED_DAYS, hours=1))
        until = now + timedelta(days=PROTECTED_DAYS + MORE_DAYS)
        assert deals.locate(shortly.id).protected_until == times.to_text(until)

    @pytest.mark.parametrize("choice", ["approve", "reject"])
    def test_cannot_be_put_off_once_it_has_come(self, shortly: Deal, choice: str) -> None:
        """Though the clock has not struck yet: the customer may be somebody else's."""
        with pytest.raises(StateConflict, match="has ended"):
            decide(question_of(shortly), choice, "Late.", now=times.from_text(shortly.decide_by or ""))
        assert deals.locate(shortly.id).extensions == 0

    def test_later_than_the_promise_the_question_stays_open_and_is_late(
        self, pending: Deal, north: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = PROMISED + timedelta(days=1)
        assert self.strike(pending, late).status == "approved"
        monkeypatch.setattr(times, "now", lambda: late)
        assert "We promised an answer by 25 Nov 2026 and are late." in content(call("read", north, pending))["next"]
        assert decide(question_of(pending), "approve", now=late).review.state == "decided"


def withdraw(deal: Deal, context: CommandContext) -> None:
    commands.apply(deal, lambda read: rules.withdraw(read, context, ""))


def lose(deal: Deal, context: CommandContext) -> None:
    commands.apply(deal, lambda read: rules.lose(read, context, LostReason.PRICE, ""))


def win(deal: Deal, context: CommandContext) -> None:
    commands.win(deal, None, context, "billing")


def release(deal: Deal, context: CommandContext) -> None:
    commands.release_claim(deal, context, "key_1")


ENDS = {"deal.withdrawn": withdraw, "deal.lost": lose, "deal.won": win, "deal.expired": release}


class TestAnotherEnd:
    @pytest.mark.parametrize("event_type", ENDS)
    def test_ends_the_question(
        self, pending: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch, event_type: str
    ) -> None:
        create_state_machine(monkeypatch)
        put = question_of(pending)
        ENDS[event_type](deals.locate(pending.id), context)
        assert deals.locate(pending.id).extension is None
        closed = page_of(put.link, now).closed
        assert closed.endswith("so there is nothing to decide."), "also before the relay has come to it"
        assert app.handler({"Records": stream("Deals")}, None) == {"batchItemFailures": []}
        assert (put.now().review.state, put.now().status) == ("superseded", "superseded")
        assert page_of(put.link, now).closed == closed
        with pytest.raises(Gone):
            decide(put, "approve", now=now, seen="any")

    def test_if_the_relay_never_comes_the_clock_does(self, pending: Deal, context: CommandContext) -> None:
        put = question_of(pending)
        withdraw(deals.locate(pending.id), context)
        strike(put, put.escalate_at)
        assert put.now().review.state == "superseded"

    def test_given_to_another_partner_it_is_not_that_ones(
        self,
        pending: Deal,
        new_partner: NewPartner,
        context: CommandContext,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        create_state_machine(monkeypatch)
        put, south = question_of(pending), new_partner("South")
        commands.reassign(deals.locate(pending.id), south.partner_id, context, "key_1")
        app.handler({"Records": stream("Deals")}, None)
        assert (deals.locate(pending.id).extension, put.now().status) == (None, "superseded")
        assert page_of(put.link, now).closed.startswith("It was given to another partner")
        assert call("extend", south, pending)["statusCode"] == 202, "who may ask anew"

    @pytest.mark.parametrize("choice", ["approve", "reject"])
    def test_a_withdrawal_at_the_same_instant_wins_or_loses(
        self, pending: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch, choice: str
    ) -> None:
        put = question_of(pending)
        lose_race_to(monkeypatch, lambda: withdraw(deals.locate(pending.id), context))
        with pytest.raises(Gone, match="withdrew"):
            decide(put, choice, "Because.", now=now)
        assert put.now().question.choice is None

    def test_so_does_a_withdrawal(
        self, pending: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put, read = question_of(pending), deals.locate(pending.id)
        lose_race_to(monkeypatch, lambda: decide(put, "approve", now=now))
        with pytest.raises(StaleVersion, match=r"^Meanwhile the protection was extended until 12 Jan 2027\.") as lost:
            deals.commit(read, rules.withdraw(read, context, ""))
        assert lost.value.detail.endswith("read the deal again, and repeat this if you still want it.")
        assert deals.locate(pending.id).extensions == 1

    def test_a_refusal_at_the_same_instant_is_told_too(
        self, pending: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put, read = question_of(pending), deals.locate(pending.id)
        lose_race_to(monkeypatch, lambda: decide(put, "reject", "No.", now=now))
        with pytest.raises(StaleVersion, match=r"^Meanwhile the extension was refused: the protection ends on "):
            deals.commit(read, rules.withdraw(read, context, ""))

    def test_expiry_at_the_same_instant(self, approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = requested(approved, at(now, days=PROTECTED_DAYS, hours=-1))
        promised = times.from_text(asked.decide_by or "")
        put, key = question_of(asked), deals.deal_key(asked.partner_id, asked.id)
        lose_race_to(monkeypatch, lambda: commands.on_due(key, promised))
        with pytest.raises(Gone, match="expired"):
            decide(put, "approve", now=promised - timedelta(seconds=1))
        assert deals.locate(asked.id).extensions == 0

    def test_ended_before_anybody_was_asked_nobody_is(
        self, approved: Deal, context: CommandContext, now: datetime
    ) -> None:
        commands.extend(approved, context, WHY)
        withdraw(deals.locate(approved.id), context)
        relayed(approved, now, REQUESTED, extensions.ask)
        assert questions_of(approved) == []
