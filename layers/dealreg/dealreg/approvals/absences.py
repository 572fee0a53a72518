"""Who is away from when until when, and who stands in: `APPROVER#<email>` / `AWAY` in the Partners table."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypedDict, cast

from dealreg.approvals.people import Absence
from dealreg.partners.rows import table
from dealreg.platform import dynamo, outbox, times
from dealreg.platform.replies import Moment

logger = logging.getLogger(__name__)
_SK = "AWAY"
_KEPT_AFTER = timedelta(days=30)

AwayView = TypedDict(
    "AwayView",
    {
        "from": Moment,
        "until": Annotated[Moment | None, "Null: until it is ended"],
        "to": Annotated[str | None, "The stand-in"],
        "reason": str,
    },
)


def absences_of(people: Iterable[str]) -> dict[str, Absence]:
    """Of these people, of who stands in for them, and so on in turn; one read a person, a hundred in a call."""
    found: dict[str, Absence] = {}
    asked: set[str] = set()
    wanted = set(people)
    while wanted:
        asked |= wanted
        rows = _rows(wanted)
        found |= {email: _absence(row) for email, row in rows.items()}
        wanted = {row["to"] for row in rows.values() if row["to"]} - asked
    return found


def record(email: str, absence: Absence, reason: str, by: str) -> AwayView:
    """In the place of one that was recorded before."""
    row: dynamo.Item = {
        "pk": _key(email).pk,
        "sk": _SK,
        "from": times.to_text(absence.since),
        "until": times.to_text(absence.until) if absence.until else None,
        "to": absence.stand_in,
        "reason": reason,
    }
    if absence.until:
        row["ttl"] = int((absence.until + _KEPT_AFTER).timestamp())
    dynamo.write(dynamo.put(table(), {**row, **outbox.MARK}))
    logger.info("away", extra={"by": by, "has_stand_in": absence.stand_in is not None})
    return _view(row)


def end(email: str, by: str) -> None:
    """Doing it again changes nothing."""
    dynamo.write(dynamo.delete(_key(email)))
    logger.info("back", extra={"by": by})


def views_of(people: Iterable[str], now: datetime) -> dict[str, AwayView]:
    """Of those of them who are away, or will be."""
    return {
        email: _view(row)
        for email, row in _rows(people).items()
        if row["until"] is None or times.from_text(row["until"]) > now
    }


def _rows(people: Iterable[str]) -> dict[str, dynamo.Item]:
    keys = {_key(email): email for email in people}
    return {keys[key]: row for key, row in dynamo.batch_get(keys).items()}


def _absence(row: Mapping[str, Any]) -> Absence:
    until = row["until"]
    return Absence(times.from_text(row["from"]), times.from_text(until) if until else None, row["to"])


def _view(row: Mapping[str, Any]) -> AwayView:
    return cast("AwayView", {name: row[name] for name in ("from", "until", "to", "reason")})


def _key(email: str) -> dynamo.Key:
    return dynamo.Key(table(), f"APPROVER#{email}", _SK)
