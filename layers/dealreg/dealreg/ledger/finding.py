"""Which rows a fact's own names lead to, and whose the sale is that it is about."""

from collections.abc import Iterable, Sequence

from dealreg.commissions.facts import Claim, Facts, Sale, SaleContent
from dealreg.commissions.splits import Deal
from dealreg.ledger import ids, rows, terms
from dealreg.ledger.changes import Fact
from dealreg.ledger.outcomes import NO_DEAL, SALE_UNKNOWN, Outcome
from dealreg.ledger.shelf import Shelf
from dealreg.platform import dynamo
from dealreg.platform.money import Money

_LED_TO: dict[str, tuple[tuple[str, str], ...]] = {}
"""By a row's partition, the rows that it was last found to lead to: read with it, they save a call. A hint, no more."""
_MOST_REMEMBERED = 10_000


def remembered(key: dynamo.Key) -> Iterable[dynamo.Key]:
    return (dynamo.Key(rows.table(), pk, sk) for pk, sk in _LED_TO.get(key.pk, ()))


def _remember(key: dynamo.Key, led_to: Sequence[dynamo.Key]) -> None:
    if len(_LED_TO) >= _MOST_REMEMBERED:
        _LED_TO.clear()
    _LED_TO[key.pk] = tuple((one.pk, one.sk) for one in led_to)


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
        yield from remembered(rows.sale_key(fact.sale_id))
    if isinstance(fact, Claim):
        yield rows.claim_key(fact.kind, fact.id)
        if fact.payment_id and not fact.sale_id:
            key = rows.payment_key(fact.payment_id)
            yield from (key, *remembered(key))
        return
    yield from map(rows.payment_key, fact.names)
    if fact.content:
        yield from _keys_of_deal(fact.content)


def _keys_of_deal(content: SaleContent) -> Iterable[dynamo.Key]:
    yield from (rows.name_key(kind, name) for kind, name in content.names_of_deal)
    money = rows.money_key(content.deal_id) if content.deal_id else None
    if money:
        yield money
        yield from remembered(money)


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
        _remember_all(key, sale, found.deal, facts)
    shelf.fetch(shelf.rate_keys(sale, shelf.plan(found)))
    return Outcome()


def _remember_all(money: dynamo.Key, sale: Sale, deal: Deal, facts: Facts) -> None:
    _, shares = deal.shares_at(sale.first_paid_at)
    heads = [rows.head_key(share.partner_id) for share in shares]
    _remember(money, heads)
    own = rows.sale_key(sale.id)
    _remember(own, [money, *heads])
    for name in {name for payment in facts.payments_of(sale.id) for name in payment.names}:
        _remember(rows.payment_key(name), [own, money, *heads])


def _reference(shelf: Shelf, sale: Sale) -> str | None:
    """The deal that the sale names, else that of its subscription, else that of its customer."""
    if sale.content.deal_id:
        return sale.content.deal_id
    keys = [rows.name_key(kind, name) for kind, name in sale.content.names_of_deal]
    shelf.fetch(keys)
    taught = [item["deal_id"] for key in keys if (item := shelf.rows[key])]
    return taught[0] if taught else None
