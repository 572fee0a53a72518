"""What the events of billing systems are translated into: facts, in the wire form that the commission engine reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from dealreg.commissions import history, reading
from dealreg.commissions.facts import Claim, Kind, Payment, names_of_deal
from dealreg.ledger.subscriptions import Subscription, SubscriptionState
from dealreg.platform.errors import InvalidInput
from dealreg.platform.fields import Amount, Moment, Reference
from dealreg.platform.money import Money
from dealreg.platform.validation import parse_values

Fact: TypeAlias = dict[str, Any]
"""`type`, `timestamp`, `data`: plain JSON, as a sender of Standard Webhooks writes it."""
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Names:
    """By what an event says whose it is, each as its sender wrote it."""

    deal: str | None = None
    """A deal's id or number."""
    subscription_id: str | None = None
    billing_id: str | None = None
    """The customer's, at the sender."""
    name: str | None = None
    email: str | None = None
    tax_id: str | None = None

    def customer(self) -> dict[str, str | None]:
        return {"billing_id": self.billing_id, "name": self.name, "email": self.email, "tax_id": self.tax_id}

    def or_else(self, other: "Names") -> "Names":
        """With the other's where this has none."""
        missing = {name: getattr(other, name) for name in self.__slots__ if not getattr(self, name)}
        return replace(self, **missing)


@dataclass(frozen=True, slots=True)
class Translated:
    """One of `facts`, `ignored`, `unreadable` and `needs` is filled."""

    type: str
    """The sender's word for it."""
    facts: tuple[Fact, ...] = ()
    names: Names = Names()
    ignored: str = ""
    """Why no fact follows; `awaiting_payment` may still become one, by another event of the same checkout."""
    unreadable: str = ""
    """What is wrong with it, in words for an admin."""
    needs: tuple[str, ...] = ()
    """What has to be fetched first: paths behind the source's `api_base`. One that was fetched and is still needed was
    answered with something else."""
    warnings: tuple[str, ...] = ()
    """For the source, in words."""
    checkout: str = ""
    """The sender's id of the checkout that it tells of."""
    ends_checkout: bool = False
    """It says what became of a payment that was on its way."""


class Unreadable(ValueError):
    """In words for an admin."""


# ---- the wire form --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    amount: Money
    """Without tax, after discounts; negative for a credit."""
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice, or a single payment without one."""

    id: str
    kind: Kind
    total: Money
    tax: Money
    lines: Sequence[Line]

    def to_wire(self, names: Names) -> dict[str, Any]:
        return {
            "id": self.id,
            "deal_id": names.deal,
            "kind": self.kind,
            "total": self.total.amount,
            "tax": self.tax.amount,
            "lines": [{"product": line.product, "amount": line.amount.amount} for line in self._that_add_up()],
            "subscription_id": names.subscription_id,
            "customer": names.customer(),
        }

    def _that_add_up(self) -> Sequence[Line]:
        """Else one, of which no product is known: what was left out of the lines is no reason to lose the sale."""
        net = self.total.minor - self.tax.minor
        is_whole = sum(line.amount.minor for line in self.lines) == net
        return self.lines if is_whole else [Line(Money(net, self.total.currency))]


def less(total: Money, part: Money) -> Money:
    return Money(total.minor - part.minor, total.currency)


def payment(
    at: datetime,
    payment_id: str,
    amount: Money,
    paid_at: datetime,
    sale: Mapping[str, Any],
    *,
    also: Sequence[str | None] = (),
    cumulative: bool = False,
) -> Fact:
    """`sale` on the wire; no more than its id where its content is told by another payment of it."""
    names = [name for name in dict.fromkeys(also) if name and name != payment_id]
    data = {"payment_id": payment_id, "also": names, "cumulative": cumulative, "amount": amount.to_wire()}
    return _fact("payment.succeeded", at, data | {"paid_at": moment(paid_at), "sale": dict(sale)})


def refund(
    at: datetime,
    refund_id: str,
    amount: Money,
    refunded_at: datetime,
    status: str,
    *,
    payment_id: str | None,
    sale_id: str | None = None,
) -> Fact:
    """`sale_id` where the payment's id alone does not tell of which sale."""
    data = {"refund_id": refund_id, "payment_id": payment_id, "amount": amount.to_wire()}
    named = {"sale_id": sale_id} if sale_id else {}
    return _fact("payment.refunded", at, data | named | {"refunded_at": moment(refunded_at), "status": status})


