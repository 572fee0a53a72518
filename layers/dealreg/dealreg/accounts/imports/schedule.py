"""What an import's workers do next, and how the clock brings an import to an end that does not come to one by itself.

A message is a hint: what it asks for is asked again while there is no progress, for so many times; then the import has
failed and lets its source go.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dealreg.accounts.imports import store
from dealreg.accounts.imports.model import WORKING, Import, State, from_item
from dealreg.platform import dynamo, queues, times
from dealreg.platform.settings import Setting

logger = logging.getLogger(__name__)
MAX_FAILURES = 10
"""Of steps, without any that was done."""
MAX_LOOKS = 60
"""Of the clock, two hours: a queue may be as long before an import's turn comes."""
NOBODY_CONFIRMED = (
    "Nobody confirmed within 20 hours that accounts may be removed. What the file has was taken over, and nothing was"
    " removed."
)


def send(import_id: str, steps: Iterable[Mapping[str, Any]]) -> None:
    """What is not sent, the clock sends later."""
    bodies = ({"import_id": import_id, **step} for step in steps)
    queues.send(Setting.IMPORT_QUEUE_URL, (queues.Message(body) for body in bodies))


def next_steps(one: Import) -> list[dict[str, Any]]:
    """What is left to do."""
    match one.state:
        case State.SPLITTING:
            return [{"step": "split"}]
        case State.RUNNING:
            return [{"step": "chunk", "number": number} for number in store.chunks_to_do(one)] or [{"step": "finish"}]
        case State.CHECKING:
            return [{"step": "check"}]
        case State.REMOVING:
            return [{"step": "remove"}]
        case State.REPORTING:
            return [{"step": "report"}]
        case _:
            return []


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or not item.get("due_at") or item["due_at"] > times.to_text(now):
        return
    one = from_item(item)
    if one.state == State.AWAITING_CONFIRMATION:
        store.end(one, State.FAILED, now, NOBODY_CONFIRMED)
    elif one.state in WORKING:
        _look(one, now)


def _look(one: Import, now: datetime) -> None:
    moved = one.progress != one.reached
    idle = 0 if moved else one.idle + 1
    if not moved and (one.failures >= MAX_FAILURES or idle >= MAX_LOOKS):
        store.end(one, State.FAILED, now, _why(one))
        return
    if not moved or one.state != State.RUNNING:
        send(one.id, next_steps(one))
    store.looked(one, idle, moved=moved, now=now)


def _why(one: Import) -> str:
    doing = {
        State.SPLITTING: "reading the file",
        State.RUNNING: f"taking over its rows ({one.chunks_done} of {one.chunks} pieces were done)",
        State.CHECKING: "looking for what the source no longer has",
        State.REMOVING: "removing what the source no longer has",
        State.REPORTING: "writing the file of the rows that were not accepted",
    }[one.state]
    how_long = f"{one.failures} tries" if one.failures >= MAX_FAILURES else "two hours without progress"
    return (
        f"It was given up after {how_long}, while {doing}. What was done until then stays. The log says why, under this"
        " import's id; start another import once that is mended."
    )
