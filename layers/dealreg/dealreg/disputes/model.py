"""A dispute: what a partner says about a line or a deal of its, and what the vendor answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dealreg.platform.money import Money

State = Literal["open", "accepted", "rejected"]
Outcome = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    text: str
    at: datetime
    by: str
    amount: Money | None = None
    line_id: str | None = None
    """The adjustment that was posted."""


@dataclass(frozen=True, slots=True)
class Dispute:
    id: str
    partner_id: str
    user_id: str
    text: str
    made_at: datetime
    line_id: str | None = None
    deal_id: str | None = None
    """Of the line too, if it has one."""
    answer: Answer | None = None

    @property
    def state(self) -> State:
        return self.answer.outcome if self.answer else "open"

    @property
    def about(self) -> str:
        """Of which there is one open dispute at most."""
        return self.line_id or self.deal_id or ""
