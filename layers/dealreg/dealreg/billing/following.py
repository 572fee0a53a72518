"""What waited for something that has come is applied again."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from dealreg.billing import store
from dealreg.ledger import names, rates
from dealreg.ledger.names import Name
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed, NotFound

Apply = Callable[[str, datetime], None]
"""An event, by its id."""


def apply_again(apply: Apply, event_ids: Iterable[str], now: datetime) -> None:
    for event_id in dict.fromkeys(event_ids):
        with suppress(NotFound):
            apply(event_id, now)


def settle(apply: Apply, taught: Iterable[Name], now: datetime) -> None:
    """Sales that waited to learn whose they are."""
    for name in taught:
        for waits, event_ids in names.waiting(name):
            apply_again(apply, event_ids, now)
            names.let_go(waits)
        names.take_off_clock(name)


def on_name_due(apply: Apply, key: dynamo.Key, now: datetime) -> None:
    """The run that taught a name ended before all who waited for it were settled."""
    row = dynamo.get(key.table, key.pk, key.sk)
    if row and "due_at" in row:
        settle(apply, [names.name_in(row)], now)


def on_rate_due(apply: Apply, key: dynamo.Key, now: datetime) -> None:
    """Rates of a pair of currencies came: sales that waited for one are counted. Others go on waiting."""
    pair = dynamo.get(key.table, key.pk, key.sk)
    if pair is None or "due_at" not in pair:
        return
    for waits, event_ids in rates.waiting(pair):
        apply_again(apply, event_ids, now)
        if all(_is_over(event_id) for event_id in event_ids):
            names.let_go(waits)
    with suppress(ConditionFailed):  # further rates came meanwhile
        same = {"due_at": pair["due_at"]}
        dynamo.write(dynamo.update(key, remove=due.ATTRIBUTES, when="#due_at = :due_at", values=same))


def _is_over(event_id: str) -> bool:
    try:
        return store.event(event_id).is_over
    except NotFound:
        return True
