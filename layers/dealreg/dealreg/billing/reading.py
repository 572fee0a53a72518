"""What an event says: its body, and what its sender's API has of it, as facts."""

import json
import time
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealreg.billing import fetching, sources, store
from dealreg.billing.facts import Fact, Translated
from dealreg.billing.model import MAX_BODY, InboxEvent, Source
from dealreg.billing.providers import translate
from dealreg.platform.foreign_json import ForeignJsonFault, parse

_NO_JSON = "The body is not JSON, or it has more or stranger things in it than we take."
_MOST_FETCHED = 20
_SECONDS = 12.0
"""For all that one event needs: a run has more of them, and half a minute."""
_SLOW = 1.0
_SPARED = 60.0
"""Seconds for which a slow API is not asked again by this process, so that a batch of its events ends in time."""
_slow_until: dict[str, float] = {}
"""By source."""


class NotFetched(Exception):
    """In words for an admin. `said` is what the event says by itself."""

    def __init__(self, said: Translated, problem: str) -> None:
        super().__init__(problem)
        self.said = said


def read(event: InboxEvent, source: Source, now: datetime, *, anew: bool = False) -> tuple[InboxEvent, Translated]:
    """Fetches what is left out, unless that was done before, and keeps what it comes to. Nothing is locked meanwhile.

    `anew`: by the source as it is now, whatever was fetched before. Raises NotFetched, or ConditionFailed when
    something became of the event meanwhile.
    """
    if event.facts and not anew:
        return event, _kept(event)
    content = _content(event.body)
    fetched: dict[str, Any] = {}
    until = time.monotonic() + _SECONDS
    while (said := _translated(event, source, content, fetched)).needs:
        for path in said.needs:
            if path in fetched:
                raise NotFetched(said, "Its API answered with something else than was asked for.")
            if len(fetched) == _MOST_FETCHED or time.monotonic() > until:
                raise NotFetched(said, "What it is about takes too long to fetch.")
            fetched[path] = _fetch(source, path, said, now)
    if fetched and said.facts:
        event = store.fetched(event, said.type, _pack(said.facts))
    return event, said


def at_hand(event: InboxEvent, source: Source) -> Translated:
    """Without asking anybody: `needs` says what would be."""
    return _kept(event) if event.facts else _translated(event, source, _content(event.body), {})


def _pack(facts: tuple[Fact, ...]) -> bytes:
    return zlib.compress(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def _kept(event: InboxEvent) -> Translated:
    return Translated(event.type, tuple(json.loads(zlib.decompress(event.facts))))


def _content(body: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return parse(body, max_bytes=MAX_BODY, exact=True)
    except ForeignJsonFault:
        return None


def _translated(event: InboxEvent, source: Source, content: Any, fetched: Mapping[str, Any]) -> Translated:
    if content is None:
        return Translated("", unreadable=_NO_JSON)
    return translate(source, content, received_at=event.received_at, fetched=fetched)


def _fetch(source: Source, path: str, said: Translated, now: datetime) -> Any:
    began = time.monotonic()
    if began < _slow_until.get(source.id, 0):
        raise NotFetched(said, "Its API was slow just now.")
    answer = fetching.fetch(source, path, now, **sources.url_policy(""))
    if answer.problem:
        if time.monotonic() - began > _SLOW:
            _slow_until[source.id] = time.monotonic() + _SPARED
        raise NotFetched(said, answer.problem)
    return answer.content
