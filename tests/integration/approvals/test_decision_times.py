"""How long decisions took, as an admin is told: each answer and each verdict once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.approvers_api import handler
from dealreg.approvals import deciding, decision_times, review
from dealreg.approvals.answering import Said
from dealreg.approvals.decision_times import By
from dealreg.approvals.model import from_item
from dealreg.deals import commands, edits
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Program
from dealreg.platform import dynamo
from dealreg.platform.errors import Gone
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from tests.integration.approvals.conftest import registered_under, run, withdraw
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import stream
from tests.reviews import Put, decide, page_of, question_of, questions_of, review_of, strike
from tests.samples import content, sample

AT = "approvals-approvers-api/show-times"
APPROVER, HEAD, RULE, TIER = "approver@acme.example", "head@acme.example", "everything-else", "registered"
HOUR = timedelta(hours=1)


def relay() -> None:
    """All that the stream has told of reviews, again too."""
    for record in stream("Deals"):
        images = record["dynamodb"]
        if images["Keys"]["sk"]["S"].startswith("REVIEW#"):
            before, after = (dynamo.item_from_wire(images.get(name, {})) for name in ("OldImage", "NewImage"))
            decision_times.record(from_item(before) if before else None, from_item(after))


def told(by: str = "tier", first: str = "2026-11-01", last: str = "2026-11-30") -> list[dict[str, Any]]:
    relay()
    reply = handler(sample(AT, query={"from": first, "to": last, "by": by}), None)
    assert reply["statusCode"] == 200, reply["body"]
    return content(reply)["items"]


def figures(key: str, count: int, median: float, p90: float, in_time: int) -> dict[str, Any]:
    return {"key": key, "count": count, "median_minutes": median, "p90_minutes": p90, "in_time": in_time}


@pytest.mark.parametrize(("by", "key"), [("tier", TIER), ("rule", RULE), ("approver", APPROVER)])
def test_an_answer_that_decides_is_told_of_by_each(question: Put, now: datetime, by: str, key: str) -> None:
    assert told(by) == []
    decide(question, "approve", now=now + HOUR)
    assert told(by) == [figures(key, 1, 60, 60, 1)]


def test_night_and_weekend_are_no_time_but_the_promise_runs(question: Put) -> None:
    monday = datetime.fromisoformat("2026-11-30T09:30:00+00:00")
    decide(question, "reject", "No.", reason_code="other", now=monday)
    (told_of,) = told()
    assert told_of == figures(TIER, 1, 5 * 8 * 60 - 60 + 30, 5 * 8 * 60 - 60 + 30, 0)


def test_whoever_comes_second_counts_nothing(question: Put, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: decide(question, "approve", now=now + HOUR), "Deals")
    with pytest.raises(Gone):
        decide(question, "approve", now=now + HOUR)
    assert told("approver") == [figures(APPROVER, 1, 60, 60, 1)]


def test_what_follows_from_it_counts_nothing_however_often(deal: Deal, question: Put, now: datetime) -> None:
    put = decide(question, "approve", now=now + HOUR)
    for _ in range(2):
        run("approvals-ask/first-step", deal_id=deal.id, task_token="token of another execution")
        run("approvals-apply/decided", deal_id=deal.id)
        strike(put, now, 2 * HOUR)
    assert [one["count"] for by in By for one in told(by)] == [1, 1, 1]


def test_a_whole_review_decided_by_an_admin_is_nobodys_answer(deal: Deal, question: Put, now: datetime) -> None:
    deciding.decide_as_admin(deal, Said("approve"), now + HOUR, "key_1")
    assert (told("rule"), told("approver")) == ([figures(RULE, 1, 60, 60, 1)], [])


def test_also_before_anybody_was_asked(deal: Deal, now: datetime) -> None:
    deciding.decide_as_admin(deal, Said("approve"), now + HOUR, "key_1")
    assert [one["key"] for one in told("rule")] == [RULE]


def test_what_nobody_decided_is_not_told_of(
    program: Program, new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    deal = registered_under(program, new_partner("North"), context, limit=Money(48_000_00, "EUR"))
    run("approvals-assess/in-review", deal_id=deal.id)
    assert (review_of(deal).state, told("rule")) == ("decided", [])


def test_a_review_that_the_partner_left_has_no_verdict(deal: Deal, question: Put, now: datetime) -> None:
    gone = withdraw(deal, now)
    review.close_for(deals.events_of(gone)[-1], now)
    assert (review_of(deal).state, told(), told("approver")) == ("superseded", [], [])


def test_whoever_is_asked_instead_has_an_own_time(question: Put, now: datetime, deal: Deal) -> None:
    strike(question, question.escalate_at)
    late = question_of(deal)
    decide(late, "approve", now=question.escalate_at + HOUR)
    assert told("approver") == [figures(HEAD, 1, 60, 60, 1)]


def test_a_question_passed_on_is_the_time_of_who_answered(question: Put, now: datetime, deal: Deal) -> None:
    deciding.delegate(question.link, HEAD, page_of(question.link, now).seen, now + HOUR)
    decide(question_of(deal), "approve", now=now + 3 * HOUR)
    assert told("approver") == [figures(HEAD, 1, 120, 120, 1)]


def test_the_partners_time_to_answer_is_not_ours(deal: Deal, question: Put, now: datetime) -> None:
    decide(question, "request_info", "Which site?", ["notes"], now=now + HOUR)
    run("approvals-apply/decided", deal_id=deal.id)
    assert (told(), told("approver")) == ([], [figures(APPROVER, 1, 60, 60, 1)])

    tomorrow = now + timedelta(days=1)
    answered = edits.resubmit(deals.locate(deal.id), {"notes": "In Hamburg."}, commands.context_at(tomorrow))
    review.ask(deal.id, answered.review_version, "token 2", tomorrow)
    decide(questions_of(deal)[-1], "approve", now=tomorrow + 2 * HOUR)

    assert told() == [figures(TIER, 1, 180, 180, 1)]
    assert [(one["count"], one["key"]) for one in told("approver")] == [(2, APPROVER)]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2026-11-23", "2026-11-23", 1),
        ("2026-11-22", "2026-11-23", 1),
        ("2025-11-23", "2026-11-23", 1),
        ("2026-11-23", "2027-11-23", 1),
        ("2026-11-24", "2026-12-24", 0),
        ("2026-10-24", "2026-11-22", 0),
    ],
)
def test_it_is_told_of_in_the_days_that_are_asked_for(
    question: Put, now: datetime, first: str, last: str, count: int
) -> None:
    decide(question, "approve", now=now + HOUR)
    assert len(told("tier", first, last)) == count


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"to": "2026-11-30"}, "from"),
        ({"from": "2026-11-30"}, "to"),
        ({"from": "2026-11-30", "to": "2026-11-29"}, "to"),
        ({"from": "2025-11-30", "to": "2026-12-01"}, "to"),
        ({"from": "yesterday", "to": "2026-11-30"}, "from"),
        ({"from": "2026-11-01", "to": "2026-11-30", "by": "partner"}, "by"),
    ],
)
def test_days_and_kinds_that_are_none_are_refused(aws: None, query: dict[str, str], field: str) -> None:
    reply = handler(sample(AT, query={"by": "tier"} | query), None)
    assert (reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]) == (422, [field])


def test_more_than_a_page_of_them_is_told_of_whole(question: Put, now: datetime) -> None:
    decide(question, "approve", now=now + HOUR)
    relay()
    (row,) = dynamo.every(deals.table(), "TIMES#2026-11")
    for number in range(1, 2000):
        taken = row["answer"] | {"seconds": number * 60, "in_time": False}
        dynamo.write(dynamo.put(deals.table(), row | {"sk": f"{row['sk']}#{number}", "answer": taken}))
    assert told("approver") == [figures(APPROVER, 2000, 999.5, 1799.1, 1)]
