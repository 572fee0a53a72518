"""Whose a subscription or a customer of a source is, as events named them together; and who waits to learn it."""

from collections.abc import Iterator, Sequence

from dealreg.ledger import rows
from dealreg.ledger.facts_text import unpack
from dealreg.ledger.ids import provider_id_of, qualified, source_of
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed


def taught(kind: str, name: str, deal_id: str) -> dynamo.Action:
    """The first that is said of a name stays."""
    key = rows.name_key(kind, name)
    item = {"source_id": source_of(name), "kind": kind, "name": provider_id_of(name), "deal_id": deal_id}
    return dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item, dynamo.ABSENT)


def asked(kind: str, name: str, sale_id: str) -> Iterator[dynamo.Action]:
    """A sale would be found by this name; fails when it has been taught meanwhile."""
    key = rows.waits_key(kind, name, sale_id)
    yield dynamo.check(rows.name_key(kind, name), dynamo.ABSENT)
    yield dynamo.put(key.table, {"pk": key.pk, "sk": key.sk})


def teach(names: Sequence[tuple[str, str]], deal_id: str) -> None:
    """Idempotent."""
    for kind, name in names:
        try:
            dynamo.write(taught(kind, name, deal_id))
        except ConditionFailed:
            continue


def waiting(kind: str, name: str) -> Iterator[tuple[dynamo.Key, list[str]]]:
    """The rows of sales that asked by this name, each with the events of the sale's facts: to be applied again."""
    key = rows.name_key(kind, name)
    for row in [*dynamo.every(key.table, key.pk, rows.WAITS)]:
        sale = rows.sale_key(qualified(source_of(name), row["sk"].removeprefix(rows.WAITS)))
        item = dynamo.get(sale.table, sale.pk, sale.sk)
        payments, claims = unpack(item["facts"], item["source_id"]) if item else ([], [])
        facts = [*sorted(payments, key=lambda one: (one.paid_at, one.id)), *claims]
        yield dynamo.Key(key.table, row["pk"], row["sk"]), [fact.event_id for fact in facts]


def let_go(waits: dynamo.Key) -> None:
    """All that it waited for has become of its sale."""
    dynamo.write(dynamo.delete(waits))
