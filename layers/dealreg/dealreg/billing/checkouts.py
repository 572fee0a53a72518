"""Checkouts whose payment takes its time: an order waits for its end, which another event tells, before or after it."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from dealreg.billing import store
from dealreg.billing.facts import Translated
from dealreg.billing.model import PATIENCE, InboxEvent, Reason
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, Unavailable

_TRIES = 4
_WAITING, _END = "WAITING", "END"


def await_payment(event: InboxEvent, said: Translated, now: datetime) -> Reason | None:
    """None while it waits. The events of a checkout come in any order."""
    for _ in range(_TRIES):
        if end := dynamo.get(store.table(), _pk(event, said), _END):
            return Reason(end["reason_code"])
        if now - event.received_at >= PATIENCE:
            return Reason.PAYMENT_OVERDUE
        try:
            _wait(event, said, now)
        except ConditionFailed as lost:
            if 0 not in lost.failures:
                continue  # the end of the checkout was told just now
        return None
    raise Unavailable("the end of the checkout cannot be read")


def end(event: InboxEvent, said: Translated) -> Iterator[str]:
    """What becomes of the events that wait for the payment, whether they came before this one or are still to come.

    The ids of those that came.
    """
    failed = said.ignored == Reason.PAYMENT_FAILED
    told = {"reason_code": Reason.PAYMENT_FAILED if failed else Reason.SUPERSEDED}
    dynamo.write(dynamo.put(store.table(), {"pk": _pk(event, said), "sk": _END} | told))
    for row in dynamo.every(store.table(), _pk(event, said), f"{_WAITING}#"):
        yield row["event_id"]


def _wait(event: InboxEvent, said: Translated, now: datetime) -> None:
    """Raises ConditionFailed when the end of the checkout was told, or something became of the event, meanwhile."""
    pk = _pk(event, said)
    dynamo.transact(
        [
            store.waits(event, said.type, Reason.AWAITING_PAYMENT, now),
            dynamo.put(store.table(), {"pk": pk, "sk": f"{_WAITING}#{event.id}", "event_id": event.id}),
            dynamo.check(dynamo.Key(store.table(), pk, _END), dynamo.ABSENT),
        ]
    )


def _pk(event: InboxEvent, said: Translated) -> str:
    """Of a checkout and the deal that it names."""
    named = "\x1f".join((event.source_id, said.checkout, said.names.deal or ""))
    return f"CHECKOUT#{sha256(named.encode()).hexdigest()}"
