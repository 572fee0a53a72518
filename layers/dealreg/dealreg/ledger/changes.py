"""The difference between the rows that were read and what a book has come to, as the actions of one transaction."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from dealreg.commissions.book import Book
from dealreg.commissions.buckets import BucketKey
from dealreg.commissions.facts import Claim, Payment
from dealreg.commissions.ledger import Line
from dealreg.commissions.plans import Plan
from dealreg.ledger import facts_text, heads, places, rates, rows, terms
from dealreg.ledger.ids import provider_id_of, qualified, source_of
from dealreg.ledger.shelf import Shelf
from dealreg.platform import dynamo

Fact = Payment | Claim


def actions(book: Book, shelf: Shelf, fact: Fact, posted_at: datetime) -> list[dynamo.Action]:
    """Each on the condition of the row that was read."""
    return [
        *_sales(book, shelf, fact),
        *_names_of_payments(book, shelf),
        *_claim(shelf, fact),
        *places.actions(book, shelf),
        *_money(book, shelf),
        *_buckets(book, shelf),
        *rates.used(book, shelf),
        *_lines(book.lines, shelf, fact, posted_at),
    ]


def put(shelf: Shelf, key: dynamo.Key, content: dynamo.Item, *, is_met: bool = False) -> Iterator[dynamo.Action]:
    """Nothing for a row that stays as it is; none is made that would hold nothing.

    `is_met`: one that stays is written too, so that whoever writes it at this moment has to look again.
    """
    known = shelf.rows.get(key)
    revision: int = known["revision"] if known else 0
    item: dynamo.Item = {"pk": key.pk, "sk": key.sk, "revision": revision} | content
    if item != known or (known and is_met):
        when, values = ("#revision = :revision", {"revision": revision}) if known else (dynamo.ABSENT, {})
        yield dynamo.put(key.table, item | {"revision": revision + 1}, when, values)


# ---- facts ----------------------------------------------------------------------------------------------------------


def _sales(book: Book, shelf: Shelf, fact: Fact) -> Iterator[dynamo.Action]:
    named = [fact.sale_id] if fact.sale_id else []
    met = {*_sharing_names(book, shelf)}
    for sale_id in dict.fromkeys([*shelf.sales, *named, *(move.sale_id for move in book.moves)]):
        by_hand = shelf.attached_to(sale_id)
        attached = {"attached": by_hand} if by_hand else {}
        item = _sale(book, sale_id) | attached
        changed = [*put(shelf, rows.sale_key(sale_id), item, is_met=sale_id in met)]
        yield from changed
        if changed and "disputes" in item:
            yield from _disputes(book, shelf, sale_id, item["disputes"])


def _sharing_names(book: Book, shelf: Shelf) -> Iterator[str]:
    """Sales that had a payment of a name which another sale's has now, or no more: claims of it may be of either."""
    for key, item in shelf.rows.items():
        if item and key.sk == "PAYMENT":
            name, sales = _name_of_payment(key), {*item["sales"].values()}
            if sales and sales != {provider_id_of(one.sale_id) for one in book.facts.payments_named(name)}:
                yield from (qualified(item["source_id"], sale) for sale in sales)


def _disputes(book: Book, shelf: Shelf, sale_id: str, disputes: object) -> Iterator[dynamo.Action]:
    """In the ledger of each who has, or had, a part in the sale: what state their lines are in goes by them."""
    sides = [side for side in (shelf.before.get(sale_id), book.past.standing.get(sale_id)) if side]
    for partner_id in sorted({share.partner_id for side in sides for share in side.priced.shares}):
        key = rows.dispute_key(partner_id, sale_id)
        own = {"source_id": source_of(sale_id), "sale_id": provider_id_of(sale_id), "disputes": disputes}
        yield dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | own)


def _sale(book: Book, sale_id: str) -> dynamo.Item:
    payments, claims = book.facts.payments_of(sale_id), book.facts.claims_of(sale_id)
    early = [claim for claim in book.facts.claims_on("sale", sale_id) if claim not in claims]
    item: dynamo.Item = {
        "source_id": source_of(sale_id),
        "sale_id": provider_id_of(sale_id),
        "facts": facts_text.pack(payments, [*claims, *early]),
    }
    chargebacks = [claim for claim in claims if claim.kind == "chargeback"]
    if chargebacks:
        item["disputes"] = [
            [claim.at.isoformat(), claim.ended_at.isoformat() if claim.ended_at else None] for claim in chargebacks
        ]
    stood = book.past.standing.get(sale_id)
    own = {key: held for key, held in book.past.buckets.items() if key.name == rows.own_bucket_name(sale_id)}
    item["buckets"] = rows.own_buckets_to_item(own)
    if stood:
        priced = stood.priced
        place = book.past.sales[priced.deal.id].place(sale_id, terms.zone())
        item |= {"deal_id": priced.deal.id, "stamp": rows.stamp_to_item(priced.stamp, place)}
    return item