def chargeback(
    at: datetime,
    chargeback_id: str,
    payment_id: str | None,
    amount: Money,
    opened_at: datetime,
    closed_at: datetime | None,
    status: str,
) -> Fact:
    data = {"chargeback_id": chargeback_id, "payment_id": payment_id, "amount": amount.to_wire()}
    times = {"opened_at": moment(opened_at), "closed_at": moment(closed_at) if closed_at else None}
    return _fact("payment.chargeback", at, data | times | {"status": status})


def closed_won(at: datetime, names: Names, amount: Money | None) -> Fact:
    """Without an amount where the sender names none."""
    data = {"deal_id": names.deal, "amount": amount.to_wire() if amount else None}
    told = {"customer": names.customer(), "subscription_id": names.subscription_id}
    return _fact("deal.closed_won", at, data | told)


def subscription_changed(
    at: datetime, names: Names, status: SubscriptionState, ends_at: datetime | None = None
) -> Fact:
    data = {"subscription_id": names.subscription_id, "deal_id": names.deal, "customer": names.customer()}
    return _fact("subscription.changed", at, data | {"status": status, "ends_at": moment(ends_at) if ends_at else None})


def _fact(kind: str, at: datetime, data: Mapping[str, Any]) -> Fact:
    return {"type": kind, "timestamp": moment(at), "data": dict(data)}


def moment(at: datetime) -> str:
    """With no more digits than it has."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


# ---- what the engine takes ------------------------------------------------------------------------------------------


class _ClosedWon(history.SubscriptionData):
    amount: Amount | None = None


class _Changed(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    deal_id: Reference | None = None
    subscription_id: Reference
    customer: history.CustomerData | None = None
    status: SubscriptionState
    ends_at: Moment | None = None


_OF_DEALS: Mapping[str, type[_ClosedWon | _Changed]] = {"deal.closed_won": _ClosedWon, "subscription.changed": _Changed}


@dataclass(frozen=True, slots=True)
class OfDeal:
    """Moves no money by itself: a deal is won, or a subscription is changed."""

    is_won: bool
    reference: str
    """A deal's id or number; empty where none is named."""
    names: Sequence[tuple[str, str]]
    """By which the deal is known from then on: `subscription` or `customer`, and the sender's id of it."""
    amount: Money | None = None
    subscription: Subscription | None = None
    """What it has become."""


OfEngine: TypeAlias = Payment | Claim | OfDeal


def check(facts: Sequence[Fact], received_at: datetime) -> None:
    """Raises Unreadable for what the engine would not take."""
    for fact in facts:
        of_engine(fact, "event", received_at)


def of_engine(fact: Fact, event_id: str, received_at: datetime) -> OfEngine:
    """Raises Unreadable, with every fault by its path."""
    said = _parsed(history.EVENTS[fact["type"]], {**fact, "id": event_id})
    if of_deal := _OF_DEALS.get(fact["type"]):
        return _of_deal(_parsed(of_deal, fact["data"], "data."), cast("history.SubscriptionEvent", said).timestamp)
    if isinstance(said, history.PaymentEvent) and (faults := list(reading.faults_of_sale(said.data))):
        raise Unreadable(" ".join(f"data.{at}: {message}" for at, message in faults))
    try:
        if isinstance(said, history.PaymentEvent):
            return reading.payment_of(said, received_at)
        return reading.claim_of(cast("history.RefundEvent | history.ChargebackEvent", said), received_at)
    except reading.Unreadable as fault:
        raise Unreadable(str(fault)) from None


def _of_deal(said: _ClosedWon | _Changed, at: datetime) -> OfDeal:
    named = names_of_deal(said.subscription_id, said.customer.billing_id if said.customer else None)
    if isinstance(said, _ClosedWon):
        return OfDeal(True, said.deal_id or "", named, said.amount.to_money() if said.amount else None)
    subscription = Subscription(said.subscription_id, said.status, at, said.ends_at)
    return OfDeal(False, said.deal_id or "", named, subscription=subscription)


def _parsed(model: type[_Model], content: Any, at: str = "") -> _Model:
    try:
        return parse_values(model, content)
    except InvalidInput as refused:
        faults = dict.fromkeys(f"{at}{fault.field}: {fault.message}" for fault in refused.errors)
        raise Unreadable(" ".join(faults)) from None
