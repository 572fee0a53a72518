"""Answers to a question: once, in time, by its own link; and what is told to everybody else."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from dealreg.approvals import absences, deciding, decision_times, review, store
from dealreg.approvals.answering import Said
from dealreg.approvals.deciding import decide_as_admin
from dealreg.approvals.decision_times import By
from dealreg.approvals.model import Answer, Choice, Decision, key_of
from dealreg.approvals.people import Absence
from dealreg.deals import commands, edits, rules
from dealreg.deals import store as deals
from dealreg.deals.commands import context_at
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.timeline import timeline_of
from dealreg.notifications import bounces
from dealreg.notifications.bounces import Bounce
from dealreg.partners.program import Approvers, Program, save_program
from dealreg.platform import dynamo
from dealreg.platform.errors import FieldError, Gone, InvalidInput, NotFound, StaleVersion, StateConflict
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from deals import admin_api
from relay import app
from tests.integration.approvals.conftest import comment, run, withdraw
from tests.integration.deals.test_register import registered
from tests.integration.moving import create_state_machine, stream
from tests.reviews import Put, decide, page_of, question_of, questions_of, review_of, row_of, strike
from tests.samples import content, sample


def just_before_the_write(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """Lets something else happen between a decision's reads and its write, once."""
    commit = store.commit

    def overtaken(actions: Sequence[dynamo.Action]) -> None:
        monkeypatch.setattr(store, "commit", commit)
        happens()
        commit(actions)

    monkeypatch.setattr(store, "commit", overtaken)


class TestByLink:
    def test_the_answer_is_kept_with_who_and_when_and_owed_to_the_workflow(
        self, deal: Deal, question: Put, now: datetime
    ) -> None:
        decide(question, "reject", "  Too early.  ", ["notes"], now=now, reason_code="too_early")
        review, approver = review_of(deal), "approver@acme.example"
        answer = Answer(Choice.REJECT, "Too early.", "too_early")
        assert review.decision == Decision(answer, approver, now, step="review")
        assert review.due_at == now + timedelta(minutes=1)
        assert store.token_of(review) == "token 1"
        assert deals.locate(deal.id).status == "in_review"

    def test_a_comment_meanwhile_does_not_hinder(self, deal: Deal, question: Put, now: datetime) -> None:
        comment(deal, now)
        assert decide(question, "approve", now=now).status == "decided"

    def test_reading_changes_nothing(self, deal: Deal, question: Put, now: datetime) -> None:
        before = questions_of(deal)
        for _ in range(5):
            assert page_of(question.link, now).closed == ""
        assert questions_of(deal) == before

    def test_twice_is_told_the_first(self, deal: Deal, question: Put, now: datetime) -> None:
        decide(question, "approve", now=now)
        with pytest.raises(Gone, match=r"^You approved this on 23 Nov 2026, 10:00 UTC"):
            decide(question, "reject", "No.", now=now)
        assert question.now().question.choice is Choice.APPROVE
        assert "You approved this" in page_of(question.link, now).closed

    def test_a_forged_link_leads_nowhere(self, question: Put, now: datetime) -> None:
        link = question.link
        another = link.replace("-1-1-", "-1-2-")
        for forged in ("", link[:-1], link + "A", "A" * 43, another, link.lower()):
            with pytest.raises(NotFound):
                page_of(forged, now)
            with pytest.raises(NotFound):
                deciding.decide(forged, Said("approve"), question_seen(question, now), now)

    def test_a_link_of_ours_to_what_is_not_there_leads_nowhere(self, question: Put, now: datetime) -> None:
        for place in (replace(question.review, version=9), replace(question.review, deal_id="deal_" + "0" * 26)):
            with pytest.raises(NotFound):
                page_of(store.link_token(place, 1), now)
        with pytest.raises(NotFound):
            page_of(store.link_token(question.review, 2), now)

    def test_the_first_ones_link_decides_nothing_once_others_are_asked(
        self, deal: Deal, question: Put, now: datetime
    ) -> None:
        late = now + timedelta(hours=48)
        strike(question, late)
        told = r"^This was not answered by 25 Nov 2026, 10:00 UTC, so head@acme.example was asked."
        with pytest.raises(Gone, match=told):
            decide(question, "approve", now=late)
        _, second = questions_of(deal)
        assert decide(second, "approve", now=late).question.ended_by == "head@acme.example"

    def test_without_a_choice_or_a_reason_nothing_is_decided(self, deal: Deal, question: Put, now: datetime) -> None:
        for choice, reason in (("", ""), ("reject", " "), ("request_info", "Why?")):
            with pytest.raises(InvalidInput):
                decide(question, choice, reason, now=now)
        assert questions_of(deal)[0].status == "pending"

    def test_a_withdrawn_deal_cannot_be_approved(self, deal: Deal, question: Put, now: datetime) -> None:
        withdraw(deal, now)
        assert page_of(question.link, now).closed.startswith("The partner withdrew this. The deal is withdrawn")
        with pytest.raises(Gone, match="is withdrawn, so there is nothing to decide"):
            decide(question, "approve", now=now)
        assert question.now() == question


