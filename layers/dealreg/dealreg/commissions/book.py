"""The ledger in memory: facts come in, lines come out, by the same rules that work on rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from dealreg.commissions.buckets import Bucket, BucketKey
from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.facts import Claim, Facts, Payment, Sale, SaleContent, names_of_deal
from dealreg.commissions.ledger import Dispute, Line, period_of
from dealreg.commissions.plans import Plan
from dealreg.commissions.posting import Cause, Move, Standing, post, standing
from dealreg.commissions.pricing import Rates, price
from dealreg.commissions.sales_of_deal import SalesOfDeal
from dealreg.commissions.splits import Deal

DEAL_UNKNOWN, NO_DEAL = "deal_unknown", "no_deal_reference"
SALE_UNKNOWN, PAYMENT_UNKNOWN, OTHER_CURRENCY = "sale_unknown", "payment_unknown", "other_currency"


@dataclass(frozen=True, slots=True)
class Terms:
    """What sales are priced by."""

    zone: tzinfo
    plans: Mapping[str, Plan]
    deals: Mapping[str, Deal]
    rates: Rates


@dataclass(slots=True)
class Past:
    """What a book goes on from: nothing, or as much of what was as the next fact can move."""

    facts: Facts = field(default_factory=Facts)
    standing: dict[str, Standing] = field(default_factory=dict[str, Standing])
    """By sale."""
    sales: dict[str, SalesOfDeal] = field(default_factory=dict[str, SalesOfDeal])
    """By deal."""
    buckets: dict[BucketKey, Bucket] = field(default_factory=dict[BucketKey, Bucket])
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    """Of each partner's last line."""
    taught: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Deals by subscription and by customer, as events named them together."""
    closed_until: str = ""
    """The last closed month."""


class Book:
    def __init__(self, terms: Terms, past: Past | None = None) -> None:
        self.lines: list[Line] = []
        self.moves: list[Move] = []
        """Of sales, by what was said to this book."""
        self.past = past or Past()
        """And what has come of it since."""
        self.facts = self.past.facts
        self._terms = terms
        self._standing, self._sales, self._taught = self.past.standing, self.past.sales, self.past.taught
        self._asking: dict[tuple[str, str], dict[str, None]] = {}
        """Sales of no deal that would be found by what is taught."""

    # ---- facts ------------------------------------------------------------------------------------------------------

    def add_payment(self, said: Payment) -> Sequence[Line]:
        touched = self.facts.add_payment(said)
        lines = self._move(Cause("payment", said.paid_at, touched, takes=False)) if touched else []
        content = said.content
        if content and content.deal_id:
            lines += self.teach(content.deal_id, content.subscription_id, content.billing_id)
        return lines

    def add_claim(self, said: Claim) -> Sequence[Line]:
        touched = self.facts.add_claim(said)
        if not touched:
            return []
        is_failed = said.kind == "refund" and said.status == "failed"
        is_ended = said.kind == "chargeback" or is_failed
        ended_at = said.said_at if is_failed else said.closed_at or said.said_at
        cause = Cause(said.kind, ended_at if is_ended else said.at, touched, takes=bool(said.takes))
        return self._move(cause)

    def teach(self, deal_id: str, subscription_id: str | None, billing_id: str | None) -> list[Line]:
        """Whose a subscription or a customer is; the sales that waited for that are paid for now."""
        lines: list[Line] = []
        for key in names_of_deal(subscription_id, billing_id):
            self._taught.setdefault(key, deal_id)
            for sale_id in [*self._asking.pop(key, ())]:
                lines += self.settle(sale_id)
        return lines

    def settle(self, sale_id: str) -> list[Line]:
        """What a sale waited for has come: its deal, or a rate."""
        paid = [payment.paid_at for payment in self.facts.payments_of(sale_id)]
        return self._move(Cause("payment", min(paid), [sale_id], takes=False)) if paid else []

    def _move(self, cause: Cause) -> list[Line]:
        sales: dict[str, tuple[Sale, Deal] | None] = {sale: self._known(sale) for sale in cause.touched}
        windows = [other for sale_id, known in sales.items() for other in self._place(sale_id, known)]
        own = [*sales]
        for other in dict.fromkeys(windows):
            if other not in sales:
                sales[other] = self._known(other)
                own.append(other)
        moves = [self._reprice(sale_id, sales[sale_id]) for sale_id in own]
        self.moves += moves
        posting = post(cause, moves, self._bucket, self._terms.zone)
        self.past.buckets.update(posting.buckets)
        return [self._add(line) for line in posting.lines]

    def _bucket(self, key: BucketKey) -> Bucket:
        return self.past.buckets.get(key) or _EMPTY

    def _known(self, sale_id: str) -> tuple[Sale, Deal] | None:
        sale = self.facts.sale(sale_id)
        deal = self._deal_of(sale) if sale else None
        return (sale, deal) if sale and deal else None

    def _deal_of(self, sale: Sale) -> Deal | None:
        content = sale.content
        if content.deal_id:
            return self._terms.deals.get(content.deal_id)
        names = content.names_of_deal
        for name in names:
            if name in self._taught:
                return self._terms.deals.get(self._taught[name])
        for name in names:
            self._asking.setdefault(name, {})[sale.id] = None
        return None

    def _place(self, sale_id: str, known: tuple[Sale, Deal] | None) -> list[str]:
        """Among its deal's sales. Which others that moves."""
        standing = self._standing.get(sale_id)
        moved: list[str] = []
        if standing and not (known and known[1].id == standing.priced.deal.id):
            moved += self._put(sale_id, standing.priced.deal, None)
        if known:
            moved += self._put(sale_id, known[1], known[0].first_paid_at)
        return moved

    def _put(self, sale_id: str, deal: Deal, paid_at: datetime | None) -> Sequence[str]:
        sales = self._sales.setdefault(deal.id, SalesOfDeal())
        return sales.put(sale_id, paid_at, self._terms.plans.get(deal.plan), self._terms.zone)

    def _reprice(self, sale_id: str, known: tuple[Sale, Deal] | None) -> Move:
        before = self._standing.pop(sale_id, None)
        if known is None:
            return Move(sale_id, before, None)
        sale, deal = known
        place = self._sales[deal.id].place(sale_id, self._terms.zone)
        plan = self._terms.plans.get(deal.plan)
        stamp = before.priced.stamp if before and before.priced.deal.id == deal.id else None
        after = standing(price(sale, deal, place, plan, self._terms.rates, self._terms.zone, stamp))
        self._standing[sale_id] = after
        return Move(sale_id, before, after)

    # ---- lines ------------------------------------------------------------------------------------------------------

    def add_by_hand(self, line: Line) -> Line:
        """An adjustment or a payout's line."""
        return self._add(line)

    def close(self, period: str) -> None:
        self.past.closed_until = max(self.past.closed_until, period)

    def _add(self, line: Line) -> Line:
        number = self.past.numbers.get(line.partner_id, 0) + 1
        self.past.numbers[line.partner_id] = number
        month, closed = month_of(local_day(line.occurred_at, self._terms.zone)), self.past.closed_until
        period = period_of(month, closed)
        posted = replace(line, number=number, period=period)
        self.lines.append(posted)
        return posted

    # ---- what it looks like -----------------------------------------------------------------------------------------

    def disputes(self) -> dict[str, tuple[Dispute, ...]]:
        """By sale."""
        found: dict[str, tuple[Dispute, ...]] = {}
        for claim in self.facts.claims.values():
            home = self.facts.home(claim) if claim.kind == "chargeback" else None
            if home:
                found[home] = (*found.get(home, ()), Dispute(claim.at, claim.ended_at))
        return found

    def waiting(self) -> Iterable[tuple[str, str, str]]:
        """What object waits, its id, and why; in the order of ids."""
        for sale_id in sorted(self.facts.sale_ids):
            reason = self._why_sale_waits(sale_id)
            if reason:
                yield "sale_id", sale_id, reason
        for (kind, claim_id), claim in sorted(self.facts.claims.items()):
            if self.facts.home(claim) is None:
                yield f"{kind}_id", claim_id, PAYMENT_UNKNOWN
        for sale_id in sorted(self.facts.sale_ids):
            for fact in self.facts.in_other_currency(sale_id):
                kind = fact.kind if isinstance(fact, Claim) else "payment"
                yield f"{kind}_id", fact.id, OTHER_CURRENCY

    def _why_sale_waits(self, sale_id: str) -> str | None:
        standing = self._standing.get(sale_id)
        if standing:
            return standing.priced.waits
        sale = self.facts.sale(sale_id)
        if sale is None:
            return SALE_UNKNOWN
        return DEAL_UNKNOWN if _names_a_deal(sale.content, self._taught) else NO_DEAL


_EMPTY = Bucket()


def _names_a_deal(content: SaleContent, taught: Mapping[tuple[str, str], str]) -> bool:
    return bool(content.deal_id) or any(name in taught for name in content.names_of_deal)
