"""What a billing system's API lists of what happened there: by kind, one list after another."""

from collections.abc import Mapping, Sequence

from dealreg.billing.lists import changes, events
from dealreg.billing.lists.page import EventList
from dealreg.billing.model import SourceKind

LISTS: Mapping[SourceKind, Sequence[EventList]] = {
    SourceKind.STRIPE: events.STRIPE,
    SourceKind.PADDLE: events.PADDLE,
    SourceKind.CHARGEBEE: events.CHARGEBEE,
    SourceKind.RECURLY: changes.RECURLY,
    SourceKind.ZUORA: changes.ZUORA,
}
