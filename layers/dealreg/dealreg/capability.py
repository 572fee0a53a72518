"""What a capability of the product brings to the machinery that all of them share: relay, clock, mail, webhooks.

Its `wiring.py` has one `Capability`; `dealreg.wiring` lists them all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from dealreg.notifications.model import Mailing, Notice
from dealreg.platform import dynamo
from dealreg.platform.events import Event, Place
from dealreg.platform.settings import Setting

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Change:
    """One stream record."""

    old: dynamo.Item
    """Empty for a new row."""
    new: dynamo.Item
    """Empty for a row that was removed."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """Where the subjects of a partner are found, so that past events can be replayed.

    A subject is a row `PARTNER#<partner id>` / `<prefix>…` with the `updated_at` of its newest event.
    """

    table: Setting
    prefix: str
    place_of: Callable[[dynamo.Item], Place]
    """Of a subject's row: where its events lie."""


Kind = tuple[Setting, str]
"""Of a row: its table, and what its sort key begins with, up to the first #."""
EventTypes = Mapping[str, "type[BaseModel]"]
"""By type, the model of its `data`, whose docstring says when it happens."""
EventHandler = Callable[[Event, datetime], None]
StreamHandler = Callable[[Change, datetime], None]
BatchHandler = Callable[[Sequence[Change], datetime], None]
DueHandler = Callable[[dynamo.Key, datetime], None]
MinuteHandler = Callable[[datetime], None]
LetterWriter = Callable[[Notice, dynamo.Item, datetime], Mailing | None]
"""From a notice and the row it is about; None when what was to be told no longer holds, or nobody is to be told."""

EVERY_TYPE = "*"


def _no_event_types() -> EventTypes:
    return {}


@dataclass(frozen=True, slots=True)
class Capability:
    """Every handler may be called twice for the same thing and must then do no harm."""

    name: str
    event_types: Callable[[], EventTypes] = _no_event_types
    """A function, since models cost start-up time: only who shows or checks types calls it."""
    vendor_event_types: Callable[[], EventTypes] = _no_event_types
    """The same, of events that no partner is ever told."""
    event_tables: Sequence[Setting] = ()
    """Where its events lie: the sweeps of these tables publish those that the stream lost."""
    event_handlers: Mapping[str, Sequence[EventHandler]] = field(default_factory=dict[str, Sequence[EventHandler]])
    """By event type, or EVERY_TYPE: what follows from an event, whichever capability it is of."""
    stream_handlers: Mapping[Kind, StreamHandler] = field(default_factory=dict[Kind, StreamHandler])
    """What follows from a change of a marked row (platform/outbox.py)."""
    batch_handlers: Mapping[Kind, BatchHandler] = field(default_factory=dict[Kind, BatchHandler])
    """The same for rows that change by the thousand: all changes of a batch at once."""
    due_handlers: Mapping[Kind, DueHandler] = field(default_factory=dict[Kind, DueHandler])
    """What happens when a row's time has come."""
    each_minute: Mapping[Setting, MinuteHandler] = field(default_factory=dict[Setting, MinuteHandler])
    """By table: what each run of its clock sees to, such as that a row is there which leads to all others."""
    letters: Mapping[str, LetterWriter] = field(default_factory=dict[str, LetterWriter])
    """By kind of notice. The kind of an event's letter is its type, and the relay asks for it by itself."""
    event_sources: Sequence[EventSource] = ()

    @property
    def mailed(self) -> frozenset[str]:
        """The kinds of notice that have a letter."""
        return frozenset(self.letters)
