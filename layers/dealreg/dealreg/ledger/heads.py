"""A partner's ledger: its lines are numbered without gaps, since its head is written with each of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from dealreg.commissions.ledger import Line
from dealreg.ledger import lines, rows
from dealreg.platform import dynamo, times


def post(
    partner_id: str,
    head: dynamo.Item | None,
    posted: Sequence[Line],
    posted_at: datetime,
    *,
    event_id: str | None = None,
    customers: Mapping[str, str] | None = None,
) -> Iterator[dynamo.Action]:
    """Lines that follow on the head as it was read, in their order. `customers`: names by deal."""
    names = customers or {}
    for line in posted:
        item = lines.to_item(line, posted_at, event_id, names.get(line.deal_id or ""))
        yield dynamo.put(rows.table(), item, dynamo.ABSENT)
    yield _head(partner_id, head, posted[-1].number, posted_at)


def _head(partner_id: str, head: dynamo.Item | None, number: int, now: datetime) -> dynamo.Action:
    key = rows.head_key(partner_id)
    item: dynamo.Item = {"pk": key.pk, "sk": key.sk, "partner_id": partner_id, "number": number}
    item |= {"updated_at": times.to_text(now)}
    if head is None:
        return dynamo.put(key.table, item, dynamo.ABSENT)
    return dynamo.put(key.table, head | item, "#number = :number", {"number": head["number"]})
