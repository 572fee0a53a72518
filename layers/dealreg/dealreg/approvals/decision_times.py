"""What was answered and decided when, a row for each write in which something was: `TIMES#<month>` / `<day>#<review>…`.

The relay makes it of the change of the review, and of the same change the same row, so each answer counts once, and no
two decisions meet in a row.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypedDict

from dealreg.approvals import durations
from dealreg.approvals.durations import Duration, Figures
from dealreg.approvals.model import Review
from dealreg.approvals.setting import rule_of
from dealreg.deals import store as deals
from dealreg.partners.program import program_at
from dealreg.partners.rules import routing_of
from dealreg.platform import dynamo, times
from dealreg.platform.settings import Setting, read

_ANSWER, _VERDICT = "answer", "verdict"
_MONTH, _DAY = len("2026-11"), len("2026-11-27")


class By(StrEnum):
    TIER = "tier"
    APPROVER = "approver"
    RULE = "rule"


class DecisionTimesView(TypedDict):
    key: Annotated[str, "The tier or rule, or an approver's address"]
    count: int
    median_minutes: Annotated[float, "Of working time, as is the next"]
    p90_minutes: float
    in_time: Annotated[int, "Of the count: verdicts by decide_by, or answers before the escalation"]


class AllDecisionTimesView(TypedDict):
    items: list[DecisionTimesView]


def record(before: Review | None, after: Review) -> None:
    """If somebody answered or decided between them."""
    answer, decision = durations.answered(before, after), durations.verdict(before, after)
    if after.is_extension:
        decision = None  # of a deal that is approved; who answered counts as ever
    if not answer and not decision:
        return
    deal, routing = deals.locate(after.deal_id), routing_of(program_at(after.program_version))
    rule, content = rule_of(after, deal, routing), dict[str, Any]()
    if before and answer:
        taken = durations.of_answer(before, answer, rule, routing)
        content[_ANSWER] = {By.APPROVER: answer.approver} | asdict(taken)
    if decision:
        promised = times.from_text(deal.decide_by) if deal.decide_by else None
        taken = durations.of_verdict(after, decision.at, promised, routing)
        content[_VERDICT] = {By.TIER: deal.tier, By.RULE: rule.id} | asdict(taken)
    at = decision.at if decision else answer and answer.ended_at
    if at:
        dynamo.write(_row(after, before, routing.calendar.local(at).date(), content))


def _row(review: Review, before: Review | None, day: date, content: Mapping[str, Any]) -> dynamo.Action:
    name = f"{day}#{review.deal_id}#{review.version}#{before.revision if before else 0}"
    return dynamo.put(_table(), {"pk": _partition(name), "sk": name, **content})


def listing(by: By, first: date, last: date) -> AllDecisionTimesView:
    """Both ends included, days of the program's calendar."""
    found = defaultdict[str, list[Duration]](list)
    part = _ANSWER if by is By.APPROVER else _VERDICT
    for row in _rows_of(first, last):
        if part in row:
            one = row[part]
            found[one[by]].append(Duration(one["seconds"], one["in_time"]))
    return {"items": [_view(key, durations.figures(found[key])) for key in sorted(found)]}


def _rows_of(first: date, last: date) -> Iterator[dynamo.Item]:
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        partition = _partition(f"{date(month // 12, month % 12 + 1, 1)}")
        for row in dynamo.every(_table(), partition):
            if f"{first}" <= row["sk"][:_DAY] <= f"{last}":
                yield row


def _partition(day: str) -> str:
    return f"TIMES#{day[:_MONTH]}"


def _table() -> str:
    return read(Setting.DEALS_TABLE)


def _view(key: str, found: Figures) -> DecisionTimesView:
    return {
        "key": key,
        "count": found.count,
        "median_minutes": round(found.median / 60, 1),
        "p90_minutes": round(found.p90 / 60, 1),
        "in_time": found.in_time,
    }