def _names_of_payments(book: Book, shelf: Shelf) -> Iterator[dynamo.Action]:
    for key in [key for key in shelf.rows if key.sk == "PAYMENT"]:
        name = _name_of_payment(key)
        source = source_of(name)
        payments = book.facts.payments_named(name)
        early = [claim for claim in book.facts.claims_on("payment", name) if book.facts.home(claim) is None]
        if payments or early or shelf.rows[key]:
            sales = {provider_id_of(one.id): provider_id_of(one.sale_id) for one in payments}
            item: dynamo.Item = {"source_id": source, "sales": dict(sorted(sales.items()))}
            stood = [book.past.standing[one.sale_id] for one in payments if one.sale_id in book.past.standing]
            for priced in [side.priced for side in stood[:1]]:  # what a refund will need, to be read at once
                item |= {"deal_id": priced.deal.id, "partners": [share.partner_id for share in priced.shares]}
            yield from put(shelf, key, item | ({"claims": facts_text.pack([], early)} if early else {}))


def _name_of_payment(key: dynamo.Key) -> str:
    source, _, provider_id = key.pk.removeprefix("PAYMENT#").partition("#")
    return qualified(source, provider_id)


def _claim(shelf: Shelf, fact: Fact) -> Iterator[dynamo.Action]:
    """What it names, so that a later word that names something else does not count beside it."""
    if isinstance(fact, Claim):
        kind, name = fact.name
        yield from put(shelf, rows.claim_key(fact.kind, fact.id), {"of": kind, "name": provider_id_of(name)})


# ---- deals ----------------------------------------------------------------------------------------------------------


def _money(book: Book, shelf: Shelf) -> Iterator[dynamo.Action]:
    """Of a deal that is paid for the first time; with windows, of each, so that two sales at once do not both count."""
    deals = [
        side.priced.deal.id for move in book.moves for side in (move.before, move.after) if side
    ]  # fmt: skip
    for deal_id in dict.fromkeys(deals):
        money = shelf.money[deal_id]
        key = rows.money_key(deal_id)
        plan = shelf.plan(money)
        known = shelf.rows.get(key) if key else None
        if key and (known is None or not known["is_paid"] or _is_counted_in_windows(plan)):
            when, values = ("#revision = :revision", {"revision": known["revision"]}) if known else (dynamo.ABSENT, {})
            item = terms.to_item(replace(money, is_paid=True)) | {"revision": money.revision + 1}
            yield dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item, when, values)


def _is_counted_in_windows(plan: Plan | None) -> bool:
    return plan is not None and plan.has_windows


def _buckets(book: Book, shelf: Shelf) -> Iterator[dynamo.Action]:
    for key in keys_of_buckets(book):
        bucket = book.past.buckets.get(key)
        if bucket and bucket != shelf.bucket(key):
            yield from put(shelf, rows.bucket_key(key), rows.shared_bucket_to_item(key, bucket))


def keys_of_buckets(book: Book) -> list[BucketKey]:
    """Those that its moves are in."""
    sides = [side for move in book.moves for side in (move.before, move.after) if side]
    return list(dict.fromkeys(key for side in sides for key in side.entries if not rows.is_own(key)))


# ---- lines ----------------------------------------------------------------------------------------------------------


def _lines(lines: list[Line], shelf: Shelf, fact: Fact, posted_at: datetime) -> Iterator[dynamo.Action]:
    for partner_id in dict.fromkeys(line.partner_id for line in lines):
        own = [line for line in lines if line.partner_id == partner_id]
        customers = {deal_id: money.customer_name for deal_id, money in shelf.money.items()}
        head = shelf.rows.get(rows.head_key(partner_id))
        yield from heads.post(partner_id, head, own, posted_at, event_id=fact.event_id, customers=customers)
