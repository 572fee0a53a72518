"""Answers to a question: once, in time, by its own link; and what is told to everybody else."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import store
from dealreg.approvals.model import Answer, Approval, Choice, key_of
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform import dynamo
from dealreg.platform.errors import Gone, InvalidInput, NotFound, StateConflict
from dealreg.platform.http import Caller
from tests.integration.approvals.conftest import comment, questions, run, withdraw
from tests.integration.deals.test_register import registered

Ask = Callable[..., Approval]


@pytest.fixture
def link(question: Approval) -> str:
    return store.link_token(question)


def just_before_the_transaction(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """Lets something else happen between a decision's reads and its write, once."""
    transact = dynamo.transact

    def overtaken(actions: Sequence[dynamo.Action]) -> None:
        monkeypatch.setattr(dynamo, "transact", transact)
        happens()
        transact(actions)

    monkeypatch.setattr(dynamo, "transact", overtaken)


class TestByLink:
    def test_the_answer_is_kept_with_who_and_when_and_owed_to_the_workflow(
        self, deal: Deal, link: str, now: datetime
    ) -> None:
        store.decide(link, "reject", "  Too early.  ", ["notes"], now, "too_early")
        (question,) = questions(deal)
        assert question.answer == Answer(Choice.REJECT, "Too early.", "too_early", ())
        assert (question.decided_by, question.decided_at) == ("approver@acme.example", now)
        assert question.due_at == now + timedelta(minutes=1)
        assert question.task_token == "token 1"
        assert deals.locate(deal.id).status == "in_review"

    def test_a_comment_meanwhile_does_not_hinder(self, deal: Deal, link: str, now: datetime) -> None:
        comment(deal, now)
        assert store.decide(link, "approve", "", [], now).status == "decided"

    def test_reading_changes_nothing(self, deal: Deal, link: str, now: datetime) -> None:
        before = questions(deal)
        for _ in range(5):
            assert store.find_by_token(link, now).closed == ""
        assert questions(deal) == before

    def test_twice_is_told_the_first(self, deal: Deal, link: str, now: datetime) -> None:
        store.decide(link, "approve", "", [], now)
        with pytest.raises(Gone, match=r"^You approved this on 23 Nov 2026, 10:00 UTC"):
            store.decide(link, "reject", "No.", [], now)
        assert questions(deal)[0].answer == Answer(Choice.APPROVE, "", "", ())
        assert "You approved this" in store.find_by_token(link, now).closed

    def test_a_forged_link_leads_nowhere(self, link: str, now: datetime) -> None:
        for forged in ("", link[:-1], link + "A", "A" * 43):
            with pytest.raises(NotFound):
                store.find_by_token(forged, now)
            with pytest.raises(NotFound):
                store.decide(forged, "approve", "", [], now)

    def test_an_expired_link_decides_nothing(self, deal: Deal, link: str, now: datetime) -> None:
        late = now + timedelta(hours=48)
        with pytest.raises(Gone, match="passed on"):
            store.decide(link, "approve", "", [], late)
        assert questions(deal)[0].status == "pending"

    def test_an_earlier_steps_link_decides_nothing(self, deal: Deal, link: str, ask: Ask, now: datetime) -> None:
        store.on_due(key_of(deal.id, questions(deal)[0].id), now + timedelta(hours=48))
        second = ask(2)
        with pytest.raises(Gone, match="passed on"):
            store.decide(link, "approve", "", [], now)
        assert store.decide(store.link_token(second), "approve", "", [], now).decided_by == "head@acme.example"

    def test_without_a_choice_or_a_reason_nothing_is_decided(self, deal: Deal, link: str, now: datetime) -> None:
        for choice, reason in (("", ""), ("reject", " "), ("request_info", "Why?")):
            with pytest.raises(InvalidInput):
                store.decide(link, choice, reason, [], now)
        assert questions(deal)[0].status == "pending"

    def test_a_withdrawn_deal_cannot_be_approved(self, deal: Deal, link: str, now: datetime) -> None:
        withdraw(deal, now)
        assert store.find_by_token(link, now).closed.startswith("The partner withdrew this. The deal is withdrawn")
        with pytest.raises(StateConflict, match="is withdrawn, so there is nothing to decide"):
            store.decide(link, "approve", "", [], now)
        assert questions(deal)[0].status == "pending"


