"""Open registrations are judged again when somebody they may be like appeared, changed or went.

The relay puts what changed on a queue. Whom it concerns is in the rows of the conflict index where that somebody
stands or stood: who has an identity in common, and whose names are alike. A message that comes again finds nothing
left to change.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from dealreg.accounts import rows
from dealreg.accounts.model import from_item as account_from_item
from dealreg.deals import commands, judging, prospects, store
from dealreg.deals.model import Deal
from dealreg.deals.model import from_item as deal_from_item
from dealreg.matching import index
from dealreg.matching.names.lookalikes import in_countries
from dealreg.matching.names.normalise import Name, normalise
from dealreg.matching.names.score import compare, weights
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, events, queues
from dealreg.platform.errors import NotFound, StaleVersion, Unavailable
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting

logger = logging.getLogger(__name__)
Body = dict[str, object]
"""Of a message on the queue."""
Ref = tuple[str, str]
"""Of a deal: its partner's id and its own."""
Place = tuple[dynamo.Key, dynamo.Item]
"""A row of the conflict index, and what it says, or said, of somebody."""
_BOOKKEEPING = frozenset(["pk", "sk", "created_at", "updated_at", "stamp", "external_id", "source", "index_keys"])
"""Of an account: no verdict depends on it."""
_BLOCK = "BLOCK"
_TRIES = 4


def about_account(before: dynamo.Item, after: dynamo.Item) -> Body | None:
    """The message about a change of an account's row, which is `{}` where there is none.

    None if nothing changed that a verdict could depend on.
    """
    if _relevant_attributes(before) == _relevant_attributes(after):
        return None
    return {"account": [before, after]}


def about_deal(event: Event) -> Body:
    """The message about an event after which a deal is not what it was to those it is like."""
    return {"event": [event.key.pk, event.key.sk]}


def about_identity(identity: str) -> Body:
    """The message that what an identity says of those who have it is not what it was."""
    return {"identity": index.entries_key(identity).pk}


def about_deals(deals: Iterable[Ref]) -> Body:
    """The message that these themselves are to be judged again."""
    return {"deals": list(deals)}


def send(bodies: Iterable[Body]) -> None:
    """Raises Unavailable unless the queue takes them all."""
    queues.send_all(Setting.RECHECK_QUEUE_URL, (queues.Message(body) for body in bodies))


def run(body: str, now: datetime) -> None:
    """Judges the deals that a message is about."""
    match json.loads(body):
        case {"account": [before, after]}:
            deals = _like(list(_places_of_account(before, after)), set())
        case {"event": [pk, sk]}:
            deals = _like_deal(pk, sk)
        case {"identity": partition}:
            deals = _like([], {partition})
        case {"deals": refs}:
            deals = {(partner_id, deal_id) for partner_id, deal_id in refs}
        case other:
            raise ValueError(f"a message about {sorted(other)}")
    for deal in _load(deals):
        _judge(deal, now)
    logger.info("judged again", extra={"deals": len(deals)})


def _relevant_attributes(account: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in account.items() if name not in _BOOKKEEPING}


def _places_of_account(before: dynamo.Item, after: dynamo.Item) -> Iterator[Place]:
    for row in filter(None, (before, after)):
        yield from rows.entries_of(account_from_item(row)).items()


def _like_deal(pk: str, sk: str) -> set[Ref]:
    """Those like the deal of an event, by every name it ever had and every identity it has or let go of."""
    item = dynamo.get(store.table(), pk, sk)
    if item is None:
        return set()
    event = events.from_item(Setting.DEALS_TABLE, item)
    deal = store.locate(event.subject)
    prospect = prospects.of_deal(deal)
    names = {prospect.name} | {one.data["customer_name"] for one in store.events_of(deal)}
    places = [place for name in names for place in replace(prospect, name=name).entries.items()]
    let_go = {key.partition("|")[0] for key in event.internal.get("let_go", ())}
    return _like(places, let_go | {key.pk for key in prospect.claim_keys})


def _like(places: Sequence[Place], partitions: set[str]) -> set[Ref]:
    """Deals that have an identity in common with somebody at these places, or a name that is alike."""
    blocks = [(key, entry) for key, entry in places if key.sk == _BLOCK]
    shared = partitions | {key.pk for key, _ in places if key.sk != _BLOCK}
    found = {ref for partition in shared for row in dynamo.every(index.table(), partition) for ref in _deals_in(row)}
    names = {(name, entry.get("country")) for _, entry in blocks for name in _names_in(entry)}
    listed = {ref: entry for row in dynamo.batch_get(key for key, _ in blocks).values() for ref, entry in _entries(row)}
    known = [(normalise(name), country) for name, country in names]
    return found | {ref for ref, entry in listed.items() if ref not in found and _is_alike(known, entry)}


def _deals_in(row: dynamo.Item) -> Iterator[Ref]:
    """Who claims the identity of a row, waits for it, or has an entry there."""
    if "deal_id" in row:
        yield row["partner_id"], row["deal_id"]
    else:
        yield from (ref for ref, _ in _entries(row))


def _entries(row: dynamo.Item) -> Iterator[tuple[Ref, dynamo.Item]]:
    for entry_id, entry in index.entries_in(row).items():
        if entry_id.startswith("deal_"):
            yield (entry["partner_id"], entry_id), entry


def _names_in(entry: dynamo.Item) -> tuple[str, ...]:
    return (entry["name"], *entry.get("aliases", ()))


def _is_alike(known: Iterable[tuple[Name, str | None]], entry: dynamo.Item) -> bool:
    """Whether one could be the other's possible duplicate, by the program's threshold."""
    possible = current_program().possible_points
    limit = weights().possible if possible is None else possible
    theirs = [normalise(name) for name in _names_in(entry)]
    return any(
        in_countries(compare(one, other), country, entry.get("country")).points >= limit
        for one, country in known
        for other in theirs
    )


def _load(deals: Iterable[Ref]) -> Iterator[Deal]:
    keys = {store.deal_key(partner_id, deal_id): deal_id for partner_id, deal_id in sorted(deals)}
    found = dynamo.batch_get(keys)
    for key, deal_id in keys.items():
        if key in found:
            yield deal_from_item(found[key])
        else:  # another partner's by now
            with suppress(NotFound):
                yield store.locate(deal_id)


def _judge(deal: Deal, now: datetime) -> None:
    for _ in range(_TRIES):
        try:
            judging.recheck(deal, commands.context_at(now))
        except StaleVersion:
            deal = store.locate(deal.id)
        else:
            return
    raise Unavailable("too many changes to the same deal at once")
