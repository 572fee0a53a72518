"""Billing systems, what they sent, and what it means for a deal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

MAX_BODY = 256 * 1024
"""Bytes of an event. Its row has 400 kB."""
MAX_TRIES = 12
"""By the clock, of an event whose handling fails: spread over 31 hours. Then a person has to look at it."""
PATIENCE = timedelta(days=90)
"""How long a checkout may take to be paid: bank transfers and debits take days, and nothing is heard of some."""
FETCH_FOR = timedelta(days=3)
"""How long a sender's API is asked for what an event leaves out."""
LISTED = 25
"""Events in a page of a sender's list: a hundred of Stripe's may be more than is read of an answer."""
LOOK_AGAIN = timedelta(hours=6)
"""When the clock looks at an event that waits, should the word that it waits for be missed."""


class SourceKind(StrEnum):
    """How a billing system signs and words its events."""

    STANDARD_WEBHOOKS = "standard-webhooks"
    STRIPE = "stripe"
    PADDLE = "paddle"
    RECURLY = "recurly"
    CHARGEBEE = "chargebee"
    ZUORA = "zuora"


class Mode(StrEnum):
    LIVE = "live"
    TEST = "test"


FURTHER_FIELDS: Mapping[str, tuple[SourceKind, ...]] = {
    "username": (SourceKind.CHARGEBEE, SourceKind.ZUORA),
    "public_key": (SourceKind.STANDARD_WEBHOOKS,),
    "api_base": tuple(kind for kind in SourceKind if kind is not SourceKind.STANDARD_WEBHOOKS),
    "api_key": tuple(kind for kind in SourceKind if kind is not SourceKind.STANDARD_WEBHOOKS),
    "client_id": (SourceKind.ZUORA,),
}
"""Of a source, and the kinds that have a use for each."""
FETCHED_WITH: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.RECURLY: ("api_key",),
    SourceKind.CHARGEBEE: ("api_key", "api_base"),
    SourceKind.ZUORA: ("client_id", "api_key", "api_base"),
}
"""What it takes to fetch what their events are about, of which they hold no more than ids."""
LISTED_WITH: Mapping[SourceKind, tuple[str, ...]] = {
    **FETCHED_WITH,
    SourceKind.STRIPE: ("api_key",),
    SourceKind.PADDLE: ("api_key",),
}
"""What it takes to read their lists of what happened. Those that are not here have no such list."""


class EventStatus(StrEnum):
    RECEIVED = "received"
    WAITING = "waiting"
    """For what its reason says: it is applied, or over, by itself when that comes."""
    APPLIED = "applied"
    UNMATCHED = "unmatched"
    """A person has to look at it: it can be attached to a deal, or closed."""
    IGNORED = "ignored"
    """Kept, but nothing to do, or nothing any more."""


class Reason(StrEnum):
    """Why an event is not applied."""

    TYPE_NOT_HANDLED = "type_not_handled"
    NOT_A_SALE = "not_a_sale"
    UNREADABLE = "unreadable"
    NO_DEAL_REFERENCE = "no_deal_reference"
    SEVERAL_DEALS = "several_deals"
    DEAL_UNKNOWN = "deal_unknown"
    AWAITING_APPROVAL = "awaiting_approval"
    DEAL_NOT_APPROVED = "deal_not_approved"
    DEAL_ALREADY_WON = "deal_already_won"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_OVERDUE = "payment_overdue"
    SUPERSEDED = "superseded"
    OTHER_MODE = "other_mode"
    NO_MONEY = "no_money"
    REFUNDS_LEFT_OUT = "refunds_left_out"
    FETCHING = "fetching"
    FETCH_FAILED = "fetch_failed"
    PAYMENT_UNKNOWN = "payment_unknown"
    SALE_UNKNOWN = "sale_unknown"
    NO_RATE = "no_rate"
    OUTDATED = "outdated"
    OTHER_CURRENCY = "other_currency"
    TOO_MANY_FACTS = "too_many_facts"
    TOO_MANY_CHANGES = "too_many_changes"
    APPLY_FAILED = "apply_failed"
    CLOSED = "closed"

    @property
    def status(self) -> EventStatus:
        return _MEANINGS[self][0]

    @property
    def is_waiting(self) -> bool:
        return self.status is EventStatus.WAITING

    @property
    def text(self) -> str:
        """In words for an admin."""
        return _MEANINGS[self][1]


