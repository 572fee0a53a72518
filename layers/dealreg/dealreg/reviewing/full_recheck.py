"""All open registrations are judged again when the weights or the program's rules change, and once a day anyway.

`PASS` / `PASS` is on the clock. Each look compares what verdicts go by with what it was at the last; while a pass is
under way it sends the next page of deals to the queue instead, and moves on. Cut short, it sends the same page again.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dealreg.deals import store
from dealreg.deals.statuses import Status
from dealreg.matching.names.score import weights
from dealreg.partners.program import stored_program
from dealreg.platform import due, dynamo, times
from dealreg.platform.errors import ConditionFailed
from dealreg.reviewing import rechecks

logger = logging.getLogger(__name__)
LOOK_EVERY = timedelta(minutes=5)
"""After so long, what changed has reached every environment: a pass begins one look after it was noticed."""
PAGE_EVERY = timedelta(minutes=1)
PASS_EVERY = timedelta(days=1)
"""Finds what lost messages left behind."""
PAGE = 500
_TOGETHER = 20
"""Deals in a message: a few seconds' work."""
_STATUSES = (Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED, Status.APPROVED, Status.WON)
"""In the order in which deals move on, so that none is missed; who comes back into review is judged there. Those that
nobody judges any more get new entries after a release with other keys for names."""


@dataclass(frozen=True, slots=True)
class Pass:
    basis: str
    """What verdicts go by."""
    begun_at: datetime
    at: tuple[str, Mapping[str, Any] | None] | None
    """The status, and the key in its list after which to go on; None when the pass is over."""


def set_up(now: datetime) -> None:
    """The first look, which leads to every other."""
    key = _key()
    if dynamo.get(key.table, key.pk, key.sk) is None:
        with suppress(ConditionFailed):
            dynamo.write(dynamo.put(key.table, _item(Pass("", now, None), now), dynamo.ABSENT))


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: a look, or the next page."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or item["due_at"] > times.to_text(now):
        return
    before, basis = _from_item(item), _basis()
    if before.basis != basis or (before.at is None and now - before.begun_at >= PASS_EVERY):
        after, pause = Pass(basis, now, (_STATUSES[0], None)), LOOK_EVERY
        logger.info("pass over all open deals begins", extra={"basis": basis})
    elif before.at:
        after, pause = Pass(basis, before.begun_at, _send_page(*before.at)), PAGE_EVERY
    else:
        after, pause = before, LOOK_EVERY
    same = "#due_at = :due_at"  # of two sweeps at once, one moves it on
    with suppress(ConditionFailed):
        dynamo.write(dynamo.put(store.table(), _item(after, now + pause), same, {"due_at": item["due_at"]}))


def _send_page(status: str, start: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any] | None] | None:
    """What comes after it."""
    place = dict(start) if start else None
    page = dynamo.index_page(store.table(), store.BY_STATUS, ("status", status), limit=PAGE, start=place)
    deals = [(item["partner_id"], item["id"]) for item in page.items]
    rechecks.send([rechecks.about_deals(some) for some in _in_parts(deals)])
    logger.info("deals sent to be judged again", extra={"status": status, "deals": len(deals)})
    if page.next_key:
        return status, page.next_key
    following = _STATUSES[_STATUSES.index(Status(status)) + 1 :]
    return (following[0], None) if following else None


def _in_parts(deals: Sequence[rechecks.Ref]) -> list[Sequence[rechecks.Ref]]:
    return [deals[start : start + _TOGETHER] for start in range(0, len(deals), _TOGETHER)]


def _basis() -> str:
    program = stored_program()
    settings = [program.possible_match_percent, dict(program.ownership_verdicts)]
    return json.dumps([weights().version, *settings], sort_keys=True)


def _key() -> dynamo.Key:
    return dynamo.Key(store.table(), "PASS", "PASS")


def _item(one: Pass, look_at: datetime) -> dynamo.Item:
    key = _key()
    return {
        "pk": key.pk,
        "sk": key.sk,
        "basis": one.basis,
        "begun_at": times.to_text(one.begun_at),
        "at": list(one.at) if one.at else None,
        **due.at(look_at, key.pk),
    }


def _from_item(item: Mapping[str, Any]) -> Pass:
    at = item["at"]
    return Pass(item["basis"], times.from_text(item["begun_at"]), (at[0], at[1]) if at else None)
