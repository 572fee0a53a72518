"""The state machine's three functions, each run once, again, and too late."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import store
from dealreg.approvals.model import Approval, key_of
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners.program import Program, save_program
from dealreg.platform import due, dynamo, times
from dealreg.platform.errors import NotFound, StateConflict
from tests.integration.approvals.conftest import comment, questions, run, withdraw

Ask = Callable[..., Approval]


def due_keys(approval: Approval) -> list[str]:
    """What the sweep finds at the moment the row is due."""
    assert approval.due_at
    bucket = due.at(approval.due_at, approval.id)["due_bucket"]
    return [item["sk"] for item in due.find(deals.table(), bucket, approval.due_at).items]


class TestAssess:
    def test_a_big_deal_needs_the_first_approver(self, deal: Deal) -> None:
        turn = run("approvals-assess/in-review", deal_id=deal.id)
        assert turn == {"deal_id": deal.id, "version": 1, "next_step": "ask", "step": 1, "approval_id": ""}

    def test_the_deals_tier_decides_and_not_what_the_program_says_of_others(self, deal: Deal, program: Program) -> None:
        generous = [replace(tier, auto_approve_limit=deal.amount) for tier in program.tiers if tier.id == deal.tier]
        save_program(replace(program, tiers=tuple(generous)), by="test")
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "apply"

    def test_a_comment_meanwhile_changes_nothing(self, deal: Deal, now: datetime) -> None:
        comment(deal, now)
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "ask"

    def test_a_deal_that_left_review_is_let_be(self, deal: Deal, now: datetime) -> None:
        withdraw(deal, now)
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "end"

    def test_another_review_of_the_deal_is_not_this_one(self, deal: Deal) -> None:
        assert run("approvals-assess/in-review", deal_id=deal.id, version=2)["next_step"] == "end"


class TestAsk:
    def test_the_question_waits_with_its_token_and_is_on_the_clock(self, question: Approval, now: datetime) -> None:
        assert (question.status, question.approver, question.task_token) == (
            "pending",
            "approver@acme.example",
            "token 1",
        )
        assert question.remind_at == now + timedelta(hours=24)
        assert question.expires_at == now + timedelta(hours=48)
        assert question.due_at == question.remind_at
        assert due_keys(question) == [f"APPROVAL#{question.id}"]

    def test_its_link_leads_to_it_and_only_the_hash_is_stored(self, question: Approval, now: datetime) -> None:
        token = store.link_token(question)
        assert store.find_by_token(token, now).approval == question
        stored = dynamo.get(deals.table(), f"LINK#{token}", "LINK")
        assert stored is None

    def test_it_is_not_in_the_index_of_deals(self, question: Approval) -> None:
        assert dynamo.index_page(deals.table(), deals.BY_STATUS, ("status", "pending"), limit=100).items == []

    def test_asked_again_it_is_the_same_question_with_the_new_token(self, ask: Ask, question: Approval) -> None:
        assert ask(token="token 2") == replace(question, task_token="token 2")

    def test_asked_again_after_the_answer_the_new_token_is_owed_it_at_once(
        self, ask: Ask, question: Approval, now: datetime
    ) -> None:
        store.decide(store.link_token(question), "approve", "", [], now)
        again = ask(token="token 2")
        assert (again.status, again.task_token, again.due_at) == ("decided", "token 2", now)

    def test_a_deal_that_left_review_just_before_is_not_asked_about(self, deal: Deal, ask: Ask, now: datetime) -> None:
        withdraw(deal, now)
        question = ask()
        assert (question.status, question.due_at) == ("superseded", now)
        with pytest.raises(NotFound):
            store.find_by_token(store.link_token(question), now)
        assert ask(token="token 2").task_token == "token 2"

    def test_each_step_has_its_own_approver_and_link(self, ask: Ask) -> None:
        first, second = ask(1), ask(2)
        assert (first.approver, second.approver) == ("approver@acme.example", "head@acme.example")
        assert store.link_token(first) != store.link_token(second)


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
        self, deal: Deal, question: Approval, now: datetime, choice: str, reason: str, fields: list[str], status: str
    ) -> None:
        comment(deal, now)
        store.decide(store.link_token(question), choice, reason, fields, now)
        for _ in range(2):
            run("approvals-apply/decided", deal_id=deal.id, approval_id=question.id)
        decided = deals.locate(deal.id)
        assert (decided.status, decided.editable) == (status, fields)
        kinds = [event.type for event in deals.events_of(decided)]
        assert kinds == ["deal.submitted", "deal.commented", f"deal.{status}"]
        assert deals.events_of(decided)[-1].internal["by"] == question.approver

    def test_the_reason_of_an_approval_goes_to_the_partner(self, deal: Deal, question: Approval, now: datetime) -> None:
        store.decide(store.link_token(question), "approve", "Well prepared.", [], now)
        run("approvals-apply/decided", deal_id=deal.id, approval_id=question.id)
        assert deals.events_of(deals.locate(deal.id))[-1].data["reason"] == "Well prepared."

    def test_without_anybody_the_deal_is_approved(self, deal: Deal) -> None:
        run("approvals-apply/automatic", deal_id=deal.id)
        assert deals.locate(deal.id).status == "approved"

    def test_a_deal_withdrawn_meanwhile_stays_so(self, deal: Deal, question: Approval, now: datetime) -> None:
        store.decide(store.link_token(question), "approve", "", [], now)
        withdraw(deal, now)
        run("approvals-apply/decided", deal_id=deal.id, approval_id=question.id)
        assert deals.locate(deal.id).status == "withdrawn"

    def test_what_nobody_decided_cannot_be_applied(self, deal: Deal, question: Approval) -> None:
        with pytest.raises(StateConflict):
            run("approvals-apply/decided", deal_id=deal.id, approval_id=question.id)
        assert deals.locate(deal.id).status == "in_review"


def test_nothing_that_is_logged_names_a_person_or_a_token(
    deal: Deal, ask: Ask, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "dealreg")
    question = ask()
    token = store.link_token(question)
    store.on_due(key_of(deal.id, question.id), now + timedelta(hours=24))
    store.decide(token, "reject", "Too early.", [], now)
    run("approvals-apply/decided", deal_id=deal.id, approval_id=question.id)
    logged = " ".join(str(record.__dict__) for record in caplog.records if record.name.startswith("dealreg.approvals"))
    assert question.id in logged
    for secret in (token, "token 1", "@acme.example", "Too early", deal.customer["name"]):
        assert secret not in logged


def test_times_in_rows_sort_as_the_moments_do(question: Approval) -> None:
    row = dynamo.get(deals.table(), *pk_sk(question))
    assert row
    assert row["asked_at"] < row["remind_at"] < row["expires_at"]
    assert times.from_text(row["expires_at"]) == question.expires_at


def pk_sk(question: Approval) -> tuple[str, str]:
    key = key_of(question.deal_id, question.id)
    return key.pk, key.sk


def test_one_question_is_asked_per_review_and_step(deal: Deal, ask: Ask) -> None:
    for token in ("a", "b", "c"):
        ask(1, token)
    assert len(questions(deal)) == 1
