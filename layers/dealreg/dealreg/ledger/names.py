"""Whose a subscription or a customer of a source is, as events named them together; and who waits to learn it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from dealreg.ledger import rows
from dealreg.ledger.facts_text import unpack
from dealreg.ledger.ids import provider_id_of, qualified, source_of
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed

Name = tuple[str, str]
"""`subscription` or `customer`, and its qualified id."""


def taught(name: Name, deal_id: str, now: datetime, when: str = dynamo.ABSENT) -> dynamo.Action:
    """The first that is said of a name stays. On the clock until those who waited for it are settled."""
    key = rows.name_key(*name)
    kind, of = name
    item = {"source_id": source_of(of), "kind": kind, "name": provider_id_of(of), "deal_id": deal_id}
    on_clock = due.at(now + due.RELAY_GRACE, key.pk)
    return dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item | on_clock, when)


def name_in(row: dynamo.Item) -> Name:
    return row["kind"], qualified(row["source_id"], row["name"])


def asked(name: Name, sale_id: str) -> Iterator[dynamo.Action]:
    """A sale would be found by this name; fails when it has been taught meanwhile."""
    key = rows.waits_key(*name, sale_id)
    yield dynamo.check(rows.name_key(*name), dynamo.ABSENT)
    yield dynamo.put(key.table, {"pk": key.pk, "sk": key.sk})


def teach(named: Sequence[Name], deal_id: str, now: datetime) -> list[Name]:
    """Those that were not known; idempotent."""
    new: list[Name] = []
    for name in named:
        try:
            dynamo.write(taught(name, deal_id, now))
        except ConditionFailed:
            continue
        new.append(name)
    return new


def remember(named: Sequence[Name], deal_id: str, now: datetime) -> list[Name]:
    """As a person says, whatever was known of them before."""
    for name in named:
        dynamo.write(taught(name, deal_id, now, when=""))
    return list(named)


def deal_of(named: Sequence[Name]) -> str:
    """By the first of the names that is known; empty if none is."""
    keys = [rows.name_key(*name) for name in named]
    found = dynamo.batch_get(keys)
    return next((found[key]["deal_id"] for key in keys if key in found), "")


def waiting(name: Name) -> Iterator[tuple[dynamo.Key, list[str]]]:
    """The rows of sales that asked by this name, each with the events of the sale's facts: to be applied again."""
    key = rows.name_key(*name)
    for row in [*dynamo.every(key.table, key.pk, rows.WAITS)]:
        sale_id = qualified(source_of(name[1]), row["sk"].removeprefix(rows.WAITS))
        yield dynamo.Key(key.table, row["pk"], row["sk"]), events_of(sale_id)


def events_of(sale_id: str) -> list[str]:
    """Ids of the events that the facts of a sale are from, payments first."""
    key = rows.sale_key(sale_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    payments, claims = unpack(item["facts"], item["source_id"]) if item else ([], [])
    facts = [*sorted(payments, key=lambda one: (one.paid_at, one.id)), *claims]
    return [fact.event_id for fact in facts]


def let_go(waits: dynamo.Key) -> None:
    """All that it waited for has become of its sale."""
    dynamo.write(dynamo.delete(waits))


def take_off_clock(name: Name) -> None:
    """Nobody waits for it any more."""
    key = rows.name_key(*name)
    with suppress(ConditionFailed):
        dynamo.write(dynamo.update(key, remove=due.ATTRIBUTES, when=dynamo.PRESENT))