_MEANINGS: Mapping[Reason, tuple[EventStatus, str]] = {
    Reason.TYPE_NOT_HANDLED: (EventStatus.IGNORED, "Nothing follows from events of this type."),
    Reason.NOT_A_SALE: (EventStatus.IGNORED, "The checkout saved a means of payment; nothing was sold."),
    Reason.UNREADABLE: (EventStatus.UNMATCHED, "The event cannot be read."),
    Reason.NO_DEAL_REFERENCE: (EventStatus.UNMATCHED, "The event names no deal."),
    Reason.SEVERAL_DEALS: (EventStatus.UNMATCHED, "The event names no deal, and its customer has several."),
    Reason.DEAL_UNKNOWN: (EventStatus.UNMATCHED, "There is no deal with the id or number that the event names."),
    Reason.AWAITING_APPROVAL: (EventStatus.WAITING, "The deal is not decided on yet. It is won when it is approved."),
    Reason.DEAL_NOT_APPROVED: (EventStatus.UNMATCHED, "The deal ended without an approval, or its protection ended."),
    Reason.DEAL_ALREADY_WON: (EventStatus.IGNORED, "The deal was won before."),
    Reason.AWAITING_PAYMENT: (EventStatus.WAITING, "The order is placed; its payment has not arrived yet."),
    Reason.PAYMENT_FAILED: (EventStatus.IGNORED, "The payment failed."),
    Reason.PAYMENT_OVERDUE: (EventStatus.UNMATCHED, "For 90 days nothing was heard of the payment."),
    Reason.SUPERSEDED: (EventStatus.IGNORED, "The payment arrived, and the event that told of it counts."),
    Reason.OTHER_MODE: (EventStatus.IGNORED, "A test event of a live source, or the other way round."),
    Reason.NO_MONEY: (EventStatus.IGNORED, "Nothing was paid, paid back or sold."),
    Reason.REFUNDS_LEFT_OUT: (EventStatus.IGNORED, "Money went back, and the event does not say under which ids."),
    Reason.FETCHING: (EventStatus.WAITING, "The sender's API does not say what it is about yet. It is asked again."),
    Reason.FETCH_FAILED: (EventStatus.UNMATCHED, "For three days the sender's API did not say what it is about."),
    Reason.PAYMENT_UNKNOWN: (EventStatus.WAITING, "Its payment has not been reported yet. It counts when it is."),
    Reason.SALE_UNKNOWN: (EventStatus.WAITING, "Nobody has said yet what was sold. It counts when that is reported."),
    Reason.NO_RATE: (
        EventStatus.WAITING,
        "There is no exchange rate of the sale's day. It counts when there is.",
    ),
    Reason.OUTDATED: (EventStatus.IGNORED, "A newer word on the same payment, refund or chargeback counts."),
    Reason.OTHER_CURRENCY: (EventStatus.UNMATCHED, "It is in another currency than its sale, and moves nothing."),
    Reason.TOO_MANY_FACTS: (EventStatus.UNMATCHED, "Its sale has 500 payments, refunds and chargebacks already."),
    Reason.TOO_MANY_CHANGES: (
        EventStatus.UNMATCHED,
        "It moves more than can be written at once, mostly because it comes before many sales of its deal. "
        "Nothing of it was posted: post by hand what is owed, then close it.",
    ),
    Reason.APPLY_FAILED: (
        EventStatus.UNMATCHED,
        "All tries to handle the event failed; the log says why.",
    ),
    Reason.CLOSED: (EventStatus.IGNORED, "An admin closed it."),
}


