"""What billing systems say, as a set: each word under the provider's own object id, a newer one instead of the older.

Pure; amounts are minor units. Nothing here depends on the order in which words arrive.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

Kind = Literal["new", "renewal", "change", "one_off"]
_RANK = {"failed": 2, "won": 2, "lost": 2, "succeeded": 1, "pending": 0, "open": 0}
"""Of two words of the same time the final one counts."""
_Word = TypeVar("_Word", bound="Payment | Claim")


def names_of_deal(subscription_id: str | None, billing_id: str | None) -> list[tuple[str, str]]:
    pairs = (("subscription", subscription_id), ("customer", billing_id))
    return [(kind, name) for kind, name in pairs if name]


@dataclass(frozen=True, slots=True)
class SaleLine:
    amount: int
    """Without tax, after discounts; negative for a credit."""
    product: str | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True)
class SaleContent:
    """The invoice, or the single payment without one."""

    id: str
    kind: Kind
    currency: str
    total: int
    tax: int
    lines: tuple[SaleLine, ...]
    deal_id: str | None = None
    subscription_id: str | None = None
    billing_id: str | None = None
    """The customer's, at the provider."""

    @property
    def names_of_deal(self) -> list[tuple[str, str]]:
        """By which its deal may be known, the first first."""
        return names_of_deal(self.subscription_id, self.billing_id)


@dataclass(frozen=True, slots=True)
class Payment:
    id: str
    sale_id: str
    amount: int
    currency: str
    paid_at: datetime
    said_at: datetime
    event_id: str
    also: tuple[str, ...] = ()
    """Other ids by which refunds and chargebacks name it."""
    cumulative: bool = False
    """The amount is all that was paid of the sale so far."""
    content: SaleContent | None = None
    status: str = "succeeded"
    reading: int = 0
    """How often its event had been read anew: what it says may go by what its products are mapped to."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.id, *self.also)))


@dataclass(frozen=True, slots=True)
class Claim:
    """Money that goes back: a refund or a chargeback."""

    kind: Literal["refund", "chargeback"]
    id: str
    status: str
    amount: int
    currency: str
    at: datetime
    """When it was refunded, or opened."""
    said_at: datetime
    event_id: str
    payment_id: str | None = None
    sale_id: str | None = None
    closed_at: datetime | None = None

    @property
    def name(self) -> tuple[str, str]:
        """By which it names its sale."""
        return ("sale", self.sale_id) if self.sale_id else ("payment", self.payment_id or "")

    @property
    def takes(self) -> int:
        """A refund unless it failed, a chargeback once it is lost."""
        counts = self.status != "failed" if self.kind == "refund" else self.status == "lost"
        return self.amount if counts else 0

    @property
    def ended_at(self) -> datetime | None:
        """Of a chargeback; None while it is open."""
        return None if self.status == "open" else self.closed_at or self.said_at


@dataclass(frozen=True, slots=True)
class Sale:
    """All that the facts say of one sale."""

    content: SaleContent
    paid: int
    taken_back: int
    first_paid_at: datetime

    @property
    def id(self) -> str:
        return self.content.id

    @property
    def net(self) -> int:
        return max(0, min(self.paid - self.taken_back, self.content.total))


def newer(said: _Word, known: _Word | None) -> bool:
    return known is None or _time_and_rank(said) > _time_and_rank(known)


def _time_and_rank(word: Payment | Claim) -> tuple[datetime, int, str, int]:
    """The event's id only decides where nothing else does, so that any order comes to the same."""
    reading = word.reading if isinstance(word, Payment) else 0
    return (word.said_at, _RANK[word.status], word.event_id, reading)


def currency_of(payments: Iterable[Payment]) -> str | None:
    """A sale's: that of the earliest payment that says what was sold. What is in another counts for nothing."""
    telling = [payment for payment in payments if payment.content]
    return min(telling, key=lambda payment: (payment.paid_at, payment.id)).currency if telling else None


