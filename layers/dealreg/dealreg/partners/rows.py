"""The Partners table: its keys, pages of its lists, and the wire form of what is in it.

`PROGRAM` / `PROGRAM` · `PARTNER#<id>` / `PARTNER` (listed by the index `by_kind`) · `PARTNER#<id>` / `USER#<id>`
· `EMAIL#<address>` / `USER`, which keeps an address unique and finds its user · credentials: see `credentials`.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dealreg.platform import dynamo, times, tokens
from dealreg.platform.settings import Setting, read

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class PageOf:
    """Which page of a list, for whom: a cursor works only for the caller it was given to."""

    caller: str
    size: int
    cursor: str | None

    def start(self) -> dynamo.Item | None:
        return dict(tokens.open_cursor(self.caller, self.cursor)) if self.cursor else None

    def listing(self, items: list[dict[str, Any]], next_key: dynamo.Item | None) -> dict[str, Any]:
        next_cursor = tokens.seal_cursor(self.caller, next_key) if next_key else None
        return {"items": items, "next_cursor": next_cursor}


def table() -> str:
    return read(Setting.PARTNERS_TABLE)


def partner_key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", "PARTNER")


def view(record: "DataclassInstance") -> dict[str, Any]:
    """The wire form: the record's own fields, with times as text."""
    return {name: _to_wire(value) for name, value in asdict(record).items()}


def _to_wire(value: Any) -> Any:
    return times.to_text(value) if isinstance(value, datetime) else value
