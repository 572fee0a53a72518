"""What may happen at a write: the process ends before or after it, its answer is lost, somebody else is faster."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.integration.aws_calls import WRITES, Around

EFFECTS = WRITES | {"BatchWriteItem", "SendMessageBatch", "SendEmail", "StartExecution", "SendTaskSuccess"}


class Crash(BaseException):
    """The end of a process: nothing in it can catch that."""


class Kind(StrEnum):
    ENDS_BEFORE = "ends before"
    ENDS_AFTER = "ends after"
    UNHEARD = "unheard"
    """It was written, and who wrote it is told of a time-out."""


@dataclass
class Faults:
    """Goes in the way of every call: see `intercept`."""

    made: int = 0
    """Writes until now."""
    broken: list[str] = field(default_factory=list[str])
    """Operations that were broken off."""
    _at: int = 0
    _kind: Kind = Kind.ENDS_BEFORE
    _rival: Callable[[], None] | None = None

    def arm(self, writes: int, kind: Kind) -> None:
        """The next write but so many is broken off, and no other."""
        self._at, self._kind, self._rival = self.made + writes + 1, kind, None

    def overtake(self, writes: int, rival: Callable[[], None]) -> None:
        """Before the next write but so many, `rival` makes its own."""
        self._at, self._rival = self.made + writes + 1, rival

    def disarm(self) -> None:
        self._at, self._rival = 0, None

    @property
    def around(self) -> Around:
        return self._call

    def _call(self, make: Any, _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        if operation not in EFFECTS:
            return make()
        self.made += 1
        if self.made != self._at:
            return make()
        if rival := self._rival:
            self.disarm()
            rival()
            return make()
        self.broken.append(operation)
        if self._kind is not Kind.ENDS_BEFORE:
            make()
        if self._kind is Kind.UNHEARD:
            raise ReadTimeoutError(endpoint_url=operation)
        raise Crash(operation)