def fold(payments: Collection[Payment], claims: Collection[Claim]) -> Sale | None:
    """A sale from its payments and what went back of them; None while no payment says what was sold."""
    currency = currency_of(payments)
    counted = [payment for payment in payments if payment.currency == currency]
    telling = [payment for payment in counted if payment.content]
    if not telling:
        return None
    content = max(telling, key=_time_and_rank).content
    assert content  # noqa: S101  # of those that tell
    singly = sum(payment.amount for payment in counted if not payment.cumulative)
    in_all = max((payment.amount for payment in counted if payment.cumulative), default=0)
    return Sale(
        content=content,
        paid=max(singly, in_all),
        taken_back=sum(claim.takes for claim in claims if claim.currency == content.currency),
        first_paid_at=min(payment.paid_at for payment in counted),
    )


class Facts:
    """The set, in memory: every sale's payments and claims by the names that they know each other by."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}
        self.claims: dict[tuple[str, str], Claim] = {}
        self._payments_of: dict[str, dict[str, None]] = {}
        """By sale."""
        self._named: dict[str, dict[str, None]] = {}
        """Payments, by their own and other ids."""
        self._claiming: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        """Claims, by the name of what they claim."""

    def add_payment(self, said: Payment) -> Sequence[str]:
        """The sales that it touches; none if it says nothing new."""
        known = self.payments.get(said.id)
        if not newer(said, known):
            return ()
        names = {*said.names, *(known.names if known else ())}
        touched = {said.sale_id: None} | ({known.sale_id: None} if known else {}) | self._homes(names)
        if known:
            del self._payments_of[known.sale_id][known.id]
            for name in known.names:
                del self._named[name][known.id]
        self.payments[said.id] = said
        self._payments_of.setdefault(said.sale_id, {})[said.id] = None
        for name in said.names:
            self._named.setdefault(name, {})[said.id] = None
        return [*(touched | self._homes(names))]

    def add_claim(self, said: Claim) -> Sequence[str]:
        """Likewise."""
        known = self.claims.get((said.kind, said.id))
        if not newer(said, known):
            return ()
        before = self.home(known) if known else None
        if known:
            del self._claiming[known.name][known.kind, known.id]
        self.claims[said.kind, said.id] = said
        self._claiming.setdefault(said.name, {})[said.kind, said.id] = None
        return [*dict.fromkeys(sale for sale in (self.home(said), before) if sale)]

    def home(self, claim: Claim) -> str | None:
        """The sale that it claims; None while its payment is not known."""
        if claim.sale_id:
            return claim.sale_id if self._payments_of.get(claim.sale_id) else None
        name = claim.payment_id or ""
        named = self._named.get(name)
        if not named:
            return None
        return self.payments[name if name in named else min(named)].sale_id

    def sale(self, sale_id: str) -> Sale | None:
        return fold(self.payments_of(sale_id), self.claims_of(sale_id))

    def payments_of(self, sale_id: str) -> list[Payment]:
        return [self.payments[payment] for payment in self._payments_of.get(sale_id, ())]

    def claims_of(self, sale_id: str) -> list[Claim]:
        names = [("sale", sale_id)]
        names += [("payment", name) for payment in self.payments_of(sale_id) for name in payment.names]
        found = {key: self.claims[key] for name in names for key in self._claiming.get(name, ())}
        return [claim for claim in found.values() if self.home(claim) == sale_id]

    def in_other_currency(self, sale_id: str) -> list[Payment | Claim]:
        """Than the sale's: they move nothing."""
        payments = self.payments_of(sale_id)
        currency = currency_of(payments)
        said = [*payments, *self.claims_of(sale_id)]
        return [fact for fact in said if currency and fact.currency != currency]

    def payments_named(self, name: str) -> list[Payment]:
        return [self.payments[payment] for payment in self._named.get(name, ())]

    def claims_on(self, kind: str, name: str) -> list[Claim]:
        """That name a sale or a payment so, wherever they are at home."""
        return [self.claims[key] for key in self._claiming.get((kind, name), ())]

    @property
    def sale_ids(self) -> list[str]:
        return [sale for sale, payments in self._payments_of.items() if payments]

    def _homes(self, names: Collection[str]) -> dict[str, None]:
        """Of the claims that name a payment so."""
        claims = (self.claims[key] for name in names for key in self._claiming.get(("payment", name), ()))
        return {home: None for claim in claims if (home := self.home(claim))}
