"""A dispute as it is shown: to its partner, and to the vendor."""

from typing import TypedDict

from dealreg.disputes.model import Dispute, Outcome, State
from dealreg.platform import times
from dealreg.platform.replies import Moment, MoneyView


class AnswerView(TypedDict):
    outcome: Outcome
    text: str
    at: Moment
    amount: MoneyView | None
    line_id: str | None


class DisputeView(TypedDict):
    id: str
    status: State
    partner_id: str
    line_id: str | None
    deal_id: str | None
    text: str
    created_at: Moment
    answer: AnswerView | None


def dispute_view(dispute: Dispute) -> DisputeView:
    said = dispute.answer
    answer: AnswerView | None = None
    if said:
        answer = {
            "outcome": said.outcome,
            "text": said.text,
            "at": times.to_text(said.at),
            "amount": said.amount.to_wire() if said.amount else None,
            "line_id": said.line_id,
        }
    return {
        "id": dispute.id,
        "status": dispute.state,
        "partner_id": dispute.partner_id,
        "line_id": dispute.line_id,
        "deal_id": dispute.deal_id,
        "text": dispute.text,
        "created_at": times.to_text(dispute.made_at),
        "answer": answer,
    }