class TestWhatWasSeen:
    """A decision is of what its page showed."""

    @pytest.mark.parametrize(
        ("patch", "what"),
        [({"notes": "Another entity buys."}, "the notes"), ({"customer": {"contact": {"name": "Max"}}}, "")],
    )
    def test_a_page_that_is_old_decides_nothing(
        self, deal: Deal, question: Put, context: CommandContext, now: datetime, patch: dict[str, Any], what: str
    ) -> None:
        seen = question_seen(question, now)
        edits.edit(deal, patch, context)
        if not what:
            assert decide(question, "approve", now=now, seen=seen).status == "decided"
            return
        with pytest.raises(StaleVersion, match=f"changed since you opened this page: {what}"):
            decide(question, "approve", now=now, seen=seen)
        assert question.now() == question
        assert decide(question, "approve", now=now).status == "decided"

    def test_another_verdict_is_another_deal(self, deal: Deal, question: Put, now: datetime) -> None:
        seen = question_seen(question, now)
        commands.apply(deal, lambda read: rules.rejudge(replace(read, verdict="existing_customer"), context_at(now)))
        with pytest.raises(StaleVersion, match="the customer, or what was found of it"):
            decide(question, "approve", now=now, seen=seen)

    def test_without_saying_what_was_seen_nothing_is_decided(self, question: Put, now: datetime) -> None:
        for seen in ("", "x" * 40):
            with pytest.raises((InvalidInput, StaleVersion)):
                decide(question, "approve", now=now, seen=seen)
        assert question.now() == question


