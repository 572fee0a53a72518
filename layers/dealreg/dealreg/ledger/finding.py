"""Which rows a fact's own names lead to, and whose the sale is that it is about."""

from collections.abc import Iterable

from dealreg.commissions.facts import Claim, Facts, Sale, SaleContent
from dealreg.ledger import ids, rows, terms
from dealreg.ledger.changes import Fact
from dealreg.ledger.outcomes import NO_DEAL, SALE_UNKNOWN, Outcome
from dealreg.ledger.shelf import Shelf
from dealreg.platform import dynamo
from dealreg.platform.money import Money

_SHARING: dict[str, tuple[str, ...]] = {}
"""By deal, who was last found to share in it: their ledgers are read with its money, which saves a call."""
_MOST_REMEMBERED = 10_000


def remembered(deal: str) -> tuple[str, ...]:
    return _SHARING.get(deal, ())


def remember(deal: str, partners: tuple[str, ...]) -> None:
    if len(_SHARING) >= _MOST_REMEMBERED:
        _SHARING.clear()
    _SHARING[deal] = partners


def read(shelf: Shelf, fact: Fact) -> None:
    """All rows that the fact's own names lead to."""
    shelf.fetch(_first_keys(fact))
    while True:
        found = len(shelf.rows)
        shelf.fetch(_further_keys(shelf, fact))
        if len(shelf.rows) == found:
            return


def _first_keys(fact: Fact) -> Iterable[dynamo.Key]:
    yield rows.periods_key()
    if fact.sale_id:
        yield rows.sale_key(fact.sale_id)
    if isinstance(fact, Claim):
        yield rows.claim_key(fact.kind, fact.id)
        if fact.payment_id and not fact.sale_id:
            yield rows.payment_key(fact.payment_id)
        return
    yield from map(rows.payment_key, fact.names)
    if fact.content:
        yield from _keys_of_deal(fact.content)


def _keys_of_deal(content: SaleContent) -> Iterable[dynamo.Key]:
    yield from (rows.name_key(kind, name) for kind, name in content.names_of_deal)
    money = rows.money_key(content.deal_id) if content.deal_id else None
    if money:
        yield money
        yield from map(rows.head_key, remembered(money.pk))


def _further_keys(shelf: Shelf, fact: Fact) -> Iterable[dynamo.Key]:
    source = ids.source_of(fact.id)
    for key, item in [*shelf.rows.items()]:
        if item and key.sk == "PAYMENT":
            yield from (rows.sale_key(ids.qualified(source, sale)) for sale in item["sales"].values())
            yield from map(rows.head_key, item.get("partners", ()))
            if "deal_id" in item and (money := rows.money_key(item["deal_id"])):
                yield money
        elif item and key.sk == "CLAIM":
            name = ids.qualified(source, item["name"])
            yield rows.sale_key(name) if item["of"] == "sale" else rows.payment_key(name)
    for sale in shelf.sales.values():
        if sale.deal_id and (money := rows.money_key(sale.deal_id)):
            yield money
        for payment in sale.payments:
            if payment.id == fact.id:
                yield from map(rows.payment_key, payment.names)


def find_deal(shelf: Shelf, facts: Facts, home: str | None) -> Outcome:
    """Puts the money of the home sale's deal, and of those that loaded sales are in, on the shelf. Why it has none."""
    for key, item in shelf.rows.items():
        if item and key.sk == "MONEY":
            money = terms.from_item(item)
            if money.is_paid:
                shelf.money[money.deal.id] = money
    shelf.name_sales(facts)
    sale = facts.sale(home) if home else None
    if sale is None:
        return Outcome(SALE_UNKNOWN)
    reference = _reference(shelf, sale)
    if reference is None:
        return Outcome(NO_DEAL)
    key = rows.money_key(reference)
    if key:
        shelf.fetch([key])
    total = Money(sale.content.total, sale.content.currency)
    found = terms.money_of(reference, shelf.rows.get(key) if key else None, total)
    if isinstance(found, str):
        shelf.named.pop(reference, None)
        return Outcome(found, reference=reference)
    shelf.money[found.deal.id] = found
    shelf.named[reference] = found.deal.id
    if key:
        _, shares = found.deal.shares_at(sale.first_paid_at)
        remember(key.pk, tuple(share.partner_id for share in shares))
    shelf.fetch(shelf.rate_keys(sale, shelf.plan(found)))
    return Outcome()


def _reference(shelf: Shelf, sale: Sale) -> str | None:
    """The deal that the sale names, else that of its subscription, else that of its customer."""
    if sale.content.deal_id:
        return sale.content.deal_id
    keys = [rows.name_key(kind, name) for kind, name in sale.content.names_of_deal]
    shelf.fetch(keys)
    taught = [item["deal_id"] for key in keys if (item := shelf.rows[key])]
    return taught[0] if taught else None
