"""What the `data` of each event of payouts holds.

Readers should accept fields they do not know: new ones may come with any release.
"""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from dealreg.ledger.event_types import Money


class PayoutTold(BaseModel):
    payout_id: str = Field(examples=["pay_01JD5Y2Q3R0000000000000000"])
    payout_number: str = Field(examples=["P-7K3M-9Q2F"])
    amount: Money = Field(description="The sum of its lines")
    tax: Money
    total: Money = Field(description="Amount and tax")
    lines: int = Field(description="How many lines of the ledger it pays", ge=1)


class PayoutCreated(PayoutTold):
    """A payout was approved."""


class PayoutPaid(PayoutTold):
    """A payout was paid."""

    paid_at: str
    reference: str | None = Field(description="The bank's or the ERP's")


class PayoutFailed(PayoutTold):
    """A payout could not be paid; its lines stay in it until it is tried again or cancelled."""

    reason_code: str
    text: str | None


class PayoutReturned(PayoutTold):
    """A payout that had been paid came back: its amount is payable again."""

    reason_code: str
    text: str | None


EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "payout.created": PayoutCreated,
    "payout.paid": PayoutPaid,
    "payout.failed": PayoutFailed,
    "payout.returned": PayoutReturned,
}


class RunTold(BaseModel):
    run_id: str = Field(examples=["run_01JD5Y2Q3R0000000000000000"])
    run_number: str = Field(examples=["R-7K3M-9Q2F"])
    version: int = Field(description="What an approval names", ge=1)
    totals: dict[str, str] = Field(description="By currency, without tax", examples=[{"EUR": "1234.50"}])
    payouts: int = Field(ge=0)


class PayoutRunProposed(RunTold):
    """A payout run was built and waits to be approved."""


class PayoutRunSettled(RunTold):
    """Every payout of a run is paid or cancelled."""


VENDOR_EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "payout_run.proposed": PayoutRunProposed,
    "payout_run.settled": PayoutRunSettled,
}
