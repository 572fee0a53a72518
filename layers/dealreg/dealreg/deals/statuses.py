"""The statuses of a deal registration: which may become which, what ends it, what its partner may change when."""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    SUBMITTED = "submitted"
    QUEUED = "queued"
    IN_REVIEW = "in_review"
    ACTION_REQUIRED = "action_required"
    APPROVED = "approved"
    WON = "won"
    LOST = "lost"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.SUBMITTED: frozenset([Status.IN_REVIEW, Status.APPROVED, Status.QUEUED, Status.REJECTED, Status.WITHDRAWN]),
    Status.QUEUED: frozenset([Status.IN_REVIEW, Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED]),
    Status.IN_REVIEW: frozenset([Status.APPROVED, Status.REJECTED, Status.ACTION_REQUIRED, Status.WITHDRAWN]),
    Status.ACTION_REQUIRED: frozenset([Status.IN_REVIEW, Status.WITHDRAWN, Status.EXPIRED]),
    Status.APPROVED: frozenset([Status.WON, Status.LOST, Status.EXPIRED, Status.WITHDRAWN]),
    Status.WON: frozenset(),
    Status.LOST: frozenset(),
    Status.REJECTED: frozenset([Status.IN_REVIEW, Status.QUEUED]),  # its partner appealed
    Status.WITHDRAWN: frozenset(),
    Status.EXPIRED: frozenset(),
}
TERMINAL = frozenset([Status.WON, Status.LOST, Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED])
"""Ends, of which a rejection is not final while its partner may appeal."""
FREEING = TERMINAL - {Status.WON}
"""Ends that let go of the deal's claims."""
UNDECIDED = frozenset([Status.SUBMITTED, Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED])
"""It may still be approved."""
OPEN = UNDECIDED | {Status.APPROVED}
"""A tier may limit how many of these its partners have."""
RELEASING_EVENTS = ("deal.resubmitted", *(f"deal.{status}" for status in sorted(FREEING)))
"""After which a claim may be free: an end without a sale, or a correction of the customer."""


class Stage(StrEnum):
    PROSPECT = "prospect"
    QUALIFIED = "qualified"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    VERBAL = "verbal"


class RejectReason(StrEnum):
    DUPLICATE = "duplicate"
    EXISTING_CUSTOMER = "existing_customer"
    DIRECT_PIPELINE = "direct_pipeline"
    OUT_OF_TERRITORY = "out_of_territory"
    TOO_EARLY = "too_early"
    INSUFFICIENT_INFORMATION = "insufficient_information"
    NOT_A_FIT = "not_a_fit"
    OTHER = "other"


class LostReason(StrEnum):
    PRICE = "price"
    COMPETITOR = "competitor"
    NO_DECISION = "no_decision"
    NO_BUDGET = "no_budget"
    PRODUCT_GAP = "product_gap"
    OTHER = "other"


EDITABLE: Mapping[Status, frozenset[str]] = {
    Status.QUEUED: frozenset(["amount", "type", "expected_close_date", "notes", "customer.contact"]),
    Status.IN_REVIEW: frozenset(["notes", "customer.contact"]),
    Status.APPROVED: frozenset(["amount", "type", "expected_close_date", "notes", "customer.contact"]),
}
"""What a partner may change when; in `action_required` it is what the reviewer named."""
