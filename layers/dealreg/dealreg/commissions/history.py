"""A whole history as `simulate` takes it: its models, and what of it becomes facts. Ids are the caller's own."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dealreg.commissions.plan_inputs import Currency, Percent, VersionInput
from dealreg.platform.fields import Amount, Day, Line, Moment, Paragraphs, Reference
from dealreg.platform.money import parse_money
from dealreg.platform.validation import Input
from dealreg.platform.zones import Zone

MAX_EVENTS = 1000
MAX_BODY = 1024 * 1024
_MANY = Field(max_length=1000)


AmountText = Annotated[Line, Field(max_length=20)]
"""Its digits depend on a currency that stands elsewhere: read in `to_facts`."""
RateText = Annotated[Line, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,10})?$")]
Month = Annotated[Line, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class ProgramInput(Input):
    time_zone: Zone = "UTC"
    minimum_payout: dict[Currency, AmountText] = Field(default_factory=dict[str, str], max_length=50)


class PlanVersionInput(VersionInput):
    version: Annotated[int, Field(ge=1, le=1_000_000)]


class PlanInput(Input):
    id: Reference
    versions: Annotated[list[PlanVersionInput], Field(max_length=100)]


class BlockInput(Input):
    reason_code: Reference
    text: Annotated[Paragraphs, Field(max_length=2000)] | None = None


class PartnerInput(Input):
    id: Reference
    plan: Reference | None = None
    payout_block: BlockInput | Reference | None = None


class ShareInput(Input):
    partner_id: Reference
    percent: Annotated[Percent, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$")]
    user_id: Reference | None = None


class SplitInput(Input):
    start: Annotated[Moment | None, Field(alias="from")] = None
    shares: Annotated[list[ShareInput], Field(min_length=1, max_length=10)]


class DealInput(Input):
    id: Reference
    partner_id: Reference
    tier: Reference | None = None
    type: Reference | None = None
    registered_at: Moment
    splits: Annotated[list[SplitInput], Field(max_length=100)] = Field(default_factory=list[SplitInput])


class ExchangeRateInput(Input):
    day: Annotated[Day, Field(alias="date")]
    source: Annotated[Currency, Field(alias="from")]
    into: Annotated[Currency, Field(alias="to")]
    rate: RateText

    @field_validator("rate")
    @classmethod
    def _is_worth_something(cls, rate: str) -> str:
        if not rate.strip("0."):
            raise ValueError("A rate is more than zero.")
        return rate


OF_A_SCENARIO = frozenset(["name", "about", "hand", "any_order", "expected"])
"""What one that is kept as a test says of itself: read over."""


class HistoryInput(Input):
    """What a history is priced by, and what happened in order of arrival."""

    program: ProgramInput = ProgramInput()
    plans: Annotated[list[PlanInput], Field(max_length=100)] = Field(default_factory=list[PlanInput])
    partners: Annotated[list[PartnerInput], _MANY] = Field(default_factory=list[PartnerInput])
    deals: Annotated[list[DealInput], _MANY] = Field(default_factory=list[DealInput])
    exchange_rates: Annotated[list[ExchangeRateInput], Field(max_length=10_000)] = Field(
        default_factory=list[ExchangeRateInput]
    )
    events: Annotated[
        list[dict[str, Any]],
        Field(description=f"Facts and the acts admin.payout_run, .adjust, .close_period; at most {MAX_EVENTS}"),
    ] = Field(default_factory=list[dict[str, Any]])
    balances_at: Annotated[list[Moment], _MANY] = Field(default_factory=list[Any])


# ---- events ---------------------------------------------------------------------------------------------------------


class _Data(BaseModel):
    """A sender may say whatever else it likes."""

    model_config = ConfigDict(extra="ignore", strict=True, str_strip_whitespace=True, frozen=True)


class _Signed(Amount):
    @field_validator("amount")
    @classmethod
    def _is_money(cls, value: str, info: Any) -> str:
        parse_money(value, info.data.get("currency", "EUR"), signed=True)
        return value


class CustomerData(_Data):
    billing_id: Reference | None = None


class LineData(_Data):
    product: Reference | None = None
    family: Reference | None = None
    amount: AmountText


class SaleData(_Data):
    id: Reference
    deal_id: Reference | None = None
    kind: Literal["new", "renewal", "change", "one_off"] | None = None
    total: AmountText | None = None
    tax: AmountText = "0"
    lines: Annotated[list[LineData], _MANY] = Field(default_factory=list[LineData])
    subscription_id: Reference | None = None
    customer: CustomerData | None = None


class PaymentData(_Data):
    payment_id: Reference
    also: Annotated[list[Reference], Field(max_length=20)] = Field(default_factory=list[str])
    cumulative: bool = False
    amount: Amount
    paid_at: Moment
    sale: SaleData | None = None
    sale_id: Reference | None = None


class RefundData(_Data):
    refund_id: Reference
    payment_id: Reference | None = None
    sale_id: Reference | None = None
    amount: Amount
    refunded_at: Moment
    status: Literal["pending", "succeeded", "failed"]


class ChargebackData(_Data):
    chargeback_id: Reference
    payment_id: Reference | None = None
    sale_id: Reference | None = None
    amount: Amount
    opened_at: Moment
    closed_at: Moment | None = None
    status: Literal["open", "won", "lost"]


class SubscriptionData(_Data):
    """Of `deal.closed_won` and `subscription.changed`: whose a subscription and a customer are."""

    deal_id: Reference | None = None
    subscription_id: Reference | None = None
    customer: CustomerData | None = None


class _Fact(_Data):
    id: Reference
    type: Reference
    timestamp: Moment


class PaymentEvent(_Fact):
    data: PaymentData


class RefundEvent(_Fact):
    data: RefundData


class ChargebackEvent(_Fact):
    data: ChargebackData


class SubscriptionEvent(_Fact):
    data: SubscriptionData


class PayoutRun(Input):
    id: Reference | None = None
    type: Reference
    at: Moment
    paid_at: Moment | None = None


class Adjustment(Input):
    id: Reference | None = None
    type: Reference
    at: Moment
    partner_id: Reference
    amount: _Signed
    reason_code: Literal["goodwill", "correction", "write_off", "opening_balance"]
    text: Annotated[Paragraphs, Field(max_length=2000)] = ""


class PeriodClosing(Input):
    id: Reference | None = None
    type: Reference
    at: Moment | None = None
    period: Month


Event = PaymentEvent | RefundEvent | ChargebackEvent | SubscriptionEvent | PayoutRun | Adjustment | PeriodClosing
EVENTS: Mapping[str, type[Event]] = {
    "payment.succeeded": PaymentEvent,
    "payment.refunded": RefundEvent,
    "payment.chargeback": ChargebackEvent,
    "deal.closed_won": SubscriptionEvent,
    "subscription.changed": SubscriptionEvent,
    "admin.payout_run": PayoutRun,
    "admin.adjust": Adjustment,
    "admin.close_period": PeriodClosing,
}
