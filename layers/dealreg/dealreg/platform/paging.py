"""Lists page by page: which page is asked for, and the cursor to the next.

A cursor is sealed for one list as one caller asked for it: route, caller, ids in the path, filters. Anywhere else it is
a fault of the field `cursor`, like one that was cut or made up.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar

from dealreg.platform import tokens
from dealreg.platform.dynamo import Item
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.http import Request

MAX_SIZE = 100
CURSOR = {"cursor": str}
QUERY = {"limit": int} | CURSOR
"""What a list's route declares, beside its filters."""

Shown = TypeVar("Shown")


class Listing(TypedDict, Generic[Shown]):
    """A page of a list; `next_cursor` is null after the last one, and a page may hold fewer than there are."""

    items: list[Shown]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    size: int
    start: Item | None = None
    """Where the page begins, as the one before it ended; None for the first."""
    purpose: str = ""
    """What its cursors are sealed for."""

    def listing(self, items: Sequence[Shown], next_start: Item | None) -> Listing[Shown]:
        return {"items": list(items), "next_cursor": self.cursor(next_start)}

    def cursor(self, next_start: Item | None) -> str | None:
        return tokens.seal_cursor(self.purpose, next_start) if next_start else None


def page_of(request: Request, default: int = 25) -> PageRequest:
    """The page that a request asks for. Raises InvalidInput for `limit` and `cursor`."""
    size, purpose, cursor = _size(request, default), _purpose(request), request.query.get("cursor")
    return PageRequest(size, tokens.open_cursor(purpose, cursor) if cursor else None, purpose)


def _size(request: Request, default: int) -> int:
    text = request.query.get("limit")
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MAX_SIZE:
        raise InvalidInput([FieldError("limit", f"Use a number from 1 to {MAX_SIZE}.")])
    return int(text)


def _purpose(request: Request) -> str:
    """A partner's people and keys share their place in a list; each admin has an own one.

    Who comes by a link that is its own right is told apart by the token in the path.
    """
    caller = request.recognised
    filters = {name: value for name, value in request.query.items() if name not in QUERY}
    whose = [caller.principal_type, caller.partner_id or caller.user_id] if caller else []
    return json.dumps([request.route, whose, dict(request.params), filters], sort_keys=True)
