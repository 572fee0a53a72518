"""The clock of the local stack: that of the machine, moved on by who tries out what days and weeks bring."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from local.lambda_runtime.moved_clock import offset_in
from local.places import write_whole

FARTHEST = timedelta(days=3660)
_DURATION = re.compile(r"P(?=[0-9T])(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?")


class Clock:
    def __init__(self, file: Path) -> None:
        """`file` has the offset in seconds; every process of the stack reads it (local/lambda_runtime)."""
        self._file = file

    def now(self) -> datetime:
        return datetime.now(UTC) + offset_in(self._file)

    def move_to(self, moment: datetime) -> None:
        """Never back: a moment that is over by now changes nothing."""
        offset = moment - datetime.now(UTC)
        if offset > offset_in(self._file):
            write_whole(self._file, str(offset.total_seconds()))


class Refused(Exception):
    """A wish that the clock cannot follow: `field` of it, and why in words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    def problem(self) -> dict[str, Any]:
        """As the product says it."""
        return {
            "type": "urn:dealreg:problem:invalid_input",
            "title": "Some fields need your attention",
            "status": 422,
            "code": "invalid_input",
            "errors": [{"field": self.field, "message": str(self)}],
        }


def read_wish(body: bytes, now: datetime) -> datetime:
    """Where to move the clock: `{"advance": "PT48H"}` or `{"to": "2026-12-01T10:00:00Z"}`. Raises Refused."""
    field, text = _one_field(body)
    return after(text, now) if field == "advance" else _later("to", _moment(text), now)


def after(duration: str, now: datetime) -> datetime:
    """A duration of ISO 8601 in days, hours, minutes, seconds. Raises Refused."""
    found = _DURATION.fullmatch(duration)
    if not found:
        raise Refused("advance", "Write a duration in days, hours, minutes and seconds, such as P7D or PT48H.")
    days, hours, minutes, seconds = (int((part or "0")[:10]) for part in found.groups())
    try:
        return _later("advance", now + timedelta(days, hours=hours, minutes=minutes, seconds=seconds), now)
    except OverflowError:
        raise _too_far("advance") from None


def _one_field(body: bytes) -> tuple[str, str]:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused("body", "Give an object.")
    wish = cast("dict[str, Any]", said)
    for field in wish.keys() - {"advance", "to"}:
        raise Refused(field, "This field is not known.")
    if len(wish) != 1:
        raise Refused("advance", "Give either advance or to.")
    [(field, text)] = wish.items()
    if not isinstance(text, str):
        raise Refused(field, "Write this as text.")
    return field, text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refused("to", "Write a moment with its time zone, such as 2026-12-01T10:00:00Z.")


def _later(field: str, moment: datetime, now: datetime) -> datetime:
    if moment <= now:
        raise Refused(field, f"The clock only goes forward, and it is {written(now)} already.")
    if moment - now > FARTHEST:
        raise _too_far(field)
    return moment


def _too_far(field: str) -> Refused:
    return Refused(field, f"This is too far: at most {FARTHEST.days} days at a time.")


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