@dataclass(frozen=True, slots=True)
class Secret:
    value: str
    expires_at: datetime | None = None
    """None for the current one; a replaced one still counts until then."""


ReconciliationState = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A source's lists of what happened, read into its inbox page after page: the newest that was begun."""

    id: str
    since: datetime
    started_at: datetime
    started_by: str
    state: ReconciliationState = "running"
    version: int = 1
    place: int = 0
    """Of the list that is being read."""
    cursor: str = ""
    """Where its next page begins."""
    size: int = LISTED
    """Events that the next page is asked for; halved each time it did not come."""
    found: int = 0
    """Events in the lists, those too that nothing follows from."""
    new: int = 0
    """Those that the inbox did not have."""
    applied: int = 0
    """Those of the new ones that were applied at once."""
    tries: int = 0
    """That the next page was asked for in vain."""
    reason: str = ""
    """Why it does not go on, in words for an admin."""
    ended_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class Source:
    """A billing system that may post events to us."""

    id: str
    kind: SourceKind
    name: str
    secrets: tuple[Secret, ...]
    """The current one first."""
    created_at: datetime
    mode: Mode = Mode.LIVE
    """Events that say to be of the other one are ignored."""
    products: Mapping[str, str] = field(default_factory=dict[str, str])
    """The program's, by the sender's ids of prices and products."""
    username: str = ""
    """By which the sender proves itself, together with the secret as its password."""
    public_key: str = ""
    """Of signatures v1a."""
    api_base: str = ""
    """Where the sender's own API is; "" is the usual place."""
    api_key: str = ""
    """Of that API; of Zuora's, the secret of `client_id`."""
    client_id: str = ""
    enabled: bool = True
    """What one that is switched off posts is refused, and its lists are not read."""
    warnings: tuple[str, ...] = ()
    """What its events have shown to be wrong with how it is set up, in words for an admin."""
    reconciliation: Reconciliation | None = None
    reconciled_to: datetime | None = None
    """All that happened before is in the inbox."""
    due_at: datetime | None = None
    """Of its reconciliation: the next page, or the next night."""

    @property
    def lacks(self) -> list[str]:
        """What is missing to fetch what its events are about."""
        return [name for name in FETCHED_WITH.get(self.kind, ()) if not getattr(self, name)]

    @property
    def unlisted(self) -> str:
        """Why what happened cannot be read from its sender, in words; empty if it can."""
        if not self.enabled:
            return "It is switched off."
        if self.kind not in LISTED_WITH:
            return f"A {self.kind} sender has no list of what happened: ask it to send again what was missed."
        missing = [name for name in LISTED_WITH[self.kind] if not getattr(self, name)]
        return f"Its list of what happened cannot be read: give {' and '.join(missing)}." if missing else ""

    def live_secrets(self, now: datetime) -> list[str]:
        return [secret.value for secret in self.secrets if secret.expires_at is None or secret.expires_at > now]


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A verified request, kept as it came."""

    id: str
    source_id: str
    kind: SourceKind
    provider_id: str
    """The sender's own id of the event."""
    received_at: datetime
    body: bytes
    facts: bytes = b""
    """What its sender's API has said of it; empty until then, and for one that says all by itself."""
    status: EventStatus = EventStatus.RECEIVED
    version: int = 1
    """Grows with each change of what became of it."""
    type: str = ""
    reason_code: str | None = None
    reason: str | None = None
    """What is wrong with it, or why an admin closed it, in words; None: what the code says."""
    deal_id: str | None = None
    """Of the deal that it won, or whose approval it waits for."""
    attached_by: str | None = None
    """The admin who said which deal it means."""
    closed_by: str | None = None
    readings: int = 0
    """How often it was read anew when an admin asked."""
    tries: int = 0
    """That failed, by the clock."""
    due_at: datetime | None = None
    found_by: str = ""
    """The reconciliation that found it; empty for one that was posted."""

    @property
    def is_over(self) -> bool:
        return self.status in (EventStatus.APPLIED, EventStatus.IGNORED)
