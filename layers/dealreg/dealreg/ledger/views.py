"""A ledger as it is shown: to its partner, and to the vendor."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypedDict

from dealreg.commissions.ledger import EARNED, LineKind, Status
from dealreg.ledger.lines import words_of
from dealreg.platform import times
from dealreg.platform.money import Money
from dealreg.platform.replies import Moment, MoneyView


class LedgerLineView(TypedDict):
    id: str
    number: Annotated[int, "Gapless in the partner's ledger"]
    partner_id: str
    kind: LineKind
    reason_code: str
    amount: MoneyView
    deal_id: str | None
    deal_number: str | None
    customer_name: str | None
    user_id: str | None
    sale_id: Annotated[str | None, "The billing system's id"]
    source_id: str | None
    event_id: Annotated[str | None, "Of the billing event that it is from"]
    plan: str | None
    version: int | None
    rule: str | None
    tier: str | None
    share: Annotated[str | None, "Of the commission, in percent"]
    bucket: Annotated[str | None, "What the rule collects in: a sale, a deal, a month, quarter or year"]
    base_before: Annotated[str | None, "Of the bucket: money, or a number of sales where the rate is flat"]
    base_after: str | None
    text: Annotated[str, "How it came about, in one sentence"]
    steps: Annotated[list[str], "The sum with all its digits, to be done again on paper"]
    occurred_at: Moment
    posted_at: Moment
    period: Annotated[str, "The month in whose statement it is"]
    available_at: Annotated[Moment, "When its hold is over"]
    status: Status
    until: Annotated[Moment | None, "While it is held: when it is payable"]
    payout_id: str | None


class NextReleaseView(TypedDict):
    at: Moment
    amount: str


class PurseView(TypedDict):
    currency: str
    earned: Annotated[str, "The sum of the five that follow"]
    held: str
    disputed: str
    payable: str
    in_payout: str
    paid: str
    next_release: Annotated[NextReleaseView | None, "What becomes payable next"]


class LedgerBalanceView(TypedDict):
    items: Annotated[list[PurseView], "One for each currency"]


_OPTIONAL = (
    *("deal_id", "deal_number", "customer_name", "user_id", "sale_id", "source_id", "event_id", "plan", "version"),
    *("rule", "tier", "share", "bucket", "base_before", "base_after", "payout_id"),
)
_KEPT = (
    *("id", "number", "partner_id", "kind", "reason_code", "occurred_at", "posted_at", "period"),
    "available_at",
)


def line_view(item: Mapping[str, Any], state: Status) -> LedgerLineView:
    shown: dict[str, Any] = {name: item[name] for name in _KEPT} | {name: item.get(name) for name in _OPTIONAL}
    amount, (text, steps) = Money(item["minor"], item["currency"]).to_wire(), words_of(item)
    view: Any = shown | {"amount": amount, "status": state, "text": text, "steps": steps}
    return view | {"until": item["available_at"] if state == "held" else None}


def purse_view(currency: str, sums: Mapping[Status, int], following: tuple[datetime, int] | None) -> PurseView:
    def shown(minor: int) -> str:
        return Money(minor, currency).amount

    held, disputed, payable, in_payout, paid = (shown(sums[state]) for state in EARNED)
    return {
        "currency": currency,
        "earned": shown(sum(sums.values())),
        "held": held,
        "disputed": disputed,
        "payable": payable,
        "in_payout": in_payout,
        "paid": paid,
        "next_release": {"at": times.to_text(following[0]), "amount": shown(following[1])} if following else None,
    }
