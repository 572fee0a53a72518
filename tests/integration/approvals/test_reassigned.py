"""A deal that is given to another partner while it is in review is reviewed anew: no approval of one is another's."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import review
from dealreg.deals import commands
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform.errors import Gone
from dealreg.platform.http import Caller
from relay import app
from tests.integration.approvals.conftest import run
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import create_state_machine, executions, records_of
from tests.reviews import Put, decide, page_of, questions_of

Give = Callable[[], Deal]
GIVEN_AWAY = "It was given to another partner"


@pytest.fixture
def give(deal: Deal, new_partner: Callable[[str], Caller], now: datetime) -> Give:
    """To South, two days later."""
    south, later = new_partner("South"), CommandContext(now + timedelta(days=2), 9000)
    return lambda: commands.reassign(deals.locate(deal.id), south.partner_id, later, "user_1")


def follow(monkeypatch: pytest.MonkeyPatch) -> None:
    create_state_machine(monkeypatch)
    for _ in range(2):
        assert app.handler({"Records": records_of("Deals", "EVENT")}, None) == {"batchItemFailures": []}


def test_another_review_begins_with_its_own_time(deal: Deal, give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    given = give()
    begins = (deal.review_version, given.review_version, given.review_sequence)
    assert begins == (1, 2, 3), "after the event that tells the first partner"
    assert (deal.decide_by, given.decide_by) == ("2026-11-25T17:00:00.000Z", "2026-11-27T17:00:00.000Z")
    follow(monkeypatch)
    assert executions() == [f"{deal.id}-2", f"{deal.id}-1"]


def test_the_open_question_closes_and_its_link_says_why(
    deal: Deal, question: Put, give: Give, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    give()
    assert GIVEN_AWAY in page_of(question.link, now).closed
    with pytest.raises(Gone, match=GIVEN_AWAY):
        decide(question, "approve", now=now)
    review.ask(deal.id, 2, "token 2", now)
    follow(monkeypatch)
    found = {put.review.version: put for put in questions_of(deal)}
    assert {version: put.status for version, put in found.items()} == {1: "superseded", 2: "pending"}
    assert GIVEN_AWAY in page_of(question.link, now).closed
    with pytest.raises(Gone, match=GIVEN_AWAY):
        decide(question, "approve", now=now)
    assert decide(found[2], "approve", now=now).status == "decided"


def test_an_answer_that_had_no_effect_yet_does_not_count_for_the_other(
    deal: Deal, question: Put, give: Give, now: datetime
) -> None:
    decide(question, "approve", now=now)
    give()
    run("approvals-apply/decided", deal_id=deal.id)
    assert deals.locate(deal.id).status == "in_review"
    assert GIVEN_AWAY in page_of(question.link, now).closed


def test_a_decision_in_that_moment_is_told_so(
    deal: Deal, question: Put, give: Give, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, give)
    with pytest.raises(Gone, match=GIVEN_AWAY):
        decide(question, "approve", now=now)


def test_an_approved_deal_keeps_its_dates(deal: Deal, give: Give, now: datetime) -> None:
    approved = commands.apply_decision(deal, 1, "approve", CommandContext(now, 500), "head")
    given = give()
    assert (given.status, given.protected_until, given.review_version) == ("approved", approved.protected_until, 1)
    assert given.decide_by == deal.decide_by
