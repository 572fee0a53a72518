"""Nothing of a suspended partner's deals is decided; its clocks run on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import store
from dealreg.approvals.model import Approval, key_of
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners import partners
from dealreg.partners.program import Program, save_program
from dealreg.platform.errors import StaleVersion, StateConflict
from tests.integration.approvals.conftest import questions, run
from tests.integration.aws_calls import lose_race_to
from tests.integration.deals.reviewing import call
from tests.samples import content

Ask = Callable[..., Approval]
HELD = "This partner is suspended; nothing can be decided now."


def suspend(deal: Deal) -> None:
    partners.change(deal.partner_id, {"status": "suspended"}, "test")


@pytest.mark.parametrize("case", ["approve", "reject", "request-info"])
def test_no_admin_decides(deal: Deal, question: Approval, case: str) -> None:
    suspend(deal)
    reply = call(case, deal.id)
    told = content(reply)
    assert (reply["statusCode"], told["code"], told["cause"]) == (409, "state_conflict", "partner_suspended")
    assert questions(deal) == [question]


def test_no_approver_decides_until_the_partner_is_active_again(deal: Deal, question: Approval, now: datetime) -> None:
    link = store.link_token(question)
    suspend(deal)
    with pytest.raises(StateConflict, match="suspended"):
        store.decide(link, "approve", "", [], now)
    shown = store.find_by_token(link, now)
    assert (shown.closed, shown.held) == ("", HELD)
    partners.change(deal.partner_id, {"status": "active"}, "test")
    assert store.decide(link, "approve", "", [], now).status == "decided"


def test_of_a_suspension_and_a_decision_at_once_the_suspension_holds_if_it_came_first(
    deal: Deal, question: Approval, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: suspend(deal))
    with pytest.raises(StateConflict, match="suspended") as refused:
        store.decide(store.link_token(question), "approve", "", [], now)
    assert refused.value.extra == {"cause": "partner_suspended"}
    assert questions(deal) == [question]


def test_nobody_is_reminded_in_vain_and_the_next_is_asked(deal: Deal, question: Approval, now: datetime) -> None:
    suspend(deal)
    store.on_due(key_of(deal.id, question.id), now + timedelta(hours=48))
    assert questions(deal)[0].status == "escalated"


class TestWhatNeedsNobody:
    @pytest.fixture(autouse=True)
    def generous(self, deal: Deal, program: Program) -> None:
        tiers = tuple(replace(tier, auto_approve_limit=deal.amount) for tier in program.tiers)
        save_program(replace(program, tiers=tiers), by="test")

    def test_waits_for_a_person_while_its_partner_is_suspended(self, deal: Deal) -> None:
        suspend(deal)
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "ask"

    def test_is_not_approved_if_its_partner_was_suspended_since(self, deal: Deal) -> None:
        assert run("approvals-assess/in-review", deal_id=deal.id)["next_step"] == "apply"
        suspend(deal)
        with pytest.raises(StaleVersion):
            run("approvals-apply/automatic", deal_id=deal.id)
        assert deals.locate(deal.id).status == "in_review"
