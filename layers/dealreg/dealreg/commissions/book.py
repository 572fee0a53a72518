"""The ledger in memory: facts come in, lines come out, by the same rules that work on rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from dealreg.commissions.buckets import Bucket, BucketKey
from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.facts import Claim, Facts, Payment, Sale, SaleContent
from dealreg.commissions.ledger import Dispute, Line, period_of
from dealreg.commissions.plans import Plan
from dealreg.commissions.posting import Cause, Move, Standing, post, standing
from dealreg.commissions.pricing import Rates, price
from dealreg.commissions.sales_of_deal import SalesOfDeal
from dealreg.commissions.splits import Deal

DEAL_UNKNOWN, NO_DEAL = "deal_unknown", "no_deal_reference"
SALE_UNKNOWN, PAYMENT_UNKNOWN = "sale_unknown", "payment_unknown"


@dataclass(frozen=True, slots=True)
class Terms:
    """What sales are priced by."""

    zone: tzinfo
    plans: Mapping[str, Plan]
    deals: Mapping[str, Deal]
    rates: Rates


class Book:
    def __init__(self, terms: Terms) -> None:
        self.lines: list[Line] = []
        self.facts = Facts()
        self._terms = terms
        self._standing: dict[str, Standing] = {}
        """By sale."""
        self._sales: dict[str, SalesOfDeal] = {}
        """By deal."""
        self._buckets: dict[BucketKey, Bucket] = {}
        self._numbers: dict[str, int] = {}
        self._taught: dict[tuple[str, str], str] = {}
        """Deals by subscription and by customer, as events named them together."""
        self._asking: dict[tuple[str, str], dict[str, None]] = {}
        """Sales of no deal that would be found so."""
        self._closed_until = ""

    # ---- facts ------------------------------------------------------------------------------------------------------

    def add_payment(self, said: Payment) -> Sequence[Line]:
        touched = self.facts.add_payment(said)
        lines = self._move(Cause("payment", said.paid_at, touched)) if touched else []
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
        for key in _names_of_deals(subscription_id, billing_id):
            self._taught.setdefault(key, deal_id)
            for sale_id in [*self._asking.pop(key, ())]:
                if paid := [payment.paid_at for payment in self.facts.payments_of(sale_id)]:
                    lines += self._move(Cause("payment", min(paid), [sale_id]))
        return lines

    def _move(self, cause: Cause) -> list[Line]:
        sales: dict[str, tuple[Sale, Deal] | None] = {sale: self._known(sale) for sale in cause.touched}
        windows = [other for sale_id, known in sales.items() for other in self._place(sale_id, known)]
        own = [*sales]
        for other in dict.fromkeys(windows):
            if other not in sales:
                sales[other] = self._known(other)
                own.append(other)
        moves = [self._reprice(sale_id, sales[sale_id]) for sale_id in own]
        posting = post(cause, moves, self._bucket, self._terms.zone)
        self._buckets.update(posting.buckets)
        return [self._add(line) for line in posting.lines]

    def _bucket(self, key: BucketKey) -> Bucket:
        return self._buckets.get(key) or _EMPTY

    def _known(self, sale_id: str) -> tuple[Sale, Deal] | None:
        sale = self.facts.sale(sale_id)
        deal = self._deal_of(sale) if sale else None
        return (sale, deal) if sale and deal else None

    def _deal_of(self, sale: Sale) -> Deal | None:
        content = sale.content
        if content.deal_id:
            return self._terms.deals.get(content.deal_id)
        names = _names_of_deals(content.subscription_id, content.billing_id)
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
        after = standing(price(sale, deal, place, plan, self._terms.rates, self._terms.zone))
        self._standing[sale_id] = after
        return Move(sale_id, before, after)

    # ---- lines ------------------------------------------------------------------------------------------------------

    def add_by_hand(self, line: Line) -> Line:
        """An adjustment or a payout's line."""
        return self._add(line)

    def close(self, period: str) -> None:
        self._closed_until = max(self._closed_until, period)

    def _add(self, line: Line) -> Line:
        number = self._numbers.get(line.partner_id, 0) + 1
        self._numbers[line.partner_id] = number
        month = month_of(local_day(line.occurred_at, self._terms.zone))
        period = period_of(month, self._closed_until) if self._closed_until else month
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

    def _why_sale_waits(self, sale_id: str) -> str | None:
        standing = self._standing.get(sale_id)
        if standing:
            return standing.priced.waits
        sale = self.facts.sale(sale_id)
        if sale is None:
            return SALE_UNKNOWN
        return DEAL_UNKNOWN if _names_a_deal(sale.content, self._taught) else NO_DEAL


_EMPTY = Bucket()


def _names_of_deals(subscription_id: str | None, billing_id: str | None) -> list[tuple[str, str]]:
    pairs = (("subscription", subscription_id), ("customer", billing_id))
    return [(kind, name) for kind, name in pairs if name]


def _names_a_deal(content: SaleContent, taught: Mapping[tuple[str, str], str]) -> bool:
    names = _names_of_deals(content.subscription_id, content.billing_id)
    return bool(content.deal_id) or any(name in taught for name in names)
