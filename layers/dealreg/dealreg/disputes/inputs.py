"""What may be sent about a dispute."""

from typing import Self

from pydantic import model_validator

from dealreg.disputes.model import Outcome
from dealreg.ledger.inputs import SignedAmount
from dealreg.platform.fields import Reason, Reference
from dealreg.platform.validation import Input


class NewDispute(Input):
    line_id: Reference | None = None
    deal_id: Reference | None = None
    text: Reason

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        if (self.line_id is None) == (self.deal_id is None):
            raise ValueError("Say what it is about: line_id or deal_id, one of the two.")
        return self


class AnswerInput(Input):
    outcome: Outcome
    text: Reason
    amount: SignedAmount | None = None

    @model_validator(mode="after")
    def _moves_money_if_accepted(self) -> Self:
        if self.amount and self.outcome == "rejected":
            raise ValueError("A dispute that is rejected moves no money: leave out the amount.")
        return self