class TestARace:
    def test_of_two_decisions_one_counts_and_the_other_is_told_so(
        self, deal: Deal, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def other() -> None:
            decide_as_admin(deal, Said("reject", "No."), now, "key_9")

        just_before_the_write(monkeypatch, other)
        with pytest.raises(Gone, match="An administrator rejected this"):
            decide(question, "approve", now=now)
        decision = review_of(deal).decision
        assert decision and decision.by == "key_9"

    def test_a_withdrawal_that_came_first_counts(
        self, deal: Deal, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        just_before_the_write(monkeypatch, lambda: withdraw(deal, now))
        with pytest.raises(Gone, match="is withdrawn"):
            decide(question, "approve", now=now)
        assert question.now() == question

    def test_a_comment_in_that_moment_does_not_hinder(
        self, deal: Deal, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        just_before_the_write(monkeypatch, lambda: comment(deal, now))
        assert decide(question, "approve", now=now).status == "decided"

    def test_an_answer_that_came_before_the_escalation_counts(
        self, deal: Deal, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        just_before_the_write(monkeypatch, lambda: decide(question, "approve", now=now))
        strike(question, now + timedelta(hours=48))
        assert [put.status for put in questions_of(deal)] == ["decided"]


class TestByAnAdmin:
    def test_the_whole_review_is_decided_even_past_its_time(self, deal: Deal, question: Put, now: datetime) -> None:
        late = now + timedelta(days=3)
        review = decide_as_admin(deal, Said("approve", note="Seen with Ada."), late, "key_9")
        assert review.decision == Decision(Answer(Choice.APPROVE, note="Seen with Ada."), "key_9", late)
        assert question.now().status == "superseded"
        assert "An administrator approved this" in page_of(question.link, late).closed

    def test_before_anybody_was_asked_too(self, deal: Deal, now: datetime) -> None:
        decide_as_admin(deal, Said("approve"), now, "key_9")
        run("approvals-ask/first-step", deal_id=deal.id, task_token="token 2")
        assert questions_of(deal) == []
        assert (review_of(deal).state, store.token_of(review_of(deal))) == ("decided", "token 2")

    def test_only_once(self, deal: Deal, question: Put, now: datetime) -> None:
        decide_as_admin(deal, Said("approve"), now, "key_9")
        with pytest.raises(StateConflict, match="decided a moment ago"):
            decide_as_admin(deal, Said("reject", "No."), now, "key_9")

    def test_a_step_that_is_asked(self, deal: Deal, question: Put, now: datetime) -> None:
        review = decide_as_admin(deal, Said("approve"), now, "key_9", step="review")
        assert review.decision and (review.decision.by, review.decision.step) == ("key_9", "review")

    def test_a_step_that_is_none(self, deal: Deal, question: Put, now: datetime) -> None:
        with pytest.raises(InvalidInput):
            decide_as_admin(deal, Said("approve"), now, "key_9", step="finance")

    def test_a_deal_not_under_review_says_so(self, deal: Deal, question: Put, now: datetime) -> None:
        withdrawn = withdraw(deal, now)
        with pytest.raises(StateConflict, match="not under review") as refused:
            decide_as_admin(withdrawn, Said("approve"), now, "key_9")
        assert refused.value.extra["cause"] == "not_under_review"


class TestPassedOn:
    def test_the_other_decides_in_the_time_that_is_left(self, deal: Deal, question: Put, now: datetime) -> None:
        seen, later = question_seen(question, now), now + timedelta(hours=3)
        deciding.delegate(question.link, "head@acme.example", seen, later, "Hers.")
        assert question.now().question.note == "Hers."
        first, second = questions_of(deal)
        assert (first.status, first.question.ended_by) == ("delegated", "head@acme.example")
        assert (second.approver, second.question.instead_of) == ("head@acme.example", "approver@acme.example")
        assert second.escalate_at == question.escalate_at
        assert page_of(question.link, now).closed == "Passed on to head@acme.example on 23 Nov 2026, 13:00 UTC."
        decision = decide(second, "approve", now=now).review.decision
        assert decision and (decision.by, decision.on_behalf_of) == ("head@acme.example", "approver@acme.example")

    @pytest.mark.parametrize("to", ["approver@acme.example", "nobody@acme.example", "", "north@partner.example"])
    def test_to_nobody_but_others_whom_the_program_names(self, question: Put, now: datetime, to: str) -> None:
        with pytest.raises(InvalidInput):
            deciding.delegate(question.link, to, question_seen(question, now), now)
        assert question.now() == question

    @pytest.mark.parametrize("why", ["away", "away, with a stand-in", "bounced"])
    def test_to_nobody_who_is_away_or_gets_no_mail(self, deal: Deal, question: Put, now: datetime, why: str) -> None:
        head, stand_in = "head@acme.example", "bo@acme.example" if "stand-in" in why else None
        if why == "bounced":
            bounces.mark(Bounce(head, "bounce", now, "No such mailbox"), now)
        else:
            absences.record(head, Absence(now, now + timedelta(days=1), stand_in), "", "admin_1")
        with pytest.raises(InvalidInput) as by_link:
            deciding.delegate(question.link, head, question_seen(question, now), now)
        with pytest.raises(InvalidInput) as by_admin:
            deciding.delegate_as_admin(deal, "approver@acme.example", head, now, "key_9")
        told = FieldError("to", "head@acme.example is away, or not reached by mail: choose somebody else.")
        assert list(by_link.value.errors) == list(by_admin.value.errors) == [told]
        assert question.now() == question

    def test_to_one_whose_absence_is_over(self, question: Put, now: datetime) -> None:
        head = "head@acme.example"
        absences.record(head, Absence(now - timedelta(days=2), now, None), "", "admin_1")
        deciding.delegate(question.link, head, question_seen(question, now), now)
        assert question.now().status == "delegated"

    def test_an_admin_passes_on_what_somebody_has(self, deal: Deal, question: Put, now: datetime) -> None:
        with pytest.raises(InvalidInput):
            deciding.delegate_as_admin(deal, "head@acme.example", "approver@acme.example", now, "key_9")
        deciding.delegate_as_admin(deal, "approver@acme.example", "head@acme.example", now, "key_9")
        assert [put.status for put in questions_of(deal)] == ["delegated", "pending"]


class TestWhoLeftTheProgram:
    def test_decides_nothing_from_the_next_minute(
        self, deal: Deal, question: Put, program: Program, now: datetime
    ) -> None:
        save_program(replace(program, approvers=Approvers("head@acme.example")), "test")
        assert page_of(question.link, now).closed == "You no longer decide on registrations."
        with pytest.raises(Gone, match="no longer decide"):
            decide(question, "approve", now=now)
        strike(question, question.escalate_at)
        assert [put.approver for put in questions_of(deal) if put.status == "pending"] == ["head@acme.example"]


class TestTheClock:
    def test_it_reminds_once_and_looks_again_at_the_end(self, deal: Deal, question: Put, now: datetime) -> None:
        for _ in range(2):
            strike(question, now + timedelta(hours=24))
        (step,) = review_of(deal).steps
        assert (question.now().status, step.reminders) == ("pending", 1)
        assert review_of(deal).due_at == question.escalate_at

    def test_too_early_it_does_nothing(self, deal: Deal, question: Put, now: datetime) -> None:
        strike(question, now + timedelta(hours=23))
        (step,) = review_of(deal).steps
        assert (question.now().question, step.reminders) == (question.question, 0)

    def test_it_asks_others(self, deal: Deal, question: Put, now: datetime) -> None:
        late = now + timedelta(hours=48)
        strike(question, late)
        first, second = questions_of(deal)
        assert (first.status, second.question.because) == ("escalated", "escalated")
        assert second.escalate_at == datetime(2026, 11, 27, 10, tzinfo=UTC)

    def test_it_is_late_when_these_do_not_answer_either_and_their_questions_stay_open(
        self, deal: Deal, question: Put, now: datetime
    ) -> None:
        for hours in (48, 96, 200):
            strike(question, now + timedelta(hours=hours))
        (step,) = review_of(deal).steps
        assert (step.stage, review_of(deal).due_at) == ("late", None)
        assert [put.status for put in questions_of(deal)] == ["escalated", "pending"]
        assert "due_at" not in row_of(question)

    def test_it_ends_the_question_of_a_deal_that_left_review_unnoticed(
        self, deal: Deal, question: Put, now: datetime
    ) -> None:
        withdraw(deal, now)
        strike(question, now + timedelta(hours=24))
        assert question.now().status == "superseded"

    def test_a_row_that_is_gone_is_no_trouble(self, question: Put, now: datetime) -> None:
        review.on_due(key_of(question.review.deal_id, 9), now)


class TestTheIndexOfOpenQuestions:
    """By person, as long as they are open."""

    def open_of(self, approver: str) -> list[str]:
        found = dynamo.index_page(deals.table(), "by_approver", ("approver", approver), limit=10).items
        return [item["approval_id"] for item in found]

    def test_one_that_is_asked_is_in_it_until_it_is_answered(self, deal: Deal, question: Put, now: datetime) -> None:
        assert self.open_of("approver@acme.example") == [question.id]
        decide(question, "approve", now=now)
        assert self.open_of("approver@acme.example") == []

    def test_or_passed_on(self, deal: Deal, question: Put, now: datetime) -> None:
        strike(question, now + timedelta(hours=48))
        assert self.open_of("approver@acme.example") == []
        assert self.open_of("head@acme.example") == [questions_of(deal)[1].id]


def question_seen(put: Put, now: datetime) -> str:
    return page_of(put.link, now).seen


def test_a_withdrawal_closes_the_open_question_and_no_answered_one(deal: Deal, question: Put, now: datetime) -> None:
    strike(question, now + timedelta(hours=48))
    review.close_for(deals.events_of(withdraw(deal, now))[-1], now)
    assert [put.status for put in questions_of(deal)] == ["escalated", "superseded"]


def test_the_approver_sees_who_else_has_the_customer_and_why(
    deal: Deal, new_partner: Callable[[str], Caller], context: Any, now: datetime
) -> None:
    customer = {"name": "Müller Maschinenbau AG", "domain": "mueller-ag.example", "country": "DE"}
    rival = registered(new_partner("South"), context, customer=customer, partner_reference="S-1")
    run("approvals-ask/first-step", deal_id=rival["id"])
    view = page_of(question_of(deals.locate(str(rival["id"]))).link, now)
    assert view.partner_name == "South"
    assert view.deal.verdict == "possible_duplicate"
    (match,) = view.matches
    assert "name alike" in match
    assert f"(deal {deal.number} of North)" in match


class TestOvertaken:
    """The deal leaves its review between a decision and its effect."""

    SAID: ClassVar = {
        "approve": Said("approve", note="Fine with me."),
        "reject": Said("reject", "Too early.", reason_code="too_early", note="Ask again in May."),
        "request_info": Said("request_info", "Which site?", ["notes"]),
    }

    @pytest.fixture
    def state_machine(self, question: Put, monkeypatch: pytest.MonkeyPatch) -> None:
        create_state_machine(monkeypatch)

    def timeline(self, deal: Deal) -> list[dict[str, Any]]:
        reply = admin_api.handler(sample("deals-admin-api/timeline", params={"id": deal.id}), None)
        return content(reply)["items"]

    @pytest.mark.usefixtures("state_machine")
    @pytest.mark.parametrize("choice", SAID)
    def test_by_a_withdrawal_it_stays_in_the_vendors_timeline_alone(
        self, deal: Deal, question: Put, now: datetime, choice: str
    ) -> None:
        decide_as_admin(deal, self.SAID[choice], now, "key_9")
        withdraw(deal, now)
        for _ in range(2):
            assert app.handler({"Records": stream("Deals")}, None) == {"batchItemFailures": []}
        told, withdrawn, *_ = self.timeline(deal)
        said = self.SAID[choice]
        assert (told["type"], withdrawn["type"]) == ("deal.noted", "deal.withdrawn")
        assert told["internal"]["text"].endswith(" did not take effect: the partner withdrew the deal first.")
        assert (told["internal"]["by"], told["internal"]["choice"]) == ("key_9", choice)
        assert (told["internal"].get("note", ""), told["internal"]["reason"]) == (said.note, said.reason)
        found = deals.locate(deal.id)
        assert (found.status, review_of(deal).state) == ("withdrawn", "superseded")
        assert "noted" not in json.dumps(timeline_of(found, PageRequest(50)))
        assert [figures for by in (By.TIER, By.RULE) for figures in times_by(by, now)] == []
        assert "withdrew" in page_of(question.link, now).closed

    @pytest.mark.usefixtures("state_machine")
    def test_by_another_partners_getting_it_too(
        self, deal: Deal, question: Put, now: datetime, new_partner: Callable[[str], Caller], context: CommandContext
    ) -> None:
        decide(question, "approve", now=now)
        commands.reassign(deals.locate(deal.id), new_partner("South").partner_id, context, "key_1")
        app.handler({"Records": stream("Deals")}, None)
        told, *_ = self.timeline(deal)
        assert told["internal"]["text"] == (
            "An approval did not take effect: the deal was given to another partner first."
        )
        assert (told["internal"]["by"], question.now().review.state) == ("approver@acme.example", "superseded")
        assert [one["key"] for one in times_by(By.APPROVER, now)] == ["approver@acme.example"], "who did answer"
        assert times_by(By.TIER, now) == []

    @pytest.mark.usefixtures("state_machine")
    @pytest.mark.parametrize("choice", ["approve", "request_info"])
    def test_one_that_took_effect_stays_one(self, deal: Deal, question: Put, now: datetime, choice: str) -> None:
        decide_as_admin(deal, self.SAID[choice], now, "key_9")
        run("approvals-apply/decided", deal_id=deal.id)
        withdraw(deals.locate(deal.id), now)
        app.handler({"Records": stream("Deals")}, None)
        assert "deal.noted" not in [entry["type"] for entry in self.timeline(deal)]
        assert review_of(deal).state == "decided"
        assert len(times_by(By.TIER, now)) == (choice == "approve")


def times_by(by: By, now: datetime) -> list[Any]:
    return [*decision_times.listing(by, now.date(), now.date())["items"]]
