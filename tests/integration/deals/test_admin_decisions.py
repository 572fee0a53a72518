"""An admin decides the whole review or a step of it, passes a question on, and says on which version that was."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from dealreg.approvals import review
from dealreg.deals import commands, rules, store
from dealreg.deals.model import Deal
from dealreg.partners import partners
from tests.integration.aws_calls import lose_race_to
from tests.integration.deals.reviewing import Registered, call
from tests.reviews import decide, question_of, questions_of, review_of
from tests.samples import content

APPROVER, HEAD = "approver@acme.example", "head@acme.example"
SAID: dict[str, dict[str, Any]] = {
    "approve": {},
    "reject": {"reason": "Too early.", "reason_code": "too_early"},
    "request-info": {"reason": "Which site?", "fields": ["notes"]},
}
PASS_ON = {"from": APPROVER, "to": HEAD}


@pytest.fixture
def deal(registered: Registered, now: datetime) -> Deal:
    """Its approver has been asked."""
    made = store.locate(registered("North")["id"])
    review.ask(made.id, made.version, "task token", now)
    return made


def edited(deal: Deal) -> None:
    commands.apply(deal, lambda read: rules.rejudge(replace(read, notes="Another."), commands.context_at(NOON)))


NOON = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


@pytest.mark.parametrize("command", SAID)
class TestDeciding:
    def test_with_a_note_that_only_the_vendor_has(self, deal: Deal, command: str) -> None:
        reply = call(command, deal.id, body=SAID[command] | {"note": "Ask Ada."})
        assert reply["statusCode"] == 202
        decision = review_of(deal).decision
        assert decision and (decision.by, decision.step, decision.answer.note) == ("key_1", "", "Ask Ada.")
        assert "Ask Ada." not in reply["body"]

    def test_a_step_that_is_asked(self, deal: Deal, command: str) -> None:
        assert call(command, deal.id, body=SAID[command] | {"step": "review"})["statusCode"] == 202
        decision = review_of(deal).decision
        assert decision and (decision.by, decision.step) == ("key_1", "review")

    def test_no_step_that_there_is_not(self, deal: Deal, command: str) -> None:
        reply = call(command, deal.id, body=SAID[command] | {"step": "finance"})
        assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "step")
        assert "review" in content(reply)["errors"][0]["message"]
        assert review_of(deal).state == "open"

    def test_before_anybody_is_asked(self, registered: Registered, command: str) -> None:
        unasked = store.locate(registered("West")["id"])
        assert call(command, unasked.id, body=SAID[command])["statusCode"] == 202
        assert review_of(unasked).state == "decided"

    def test_once(self, deal: Deal, command: str, now: datetime) -> None:
        decide(question_of(deal), "approve", now=now)
        reply = call(command, deal.id, body=SAID[command])
        assert (reply["statusCode"], content(reply)["cause"]) == (409, "step_decided")

    def test_of_the_version_that_was_read(self, deal: Deal, command: str) -> None:
        read = call("read", deal.id)["headers"]["etag"]
        edited(deal)
        late = call(command, deal.id, body=SAID[command], headers={"if-match": read})
        assert (late["statusCode"], content(late)["code"], review_of(deal).state) == (409, "stale_version", "open")
        again = call("read", deal.id)["headers"]["etag"]
        assert call(command, deal.id, body=SAID[command], headers={"if-match": again})["statusCode"] == 202

    def test_not_of_what_changed_in_that_moment(
        self, deal: Deal, command: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = call("read", deal.id)["headers"]["etag"]
        lose_race_to(monkeypatch, lambda: edited(deal), "Deals")
        late = call(command, deal.id, body=SAID[command], headers={"if-match": read})
        assert (late["statusCode"], content(late)["changed"], review_of(deal).state) == (409, ["notes"], "open")

    def test_nothing_of_a_suspended_partner(self, deal: Deal, command: str) -> None:
        partners.change(deal.partner_id, {"status": "suspended"}, "test")
        reply = call(command, deal.id, body=SAID[command])
        assert (reply["statusCode"], content(reply)["cause"]) == (409, "partner_suspended")
        assert review_of(deal).state == "open"

    def test_nothing_that_is_not_under_review(self, deal: Deal, command: str) -> None:
        commands.apply(deal, lambda read: rules.withdraw(read, commands.context_at(NOON), ""))
        reply = call(command, deal.id, body=SAID[command])
        assert (reply["statusCode"], content(reply)["cause"]) == (409, "not_under_review")


class TestPassingOn:
    def test_somebodys_open_question(self, deal: Deal) -> None:
        reply = call("delegate", deal.id, body=PASS_ON)
        assert (reply["statusCode"], content(reply)["id"]) == (202, deal.id)
        assert [(put.approver, put.status) for put in questions_of(deal)] == [
            (APPROVER, "delegated"),
            (HEAD, "pending"),
        ]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"from": HEAD}, "from"),
            ({"to": APPROVER}, "to"),
            ({"to": "nobody@acme.example"}, "to"),
            ({"to": "x"}, "to"),
        ],
    )
    def test_from_who_has_one_to_who_is_of_the_program(self, deal: Deal, change: dict[str, str], field: str) -> None:
        reply = call("delegate", deal.id, body=PASS_ON | change)
        assert (reply["statusCode"], [one["field"] for one in content(reply)["errors"]]) == (422, [field])
        assert [put.status for put in questions_of(deal)] == ["pending"]

    def test_not_before_anybody_is_asked(self, registered: Registered) -> None:
        reply = call("delegate", registered("West")["id"], body=PASS_ON)
        assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "from")

    def test_not_while_the_partner_is_suspended(self, deal: Deal) -> None:
        partners.change(deal.partner_id, {"status": "suspended"}, "test")
        reply = call("delegate", deal.id, body=PASS_ON)
        assert (reply["statusCode"], content(reply)["cause"]) == (409, "partner_suspended")

    def test_not_when_it_is_decided(self, deal: Deal, now: datetime) -> None:
        decide(question_of(deal), "approve", now=now)
        reply = call("delegate", deal.id, body=PASS_ON)
        assert (reply["statusCode"], content(reply)["cause"]) == (409, "step_decided")

    def test_the_new_one_is_no_answer_of_the_old_ones_owner(self, deal: Deal, now: datetime) -> None:
        call("delegate", deal.id, body=PASS_ON)
        put = decide(question_of(deal), "approve", now=now)
        decision = put.review.decision
        assert decision and (decision.by, decision.on_behalf_of) == (HEAD, APPROVER)
