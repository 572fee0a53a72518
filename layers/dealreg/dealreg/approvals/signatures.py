"""What the vendor's timeline says of a decision. Pure."""

from collections.abc import Mapping

from dealreg.approvals.model import Decision, Question, Review
from dealreg.platform import times


def told(review: Review, decision: Decision) -> Mapping[str, object]:
    """For the vendor's timeline: who said what, in which step and for whom."""
    said = {"step": decision.step, "on_behalf_of": decision.on_behalf_of, "note": decision.answer.note}
    signatures = [_signature(review, question) for question in review.questions if question.choice]
    return {name: value for name, value in said.items() if value} | {"signatures": signatures}


def _signature(review: Review, question: Question) -> Mapping[str, object]:
    about = [step.id for step in review.steps if question.number in (*step.asked, *step.escalated)]
    said = {
        "by": question.ended_by,
        "on_behalf_of": question.instead_of,
        "choice": question.choice,
        "note": question.note,
        "at": times.to_text(question.ended_at) if question.ended_at else "",
    }
    return {"steps": about} | {name: value for name, value in said.items() if value}
