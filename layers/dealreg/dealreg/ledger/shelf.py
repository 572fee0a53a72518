"""The rows that one fact can move, as they were read, and the past of a book that is made of them.

What else the engine turns out to need is read then, and the fact is taken anew: nothing is computed twice that matters,
and the engine knows nothing of rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from dealreg.commissions.book import Past, Terms
from dealreg.commissions.buckets import Bucket, BucketKey
from dealreg.commissions.days import local_day
from dealreg.commissions.facts import Claim, Facts, Payment, Sale
from dealreg.commissions.plans import Plan
from dealreg.commissions.posting import Standing, standing
from dealreg.commissions.pricing import DayRate, price
from dealreg.commissions.sales_of_deal import SalesOfDeal
from dealreg.ledger import rows, terms
from dealreg.ledger.facts_text import unpack
from dealreg.ledger.ids import qualified
from dealreg.ledger.terms import MoneyOfDeal
from dealreg.platform import dynamo

_RATE_DAYS = 8
"""The day itself and the seven before it."""


@dataclass(slots=True)
class StoredSale:
    id: str
    item: dynamo.Item
    payments: list[Payment]
    claims: list[Claim]
    """With those that name it and came before any payment."""

    @property
    def deal_id(self) -> str | None:
        """By which it is priced; None while it waits for one."""
        return self.item.get("deal_id")


@dataclass(slots=True)
class Places:
    """Sales of a deal by time, from the first on."""

    found: list[tuple[str, datetime]]
    is_all: bool


@dataclass(slots=True)
class Shelf:
    now: datetime
    rows: dict[dynamo.Key, dynamo.Item | None] = field(default_factory=dict[dynamo.Key, dynamo.Item | None])
    sales: dict[str, StoredSale] = field(default_factory=dict[str, StoredSale])
    money: dict[str, MoneyOfDeal] = field(default_factory=dict[str, MoneyOfDeal])
    """By deal."""
    named: dict[str, str] = field(default_factory=dict[str, str])
    """Deals by the references that senders write."""
    by_hand: dict[str, str] = field(default_factory=dict[str, str])
    """Deals of sales that are attached now."""
    places: dict[str, Places] = field(default_factory=dict[str, Places])
    before: dict[str, Standing] = field(default_factory=dict[str, Standing])
    """How the sales stood when they were read."""

    # ---- reading ----------------------------------------------------------------------------------------------------

    def fetch(self, keys: Iterable[dynamo.Key]) -> None:
        missing = [key for key in dict.fromkeys(keys) if key not in self.rows]
        found = dynamo.batch_get(missing) if missing else {}
        self.rows |= {key: found.get(key) for key in missing}
        for key in missing:
            item = found.get(key)
            if item and key.sk == "SALE":
                sale_id = qualified(item["source_id"], item["sale_id"])
                self.sales[sale_id] = StoredSale(sale_id, item, *unpack(item["facts"], item["source_id"]))

    def fetch_places(self, money: MoneyOfDeal, plan: Plan, touched: int, *, every: bool = False) -> None:
        """As far as a window can reach that so many sales move."""
        pk, table = rows.place_key(money.deal.id, self.now, "").pk, rows.table()
        if every:
            items, is_all = list(dynamo.every(table, pk, rows.PLACE)), True
        else:
            count = max(plan.first_sales, default=0) + 1 + touched
            page = dynamo.page(table, pk, rows.PLACE, limit=count)
            items, is_all = page.items, page.next_key is None
        self.places[money.deal.id] = Places([rows.place_of(item["sk"]) for item in items], is_all)

    def plan(self, money: MoneyOfDeal) -> Plan | None:
        return terms.plan_of(money.deal.plan, self.now)

    def attach(self, sale_id: str | None, deal_id: str) -> None:
        """By hand: the deal of a sale, whatever its payments name, now and later."""
        if sale_id:
            self.by_hand[sale_id] = deal_id

    def attached(self, fact: Payment | Claim) -> Payment | Claim:
        deal_id = self.attached_to(fact.sale_id) if isinstance(fact, Payment) else None
        return _of_deal(fact, deal_id) if isinstance(fact, Payment) and deal_id else fact

    def attached_to(self, sale_id: str | None) -> str | None:
        """The deal that a person named."""
        stored = self.sales.get(sale_id or "")
        return self.by_hand.get(sale_id or "") or (stored.item.get("attached") if stored else None)

    # ---- the past of a book -----------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        facts = Facts()
        for payment in (payment for sale in self.sales.values() for payment in sale.payments):
            deal_id = self.attached_to(payment.sale_id)
            facts.add_payment(_of_deal(payment, deal_id) if deal_id else payment)
        for claim in self._claims():
            facts.add_claim(claim)
        return facts

    def _claims(self) -> Iterator[Claim]:
        for sale in self.sales.values():
            yield from sale.claims
        yield from self.early_claims()

    def early_claims(self) -> Iterator[Claim]:
        """That came before any payment of the name."""
        for item in self._items("PAYMENT"):
            if "claims" in item:
                yield from unpack(item["claims"], item["source_id"])[1]

    def name_sales(self, facts: Facts) -> None:
        """By which reference each sale that was read had found its deal."""
        for stored in self.sales.values():
            told = facts.sale(stored.id)
            if told and told.content.deal_id and stored.deal_id and stored.id not in self.by_hand:
                self.named.setdefault(told.content.deal_id, stored.deal_id)

    def terms(self) -> Terms:
        deals = {deal_id: money.deal for deal_id, money in self.money.items()}
        named = {reference: deals[deal_id] for reference, deal_id in self.named.items()}
        plans = {money.deal.plan: plan for money in self.money.values() if (plan := self.plan(money))}
        return Terms(terms.zone(), plans, deals | named, self._rates())

    def past(self, of: Terms) -> Past:
        past = Past(facts=self.facts(), closed_until=(self.rows.get(rows.periods_key()) or {}).get("closed_until", ""))
        self._put_places(past, of)
        self.before = {}
        for sale in self.sales.values():
            if sale.deal_id in self.money and (stood := self._standing(sale, past.facts, of)):
                self.before[sale.id] = stood
                past.buckets |= rows.own_buckets_from_item(sale.id, sale.item["buckets"])
                content = stood.priced.sale.content
                if not content.deal_id:
                    past.taught |= dict.fromkeys(content.names_of_deal, stood.priced.deal.id)
                self._put_place(past, stood, of)
        past.standing.update(self.before)
        past.buckets |= {rows.bucket_of(item): rows.bucket_from_item(item) for item in self._items("BUCKET")}
        past.numbers |= {item["partner_id"]: item["number"] for item in self._items("LEDGER")}
        for item in self._items("NAME"):
            past.taught[item["kind"], qualified(item["source_id"], item["name"])] = item["deal_id"]
        return past

    def keys_of_past(self) -> Iterator[dynamo.Key]:
        """Of the buckets that its sales are in, and of the ledgers of those who share in its deals."""
        for stood in self.before.values():
            yield from (rows.bucket_key(key) for key in stood.entries if not rows.is_own(key))
        for money in self.money.values():
            shares = [share for split in money.deal.splits for share in split.shares]
            yield from map(rows.head_key, {share.partner_id for share in shares} or {money.deal.partner_id})

    def bucket(self, key: BucketKey) -> Bucket:
        item = self.rows.get(rows.bucket_key(key))
        return rows.bucket_from_item(item) if item else Bucket()

    def _standing(self, sale: StoredSale, facts: Facts, of: Terms) -> Standing | None:
        now = facts.sale(sale.id)
        if now is None or sale.deal_id is None or "stamp" not in sale.item:
            return None
        deal = self.money[sale.deal_id].deal
        plan = of.plans.get(deal.plan)
        stamp, place = rows.stamp_from_item(sale.item["stamp"], plan)
        return standing(price(now, deal, place, plan, {}, of.zone, stamp))

    def _put_places(self, past: Past, of: Terms) -> None:
        for deal_id, places in self.places.items():
            sales = past.sales.setdefault(deal_id, SalesOfDeal())
            for sale_id, paid_at in places.found:
                sales.put(sale_id, paid_at, None, of.zone)

    def _put_place(self, past: Past, stood: Standing, of: Terms) -> None:
        priced = stood.priced
        sales = past.sales.setdefault(priced.deal.id, SalesOfDeal())
        sales.put(priced.sale.id, priced.sale.first_paid_at, None, of.zone)

    # ---- rates ------------------------------------------------------------------------------------------------------

    def rate_keys(self, sale: Sale, plan: Plan | None) -> Sequence[dynamo.Key]:
        """Of the days whose rate may convert it."""
        own, day = sale.content.currency, local_day(sale.first_paid_at, terms.zone())
        into = {version.currency for version in plan.of_sales if version.currency} - {own} if plan else set[str]()
        days = [day - timedelta(days=back) for back in range(_RATE_DAYS)]
        return [
            *(rows.pair_key(own, currency) for currency in sorted(into)),
            *(rows.rate_key(own, currency, one) for currency in sorted(into) for one in days),
        ]

    def _rates(self) -> Mapping[tuple[str, str], Sequence[DayRate]]:
        found: dict[tuple[str, str], list[DayRate]] = {}
        for item in self._items("DAY"):
            known = found.setdefault((item["from"], item["to"]), [])
            known.append(DayRate(datetime.fromisoformat(item["date"]).date(), Fraction(item["rate"])))
        return {pair: sorted(known, key=lambda rate: rate.day) for pair, known in found.items()}

    def _items(self, kind: str) -> Iterator[Mapping[str, Any]]:
        return (item for key, item in self.rows.items() if item and key.sk.partition("#")[0] == kind)


def _of_deal(payment: Payment, deal_id: str) -> Payment:
    return replace(payment, content=replace(payment.content, deal_id=deal_id)) if payment.content else payment
