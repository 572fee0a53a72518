"""A payout run, its payouts, and how far the building of it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

from dealreg.commissions.payouts import tax_on

RunState = Literal["building", "proposed", "approved", "exported", "settled", "cancelled"]
PayoutState = Literal["proposed", "approved", "exported", "paid", "failed", "cancelled"]
Act = Literal["paid", "failed", "returned", "retry", "cancel"]
Phase = Literal["next", "sum", "claim"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the building goes on."""

    phase: Phase = "next"
    """To find the next partner; to sum what is payable of one; to claim those lines."""
    after: Mapping[str, Any] | None = None
    """The place in the list of partners behind the present one."""
    is_last: bool = False
    """Behind the present one there is none."""
    partner_id: str = ""
    last_line: int = 0
    """Of its ledger, those that the run looks at: what is posted later is the next run's."""
    line: int = 0
    """The last one that was looked at."""
    sums: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of each currency that it has lines in, what is payable."""
    after_currency: str = ""
    """Up to and with which its currencies are done."""
    payouts: Mapping[str, str] = field(default_factory=dict[str, str])
    """By currency, those that its lines are claimed for."""


@dataclass(frozen=True, slots=True)
class Export:
    mapping: str
    date: str
    """Of the documents, as is written in them: YYYY-MM-DD."""
    at: datetime
    by: str
    id: str = ""
    version: int = 0
    """Of the mapping."""
    sha256: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    at: datetime
    """As of when lines are payable."""
    made_by: str
    made_at: datetime
    partner_ids: tuple[str, ...] = ()
    """Empty: all."""
    state: RunState = "building"
    version: int = 1
    """Grows with each state: what an approval names."""
    step: int = 1
    """Grows with each write: what the next one is conditional on."""
    cursor: Cursor = Cursor()
    totals: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of its payouts, by currency, without tax."""
    payouts: int = 0
    partners: int = 0
    """That were looked at."""
    lines: int = 0
    """That were claimed."""
    unsettled: int = 0
    """Payouts that are neither paid nor cancelled."""
    approved_by: str | None = None
    approved_at: datetime | None = None
    untold: str | None = None
    """While its payouts are told to partners: the sort key up to which they are; None before and after."""
    export: Export | None = None
    """The last one."""
    again: Mapping[str, str] = field(default_factory=dict[str, str])
    """Payouts that were tried again since, and their partners."""
    ended_by: str | None = None
    ended_at: datetime | None = None
    """When it was settled or cancelled."""


@dataclass(frozen=True, slots=True)
class Payout:
    id: str
    run_id: str
    partner_id: str
    partner_name: str
    currency: str
    at: datetime
    minor: int = 0
    """The sum of its lines."""
    lines: int = 0
    last_line: int = 0
    """Of the ledger, the last one that its run looked at."""
    erp_reference: str = ""
    """This and the two below as they were when it was made."""
    tax_code: str | None = None
    tax_percent: str = "0"
    state: PayoutState | None = None
    """Its own, once it was exported; before, it is in the state of its run."""
    attempt: int = 1
    is_told: bool = False
    """The partner knows of it."""
    paid_at: datetime | None = None
    reference: str | None = None
    returned_at: datetime | None = None
    reason_code: str | None = None
    """Why it failed or came back."""
    text: str | None = None
    step: int = 1
    """Grows with each act; claims of lines leave it."""

    @property
    def tax(self) -> int:
        return tax_on(self.minor, Fraction(self.tax_percent))


@dataclass(frozen=True, slots=True)
class Excluded:
    partner_id: str
    currency: str
    minor: int
    reason_code: str
    block_reason_code: str | None = None
