"""One fact, one unit of work: what it moves is read, the engine runs, and the difference is written in one transaction.

The engine is the one that `simulate` runs; a lost race is run again on what won.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dealreg.commissions.book import Book
from dealreg.commissions.days import local_day
from dealreg.commissions.facts import Claim, Facts, Payment, newer
from dealreg.commissions.posting import Standing
from dealreg.ledger import changes, finding, ids, names, places, rows, terms
from dealreg.ledger.changes import Fact
from dealreg.ledger.names import Name
from dealreg.ledger.outcomes import (
    NO_DEAL,
    OTHER_CURRENCY,
    OUTDATED,
    PAYMENT_UNKNOWN,
    TOO_MANY_CHANGES,
    TOO_MANY_FACTS,
    Conclude,
    Outcome,
)
from dealreg.ledger.shelf import Shelf
from dealreg.ledger.terms import MoneyOfDeal
from dealreg.platform import aws, dynamo
from dealreg.platform.errors import ConditionFailed, Unavailable

MAX_FACTS = 500
"""Of one sale: its row has 400 kB, and each of them is read with every other."""
MAX_ACTIONS = 100
"""Of a transaction."""
_TRIES = 8
_ROUNDS = 8
"""Of reading what else is needed: windows move sales, which are in buckets, which are of partners."""


class Overtaken(Exception):
    """Something became of the fact's event while it was taken."""


def take(
    source_id: str, fact: Fact, now: datetime, conclude: Conclude = lambda _: (), *, attach_to: str = ""
) -> Outcome:
    """Idempotent. A fact that waits for its payment, its sale, its deal or a rate is kept, and counts when that comes.

    `attach_to`: the deal that its sale is of, whatever it names. Raises NotWonYet for a sale of an approved deal,
    Overtaken, and Unavailable after too many lost races.
    """
    said = _of_source(fact, source_id)
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        try:
            return _take(said, now, conclude, attach_to)
        except ConditionFailed:
            continue
    raise Unavailable("too many changes to the same ledger at once")


def _of_source(fact: Fact, source_id: str) -> Fact:
    if isinstance(fact, Payment):
        return ids.payment_of_source(fact, source_id)
    return ids.claim_of_source(fact, source_id)


def _take(fact: Fact, now: datetime, conclude: Conclude, attach_to: str) -> Outcome:
    shelf = Shelf(now)
    finding.read(shelf, fact)
    if attach_to:
        shelf.attach(_home_on(shelf, fact), attach_to)
    fact = shelf.attached(fact)
    facts = shelf.facts()
    known = _known(facts, fact)
    if known and known.event_id != fact.event_id and not _is_newer(fact, known):
        return _conclude(Outcome(OUTDATED), [], conclude)
    aside = _in_other_currency(facts, shelf.sales)
    _add(facts, fact)
    home = _home(facts, fact)
    refused = finding.find_deal(shelf, facts, home)
    if home and _count(facts, home) > MAX_FACTS:
        return _conclude(Outcome(TOO_MANY_FACTS), [], conclude)
    book = _run(shelf, fact, home, is_attached=bool(attach_to))
    taught = _taught(shelf, fact)
    asked = _asked(book, home) if refused.reason == NO_DEAL else ()
    aside_now = _in_other_currency(facts, dict.fromkeys([*shelf.sales, *([home] if home else [])]))
    replaced = [known.event_id] if known else []
    outcome = _outcome(book, shelf, fact, home, refused, tuple(taught))
    settled = dict.fromkeys([*replaced, *outcome.settled, *(one for one in aside if one not in aside_now)])
    uncounted = [one for one in aside_now if one not in aside]
    others = [tuple(one for one in found if one != fact.event_id) for found in (settled, uncounted)]
    outcome = replace(outcome, settled=others[0], uncounted=others[1])
    new_names = [names.taught(name, deal_id, now) for name, deal_id in taught.items()]
    actions = [*changes.actions(book, shelf, fact, now), *new_names, *asked]
    if len(actions) + len(conclude(outcome)) > MAX_ACTIONS:
        return _conclude(Outcome(TOO_MANY_CHANGES, outcome.deal_id), [], conclude)
    return _conclude(outcome, actions, conclude)


def _conclude(outcome: Outcome, actions: Sequence[dynamo.Action], conclude: Conclude) -> Outcome:
    own = conclude(outcome)
    if own or actions:
        try:
            dynamo.transact([*own, *actions])
        except ConditionFailed as lost:
            if any(place < len(own) for place in lost.failures):
                raise Overtaken from None
            raise
    return outcome


def _known(facts: Facts, fact: Fact) -> Fact | None:
    return facts.payments.get(fact.id) if isinstance(fact, Payment) else facts.claims.get((fact.kind, fact.id))


def _is_newer(said: Fact, known: Fact) -> bool:
    match said, known:
        case (Payment(), Payment()) | (Claim(), Claim()):
            return newer(said, known)
        case _:
            return False


def _add(facts: Facts, fact: Fact) -> None:
    if isinstance(fact, Payment):
        facts.add_payment(fact)
    else:
        facts.add_claim(fact)


