"""The one-minute schedule: hands every due row of one table to its handler."""

from typing import Any, Protocol

from dealreg import wiring
from dealreg.platform import times


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: Context) -> None:
    """`{"retry_parked": true}`, by hand, has the rows tried again that were given up."""
    retry_parked = event.get("retry_parked") is True
    wiring.sweep(times.now(), context.get_remaining_time_in_millis, retry_parked=retry_parked)
