"""What would become of a deal: its rule, whom that asks, and when, in the shape that an admin is shown. Pure."""

from datetime import datetime
from typing import Annotated, TypedDict

from dealreg.approvals import plan
from dealreg.approvals.people import People
from dealreg.approvals.plan import PlannedStep
from dealreg.partners.routing import Routing
from dealreg.partners.rules import Converted, Facts, route
from dealreg.platform import times
from dealreg.platform.replies import Moment


class AskedView(TypedDict):
    approver: str
    instead_of: str | None
    because: Annotated[str | None, "away, or nobody: from escalate_to, or the last resort"]


class PlannedStepView(TypedDict):
    id: str
    title: str
    order: Annotated[int, "Equal numbers are side by side"]
    need: str
    asked: list[AskedView]
    asked_at: Moment
    remind_at: list[Moment]
    escalate_at: Moment
    escalate_to: Annotated[list[str], "Who would come new"]


class RuledRejectionView(TypedDict):
    reason_code: str
    reason: str


ConvertedView = TypedDict("ConvertedView", {"amount": str, "currency": str, "rate": str, "from": str | None})


class PassedOverView(TypedDict):
    rule: str
    because: str


class PreviewView(TypedDict):
    rule: str
    outcome: str
    reject: RuledRejectionView | None
    converted: ConvertedView | None
    decide_by: Moment | None
    steps: Annotated[list[PlannedStepView], "At the latest: as if each step before took all its time"]
    passed_over: list[PassedOverView]
    warnings: list[str]


def preview(facts: Facts, routing: Routing, people: People, at: datetime) -> PreviewView:
    routed = route(facts, routing)
    rule, outcome = routed.rule, plan.outcome(routed.rule)
    return {
        "rule": rule.id,
        "outcome": outcome,
        "reject": {"reason_code": rule.reject.reason_code, "reason": rule.reject.reason} if rule.reject else None,
        "converted": _converted(routed.converted) if routed.converted else None,
        "decide_by": times.to_text(plan.promise(rule, routing, at)) if outcome == "ask" else None,
        "steps": [_step(one) for one in plan.steps(rule, routing, people, at)],
        "passed_over": [{"rule": passed, "because": why} for passed, why in routed.passed_over],
        "warnings": list(routed.warnings),
    }


def _converted(seen: Converted) -> ConvertedView:
    money = seen.for_the_eye().to_wire()
    return {**money, "rate": f"{float(seen.rate):.10g}", "from": seen.since.isoformat() if seen.since else None}


def _step(planned: PlannedStep) -> PlannedStepView:
    return {
        "id": planned.step.id,
        "title": planned.step.title or planned.step.id,
        "order": planned.order,
        "need": planned.step.need,
        "asked": [
            {"approver": one.approver, "instead_of": one.instead_of, "because": one.because} for one in planned.asked
        ],
        "asked_at": times.to_text(planned.asked_at),
        "remind_at": [times.to_text(moment) for moment in planned.remind_at],
        "escalate_at": times.to_text(planned.escalate_at),
        "escalate_to": list(planned.escalate_to),
    }
