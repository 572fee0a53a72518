"""The state machine's three functions, each run once, again, and too late."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from dealreg.approvals import deciding, store
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Review
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Approvers, Program, save_program
from dealreg.platform import due, dynamo
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from tests.integration.approvals.conftest import comment, registered_under, run, withdraw
from tests.integration.aws_calls import intercept
from tests.reviews import Put, decide, page_of, questions_of, review_of, row_of, strike

Ask = Callable[..., Put]


def due_keys(review: Review) -> list[str]:
    """What the sweep finds at the moment the row is due."""
    assert review.due_at
    bucket = row_of(review)["due_bucket"]
    return [item["sk"] for item in due.find(deals.table(), bucket, review.due_at).items]


class TestAssess:
    def test_a_big_deal_needs_the_first_approver(self, deal: Deal) -> None:
        turn = run("approvals-assess/in-review", deal_id=deal.id)
        assert turn == {"deal_id": deal.id, "version": 1, "next_step": "ask", "step": 1}

    def test_the_deals_tier_decides_and_not_what_the_program_says_of_others(
        self, program: Program, new_partner: Callable[[str], Caller], context: CommandContext
    ) -> None:
        deal = registered_under(program, new_partner("North"), context, limit=Money(48_000_00, "EUR"))
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "apply"
        assert review_of(deal).rule == "auto-registered"

    def test_settings_that_came_later_do_not_reach_back(self, deal: Deal, program: Program) -> None:
        generous = tuple(replace(tier, auto_approve_limit=deal.amount) for tier in program.tiers)
        save_program(replace(program, tiers=generous), by="test")
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "ask"

    def test_a_comment_meanwhile_changes_nothing(self, deal: Deal, now: datetime) -> None:
        comment(deal, now)
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "ask"

    def test_a_deal_that_left_review_is_let_be(self, deal: Deal, now: datetime) -> None:
        withdraw(deal, now)
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "end"

    def test_another_review_of_the_deal_is_not_this_one(self, deal: Deal) -> None:
        assert run("approvals-assess/in-review", deal_id=deal.id, version=2)["next_step"] == "end"


class TestAsk:
    def test_the_question_waits_and_the_review_is_on_the_clock(self, deal: Deal, question: Put, now: datetime) -> None:
        review = review_of(deal)
        (step,) = review.steps
        assert (question.status, question.approver, store.token_of(review)) == (
            "pending",
            "approver@acme.example",
            "token 1",
        )
        assert step.remind_at == now + timedelta(hours=24)
        assert step.escalate_at == now + timedelta(hours=48)
        assert review.due_at == step.remind_at
        assert due_keys(review) == ["REVIEW#00000001"]

    def test_its_link_leads_to_it_and_is_not_stored(self, deal: Deal, question: Put, now: datetime) -> None:
        link = question.link
        assert page_of(link, now).question == question.question
        rows = dynamo.every(deals.table(), place_of(deal.id).pk)
        assert link.rpartition("-")[2] not in json.dumps(list(rows), default=str)

    def test_it_is_not_in_the_index_of_deals(self, question: Put) -> None:
        for status in ("pending", "open"):
            assert dynamo.index_page(deals.table(), deals.BY_STATUS, ("status", status), limit=100).items == []

    def test_asked_again_it_is_the_same_question_with_the_new_token(
        self, deal: Deal, ask: Ask, question: Put, now: datetime
    ) -> None:
        assert ask("token 2").question == question.question
        assert store.token_of(review_of(deal)) == "token 2"
        assert len(questions_of(deal)) == 1

    def test_asked_again_after_the_answer_the_new_token_is_owed_it(
        self, deal: Deal, ask: Ask, question: Put, now: datetime
    ) -> None:
        decide(question, "approve", now=now)
        ask("token 2")
        review = review_of(deal)
        assert (review.state, store.token_of(review), row_of(review)["relay"]) == ("decided", "token 2", "yes")

    def test_a_deal_that_left_review_just_before_is_not_asked_about(self, deal: Deal, now: datetime) -> None:
        withdraw(deal, now)
        run("approvals-ask/first-step", deal_id=deal.id, task_token="token 2")
        assert questions_of(deal) == []
        assert (review_of(deal).state, store.token_of(review_of(deal))) == ("superseded", "token 2")

    def test_what_it_began_with_holds(self, deal: Deal, program: Program, ask: Ask) -> None:
        save_program(replace(program, approvers=Approvers("other@acme.example"), remind_after_hours=1), "test")
        asked = ask()
        assert asked.review.program_version == program.version
        assert asked.review.steps[0].remind_at == asked.question.asked_at + timedelta(hours=24)

    def test_but_who_left_the_program_is_not_asked(self, deal: Deal, program: Program, ask: Ask) -> None:
        save_program(replace(program, approvers=Approvers("other@acme.example")), "test")
        assert ask().approver == "other@acme.example"


class TestApply:
    @pytest.mark.parametrize(
        ("choice", "reason", "fields", "status"),
        [
            ("approve", "", [], "approved"),
            ("reject", "Too early.", [], "rejected"),
            ("request_info", "Which entity?", ["customer.tax_id"], "action_required"),
        ],
    )
    def test_the_decision_reaches_the_deal_once(
        self, deal: Deal, question: Put, now: datetime, choice: str, reason: str, fields: list[str], status: str
    ) -> None:
        comment(deal, now)
        decide(question, choice, reason, fields, now=now)
        for _ in range(2):
            run("approvals-apply/decided", deal_id=deal.id)
        decided = deals.locate(deal.id)
        assert (decided.status, decided.editable) == (status, fields)
        kinds = [event.type for event in deals.events_of(decided)]
        assert kinds == ["deal.submitted", "deal.commented", f"deal.{status}"]
        assert deals.events_of(decided)[-1].internal["by"] == question.approver

    def test_the_reason_of_an_approval_goes_to_the_partner(self, deal: Deal, question: Put, now: datetime) -> None:
        decide(question, "approve", "Well prepared.", now=now)
        run("approvals-apply/decided", deal_id=deal.id)
        assert deals.events_of(deals.locate(deal.id))[-1].data["reason"] == "Well prepared."

    def test_without_anybody_the_deal_is_approved(
        self, program: Program, new_partner: Callable[[str], Caller], context: CommandContext
    ) -> None:
        deal = registered_under(program, new_partner("North"), context, limit=Money(48_000_00, "EUR"))
        run("approvals-assess/in-review", deal_id=deal.id)
        run("approvals-apply/automatic", deal_id=deal.id)
        approved = deals.locate(deal.id)
        assert (approved.status, deals.events_of(approved)[-1].internal["by"]) == ("approved", "automatic")

    def test_who_said_what_stands_in_the_vendors_timeline_alone(self, deal: Deal, question: Put, now: datetime) -> None:
        decide(question, "approve", "Well done.", now=now, note="Ada knows them.")
        run("approvals-apply/decided", deal_id=deal.id)
        event = deals.events_of(deals.locate(deal.id))[-1]
        assert (event.internal["step"], event.internal["note"]) == ("review", "Ada knows them.")
        (signature,) = event.internal["signatures"]
        assert (signature["by"], signature["choice"], signature["steps"]) == (question.approver, "approve", ["review"])
        assert "Ada" not in json.dumps(event.to_envelope(), default=str)

    def test_a_deal_withdrawn_meanwhile_stays_so(self, deal: Deal, question: Put, now: datetime) -> None:
        decide(question, "approve", now=now)
        withdraw(deal, now)
        run("approvals-apply/decided", deal_id=deal.id)
        assert deals.locate(deal.id).status == "withdrawn"

    def test_what_nobody_decided_changes_nothing(self, deal: Deal, question: Put) -> None:
        run("approvals-apply/decided", deal_id=deal.id)
        assert deals.locate(deal.id) == deal


def test_nothing_that_is_logged_names_a_person_or_a_token(
    deal: Deal, ask: Ask, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "dealreg")
    question = ask()
    strike(question, now + timedelta(hours=24))
    decide(question, "reject", "Too early.", now=now)
    run("approvals-apply/decided", deal_id=deal.id)
    logged = " ".join(str(record.__dict__) for record in caplog.records if record.name.startswith("dealreg.approvals"))
    assert deal.id in logged
    for secret in (question.link, "token 1", "@acme.example", "Too early", deal.customer["name"]):
        assert secret not in logged


class TestWhoThereIs:
    """Users, absences and bounces are read when somebody is to be asked, and only then."""

    READS = frozenset(["GetItem", "Query", "BatchGetItem"])

    def reads(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[str]:
        calls: list[str] = []

        def noted(make: Callable[[], Any], _client: Any, call: str, _request: Any) -> Any:
            calls.append(call)
            return make()

        with monkeypatch.context() as patch:
            intercept(patch, noted)
            act()
        return [call for call in calls if call in self.READS]

    def test_a_reminder_reads_the_review_and_its_deal(
        self, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        strike_first = partial(strike, question, now, timedelta(hours=24))
        assert self.reads(monkeypatch, strike_first) == ["GetItem", "Query", "GetItem"]
        assert review_of(deals.locate(question.review.deal_id)).steps[0].reminders == 1

    def test_an_answer_reads_them_and_the_partner(
        self, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = page_of(question.link, now).seen
        answer = partial(deciding.decide, question.link, Said("approve"), seen, now)
        assert "BatchGetItem" not in self.reads(monkeypatch, answer)

    def test_an_escalation_reads_who_is_away_and_whom_no_mail_reaches(
        self, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        escalate = partial(strike, question, now, timedelta(hours=48))
        assert self.reads(monkeypatch, escalate).count("BatchGetItem") == 2
