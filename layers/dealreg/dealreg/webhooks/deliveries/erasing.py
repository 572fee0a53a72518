"""Forgetting what was sent of the events at a place, and what was answered: for a customer who asks to be forgotten.

An erasure is a row, `ERASURE#<place>` / `ERASURE`, on the clock until it has come to its end: what a request has no
time for, the sweep goes on with.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain

from dealreg.platform import due, dynamo, events, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.events import Event, Place
from dealreg.platform.settings import Setting, read
from dealreg.webhooks.deliveries import rules, store
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Delivery

logger = logging.getLogger(__name__)

KIND = "ERASURE"
REQUEST_SECONDS = 4.0
"""Of the ten that the API's function has."""
SWEEP_SECONDS = 5.0
"""Less than what a sweep leaves to the last of its handlers."""
PAGE = 25
"""Events."""
_BEHIND_EVENTS = 999_999
"""The place of what has no row of its own."""
REPAIR_AFTER = timedelta(minutes=1)
"""Longer than whoever works on it may live."""


@dataclass(frozen=True, slots=True)
class Erased:
    deliveries: int
    """How many were forgotten now; of those from before only what an interrupted erasing left behind is."""
    is_finished: bool
    """If not, the clock goes on with it."""


def begin(place: Place, now: datetime) -> Erased:
    """From the first event on, also where an earlier one has not come to its end."""
    row = _row(place, 0, now + REPAIR_AFTER)
    dynamo.write(dynamo.put(store.table(), row))
    return _go_on(place, row, now, REQUEST_SECONDS)


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: goes on where it stopped."""
    row = dynamo.get(key.table, key.pk, key.sk)
    if row and row["due_at"] <= times.to_text(now):
        _go_on(Place(Setting(row["table"]), row["place"]), row, now, SWEEP_SECONDS)


def _go_on(place: Place, row: dynamo.Item, now: datetime, seconds: float) -> Erased:
    """Two at once do the same and do no harm: the row follows the first of them."""
    end, erased = time.monotonic() + seconds, 0
    ids_of = cache(endpoints.ids_of_owner)
    of_events = (
        (event.sequence, partial(_erase_event, event, ids_of)) for event in _events_after(place, row["erased_to"])
    )
    without_row = ((_BEHIND_EVENTS, partial(_erase_noted, key)) for key in store.noted(place))
    for sequence, erase in chain(of_events, without_row):
        if time.monotonic() > end:
            _leave(dynamo.put(store.table(), _row(place, sequence - 1, now), *_unchanged(row)))
            return Erased(erased, is_finished=False)
        erased += erase()
    _leave(dynamo.delete(dynamo.Key(store.table(), row["pk"], row["sk"]), *_unchanged(row)))
    logger.info("deliveries erased", extra={"place": place.pk, "deliveries": erased})
    return Erased(erased, is_finished=True)


def _events_after(place: Place, sequence: int) -> Iterator[Event]:
    table, last = read(place.table), place.key(sequence)
    start: dynamo.Item | None = {"pk": last.pk, "sk": last.sk}
    while start:
        page = dynamo.page(table, place.pk, f"{events.KIND}#", limit=PAGE, start=start)
        yield from (events.from_item(place.table, item) for item in page.items)
        start = page.next_key


def _erase_event(event: Event, ids_of: Callable[[str], Sequence[str]]) -> int:
    keys = [
        store.delivery_key(endpoint_id, rules.delivery_id(event.id, event.timestamp, endpoint_id))
        for owner in event.audience
        for endpoint_id in ids_of(owner)
    ]
    return sum(_erase(delivery) for delivery in store.find_all(keys))


def _erase_noted(key: dynamo.Key) -> int:
    """A note goes with what it led to, so that what is left becomes less."""
    found = store.find_all([key])
    erased = sum(_erase(delivery) for delivery in found)
    for delivery in found:
        store.forget_note(delivery)
    return erased


def _erase(delivery: Delivery) -> bool:
    """Whether there was something to forget. The row first: so an attempt under way leaves nothing behind."""
    if not delivery.is_erased:
        store.forget(delivery)
    prefix = f"ATTEMPT#{delivery.id}#"
    attempts = list(dynamo.every(store.table(), f"ENDPOINT#{delivery.endpoint_id}", prefix))
    for row in attempts:
        dynamo.write(dynamo.delete(dynamo.Key(store.table(), row["pk"], row["sk"])))
    return not delivery.is_erased or bool(attempts)


def _row(place: Place, erased_to: int, due_at: datetime) -> dynamo.Item:
    key = {"pk": f"{KIND}#{place.table}#{place.pk}", "sk": KIND}
    return {**key, "table": place.table, "place": place.pk, "erased_to": erased_to, **due.at(due_at, place.pk)}


def _unchanged(row: dynamo.Item) -> tuple[str, dict[str, int]]:
    return "#erased_to = :seen", {"seen": row["erased_to"]}


def _leave(action: dynamo.Action) -> None:
    with suppress(ConditionFailed):  # another is farther, or at the end
        dynamo.write(action)
