"""The one-minute schedule: hands every due row of one table to its handler."""

from typing import Any, Protocol

from dealreg import wiring
from dealreg.platform import times


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: Context) -> None:
    wiring.sweep(times.now(), context.get_remaining_time_in_millis)
