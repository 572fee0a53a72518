"""The log of what the vendor's people and keys did. An act's entry is written in the transaction of the act.

`LOG#<month>` / `<moment>#<request id>`, kept for 400 days. It names people and keys by their ids, so that somebody's
name is forgotten with one row.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl

from dealreg.platform import dynamo, times
from dealreg.platform.http import Request
from dealreg.platform.settings import Setting, read

KEPT = timedelta(days=400)
_SECRET = frozenset(["secret", "api_key", "csrf", "token", "password", "key"])
_VERBS = frozenset(["cancel", "change", "confirm", "create", "delete", "enable", "save", "start", "verify"])
"""That say little without what is done so."""
_MAX_TEXT = 80
_MAX_FIELDS = 12


@dataclass(slots=True)
class Act:
    who: str
    """A person's or a key's id; an approver's address where they came by a link."""
    what: str
    """In words, such as "change partner"."""
    at: datetime
    id: str
    about: dict[str, str] = field(default_factory=dict[str, str])
    """Ids of what it is about: `deal_id`, `partner_id`, and others by the name of what they are ids of."""
    sent: dict[str, str] = field(default_factory=dict[str, str])
    changed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Before and after, where that is known."""

    def entry(self) -> dynamo.Action:
        row = {
            "pk": partition(self.at),
            "sk": f"{times.to_text(self.at)}#{self.id}",
            "who": self.who,
            "what": self.what,
            **self.about,
            "sent": {} if self.changed else self.sent,
            "changed": self.changed,
            "ttl": int((self.at + KEPT).timestamp()),
        }
        return dynamo.put(read(Setting.LOG_TABLE), row)


_current: ContextVar[Act | None] = ContextVar("act", default=None)


def partition(day: datetime) -> str:
    return f"LOG#{day:%Y-%m}"


@contextmanager
def recorded(who: str, name: str, request: Request) -> Generator[None]:
    """What is written within is an act called `name`, of a person or a key by id, or of an approver by address."""
    act = Act(who, _what(name, request.path), times.now(), request.request_id, sent=_sent(request.body))
    token = _current.set(act)
    try:
        with dynamo.along(act.entry):
            yield
    finally:
        _current.reset(token)


def _what(name: str, path: str) -> str:
    """With the thing where a handler's name has the verb alone, such as "create: webhook endpoints"."""
    words = name.replace("_", " ")
    things = [part for part in path.split("/") if part not in ("", "v1", "admin")]
    return f"{words}: {things[0].replace('-', ' ')}" if words in _VERBS and things else words


def about(**ids: str) -> None:
    """What the present act, if there is one, is about, such as `deal_id`."""
    if act := _current.get():
        act.about |= {name: value for name, value in ids.items() if value}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What the present act, if there is one, changes of a thing that is described in full."""
    if act := _current.get():
        differ = [name for name in after if before.get(name) != after[name]]
        act.changed |= {name: [_short(before.get(name)), _short(after[name])] for name in differ[:_MAX_FIELDS]}


def _sent(body: bytes) -> dict[str, str]:
    """The fields of a form, or the uppermost ones of an object; no secrets, long texts cut."""
    text = body[:20_000].decode(errors="replace")
    try:
        given: object = json.loads(text)
    except ValueError:
        given = dict(parse_qsl(text))
    except RecursionError:
        given = {}
    if not isinstance(given, dict):
        return {}
    fields = cast("dict[str, Any]", given)
    told = {
        name[:40]: _short(value) for name, value in fields.items() if name not in _SECRET and value not in ("", None)
    }
    return dict(list(told.items())[:_MAX_FIELDS])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
