"""Nothing of a suspended partner's deals is decided; its clocks run on."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import review
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners
from dealreg.partners.program import Program
from dealreg.platform.errors import StateConflict
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from tests.integration.approvals.conftest import registered_under, run
from tests.integration.aws_calls import lose_race_to
from tests.integration.deals.reviewing import call
from tests.reviews import Put, decide, page_of, question_of, review_of, strike
from tests.samples import content

Ask = Callable[..., Put]
HELD = "This partner is suspended; nothing can be decided now."


def suspend(deal: Deal) -> None:
    partners.change(deal.partner_id, {"status": "suspended"}, "test")


@pytest.mark.parametrize("case", ["approve", "reject", "request-info"])
def test_no_admin_decides(deal: Deal, question: Put, case: str) -> None:
    suspend(deal)
    reply = call(case, deal.id)
    told = content(reply)
    assert (reply["statusCode"], told["code"], told["cause"]) == (409, "state_conflict", "partner_suspended")
    assert question.now() == question


def test_no_approver_decides_until_the_partner_is_active_again(deal: Deal, question: Put, now: datetime) -> None:
    suspend(deal)
    with pytest.raises(StateConflict, match="suspended"):
        decide(question, "approve", now=now)
    shown = page_of(question.link, now)
    assert (shown.closed, shown.held) == ("", HELD)
    partners.change(deal.partner_id, {"status": "active"}, "test")
    assert decide(question, "approve", now=now).status == "decided"


def test_of_a_suspension_and_a_decision_at_once_the_suspension_holds_if_it_came_first(
    deal: Deal, question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: suspend(deal))
    with pytest.raises(StateConflict, match="suspended") as refused:
        decide(question, "approve", now=now)
    assert refused.value.extra["cause"] == "partner_suspended"
    assert question.now() == question


def test_nobody_is_reminded_in_vain_and_the_next_is_asked(deal: Deal, question: Put, now: datetime) -> None:
    suspend(deal)
    strike(question, now + timedelta(hours=48))
    assert question.now().status == "escalated"


class TestWhatNeedsNobody:
    @pytest.fixture
    def small(self, program: Program, new_partner: Callable[[str], Caller], context: CommandContext) -> Deal:
        return registered_under(program, new_partner("East"), context, limit=Money(48_000_00, "EUR"))

    def test_waits_for_a_person_while_its_partner_is_suspended(self, small: Deal) -> None:
        suspend(small)
        assert run("approvals-assess/in-review", deal_id=small.id)["next_step"] == "ask"

    def test_waits_too_if_that_happens_in_this_moment(
        self, small: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: suspend(small))
        assert review.assess(small.id, 1, now)["next_step"] == "ask"
        review.ask(small.id, 1, "token", now)
        assert (question_of(small).approver, review_of(small).rule) == ("approver@acme.example", "everything-else")

    def test_what_was_decided_before_holds(self, small: Deal) -> None:
        assert run("approvals-assess/in-review", deal_id=small.id)["next_step"] == "apply"
        suspend(small)
        run("approvals-apply/automatic", deal_id=small.id)
        assert deals.locate(small.id).status == "approved"