def _home_on(shelf: Shelf, fact: Fact) -> str | None:
    facts = shelf.facts()
    _add(facts, fact)
    return _home(facts, fact)


def _home(facts: Facts, fact: Fact) -> str | None:
    return fact.sale_id if isinstance(fact, Payment) else facts.home(fact)


# ---- the engine -----------------------------------------------------------------------------------------------------


def _run(shelf: Shelf, fact: Fact, home: str | None, *, is_attached: bool) -> Book:
    """On what is on the shelf, until nothing is lacking there."""
    paid_at = fact.paid_at if isinstance(fact, Payment) else shelf.now
    places.fetch(shelf, local_day(max(shelf.now, paid_at), terms.zone()))
    for _ in range(_ROUNDS):
        book = _book(shelf, fact, home, is_attached=is_attached)
        if not _fetch_lacking(shelf, book):
            return book
    raise Unavailable("one fact moves ever more of the ledger")


def _book(shelf: Shelf, fact: Fact, home: str | None, *, is_attached: bool) -> Book:
    of = shelf.terms()
    shelf.past(of)
    shelf.fetch(shelf.keys_of_past())
    book = Book(of, shelf.past(of))
    if isinstance(fact, Payment):
        book.add_payment(fact)
    else:
        book.add_claim(fact)
    if home and not book.moves and (is_attached or _waits(book.past.standing.get(home))):
        book.settle(home)
    return book


def _waits(stood: Standing | None) -> bool:
    return stood is None or stood.priced.waits is not None


def _fetch_lacking(shelf: Shelf, book: Book) -> bool:
    """Whether anything was."""
    keys = [rows.sale_key(move.sale_id) for move in book.moves]
    keys += map(rows.bucket_key, changes.keys_of_buckets(book))
    keys += [rows.head_key(line.partner_id) for line in book.lines]
    lacking = [key for key in keys if key not in shelf.rows]
    shelf.fetch(lacking)
    shelf.name_sales(book.facts)
    moved = [money for money in shelf.money.values() if _moves_start(shelf, book, money)]
    for money in moved:
        if plan := shelf.plan(money):
            shelf.fetch_places(money, plan, 0, every=True)
    return bool(lacking or moved)


def _moves_start(shelf: Shelf, book: Book, money: MoneyOfDeal) -> bool:
    """Then windows in months may move any of the deal's sales, and not all of their places are known."""
    places, plan = shelf.places.get(money.deal.id), shelf.plan(money)
    if plan is None or not plan.months or places is None or places.is_all or not places.found:
        return False
    zone = terms.zone()
    return local_day(places.found[0][1], zone) != book.past.sales[money.deal.id].start(zone)


# ---- what became of it ----------------------------------------------------------------------------------------------


def _outcome(
    book: Book, shelf: Shelf, fact: Fact, home: str | None, refused: Outcome, taught: tuple[Name, ...]
) -> Outcome:
    if home is None:
        return Outcome(PAYMENT_UNKNOWN)
    stood = book.past.standing.get(home)
    if stood is None:
        return refused
    deal_id = stood.priced.deal.id
    if fact.currency != stood.priced.sale.content.currency:
        return Outcome(OTHER_CURRENCY, deal_id)
    if stood.priced.waits:
        return Outcome(stood.priced.waits, deal_id, taught=taught)
    return Outcome(None, deal_id, settled=tuple(_settled(book, shelf)), taught=taught)


def _settled(book: Book, shelf: Shelf) -> Iterable[str]:
    """Events of facts of sales that are priced only now, and of claims that have found their payment."""
    for move in book.moves:
        if move.after and not move.after.priced.waits and _waits(move.before):
            yield from (payment.event_id for payment in book.facts.payments_of(move.sale_id))
            yield from (claim.event_id for claim in book.facts.claims_of(move.sale_id))
    for claim in shelf.early_claims():
        if book.facts.home(claim):
            yield claim.event_id


def _in_other_currency(facts: Facts, sale_ids: Iterable[str]) -> dict[str, None]:
    """Events of facts that move nothing."""
    found = [fact for sale_id in sale_ids for fact in facts.in_other_currency(sale_id)]
    return dict.fromkeys(fact.event_id for fact in found)


def _count(facts: Facts, sale_id: str) -> int:
    return len(facts.payments_of(sale_id)) + len(facts.claims_of(sale_id)) + len(facts.claims_on("sale", sale_id))


def _taught(shelf: Shelf, fact: Fact) -> dict[Name, str]:
    """What nobody had said before: whose a subscription and a customer are."""
    content = fact.content if isinstance(fact, Payment) else None
    deal_id = shelf.named.get(content.deal_id) if content and content.deal_id else None
    if content is None or deal_id is None:
        return {}
    return {name: deal_id for name in content.names_of_deal if shelf.rows.get(rows.name_key(*name)) is None}


def _asked(book: Book, home: str | None) -> Iterable[dynamo.Action]:
    """A sale of no deal asks for one by its names."""
    sale = book.facts.sale(home) if home else None
    if sale:
        for name in sale.content.names_of_deal:
            yield from names.asked(name, sale.id)