class TestARace:
    def test_of_two_decisions_one_counts_and_the_other_is_told_so(
        self, deal: Deal, link: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def other() -> None:
            store.decide_as_admin(deal, "reject", "No.", [], now, "user_9", "other")

        just_before_the_transaction(monkeypatch, other)
        with pytest.raises(StateConflict, match="user_9 rejected this"):
            store.decide(link, "approve", "", [], now)
        assert questions(deal)[0].decided_by == "user_9"

    def test_a_withdrawal_that_came_first_counts(
        self, deal: Deal, link: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        just_before_the_transaction(monkeypatch, lambda: withdraw(deal, now))
        with pytest.raises(StateConflict, match="is withdrawn"):
            store.decide(link, "approve", "", [], now)
        assert questions(deal)[0].status == "pending"

    def test_an_answer_that_came_before_the_escalation_counts(
        self, deal: Deal, question: Approval, link: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = dynamo.write

        def overtaken(action: dynamo.Action) -> None:
            monkeypatch.setattr(dynamo, "write", write)
            store.decide(link, "approve", "", [], now)
            write(action)

        monkeypatch.setattr(dynamo, "write", overtaken)
        store.on_due(key_of(deal.id, question.id), now + timedelta(hours=48))
        assert questions(deal)[0].status == "decided"


class TestByAnAdmin:
    def test_it_answers_the_open_question_even_past_its_time(
        self, deal: Deal, question: Approval, now: datetime
    ) -> None:
        late = now + timedelta(days=3)
        decided = store.decide_as_admin(deal, "approve", "", [], late, "user_9", "other")
        assert (decided.id, decided.status, decided.decided_by) == (question.id, "decided", "user_9")

    def test_before_anybody_was_asked_it_says_so(self, deal: Deal, now: datetime) -> None:
        with pytest.raises(StateConflict, match="is being assessed"):
            store.decide_as_admin(deal, "approve", "", [], now, "user_9", "other")

    def test_a_deal_not_under_review_says_so(self, deal: Deal, question: Approval, now: datetime) -> None:
        withdrawn = withdraw(deal, now)
        store.close_for(deals.events_of(withdrawn)[-1])
        with pytest.raises(StateConflict, match="not under review"):
            store.decide_as_admin(withdrawn, "approve", "", [], now, "user_9", "other")


class TestTheClock:
    def test_it_reminds_once_and_looks_again_at_the_end(self, deal: Deal, question: Approval, now: datetime) -> None:
        for _ in range(2):
            store.on_due(key_of(deal.id, question.id), now + timedelta(hours=24))
        (reminded,) = questions(deal)
        assert (reminded.status, reminded.reminders) == ("pending", 1)
        assert reminded.due_at == question.expires_at

    def test_too_early_it_does_nothing(self, deal: Deal, question: Approval, now: datetime) -> None:
        store.on_due(key_of(deal.id, question.id), now + timedelta(hours=23))
        assert questions(deal) == [question]

    def test_it_hands_the_question_on(self, deal: Deal, question: Approval, now: datetime) -> None:
        late = now + timedelta(hours=48)
        store.on_due(key_of(deal.id, question.id), late)
        (handed_on,) = questions(deal)
        assert (handed_on.status, handed_on.due_at) == ("escalated", late + timedelta(minutes=2))

    def test_it_ends_the_question_of_a_deal_that_left_review_unnoticed(
        self, deal: Deal, question: Approval, now: datetime
    ) -> None:
        withdraw(deal, now)
        store.on_due(key_of(deal.id, question.id), now + timedelta(hours=24))
        assert questions(deal)[0].status == "superseded"

    def test_a_row_that_is_gone_is_no_trouble(self, deal: Deal, now: datetime) -> None:
        store.on_due(key_of(deal.id, "apr_gone"), now)


def test_a_withdrawal_closes_the_open_question_and_no_answered_one(
    deal: Deal, question: Approval, ask: Ask, now: datetime
) -> None:
    store.on_due(key_of(deal.id, question.id), now + timedelta(hours=48))
    ask(2)
    store.close_for(deals.events_of(withdraw(deal, now))[-1])
    assert [asked.status for asked in questions(deal)] == ["escalated", "superseded"]


def test_the_approver_sees_who_else_has_the_customer_and_why(
    deal: Deal, new_partner: Callable[[str], Caller], context: Any, now: datetime
) -> None:
    customer = {"name": "Müller Maschinenbau AG", "domain": "mueller-ag.example", "country": "DE"}
    rival = registered(new_partner("South"), context, customer=customer, partner_reference="S-1")
    run("approvals-ask/first-step", deal_id=rival["id"])
    (asked,) = questions(deals.locate(str(rival["id"])))
    view = store.find_by_token(store.link_token(asked), now)
    assert view.partner_name == "South"
    assert view.deal.verdict == "possible_duplicate"
    (match,) = view.matches
    assert "name alike" in match
    assert f"(deal {deal.number} of North)" in match
