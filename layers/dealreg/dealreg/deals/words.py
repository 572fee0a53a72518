"""What everything about a deal is called, for the partner and for the reviewer: the one place for these words.

Keys are the values of `rules.Status`, `rules.RejectReason`, `matching.rules.Verdict`, event types, and paths of fields.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

FIELDS: Mapping[str, str] = {
    "customer.name": "Customer’s company",
    "customer.domain": "Their website or e-mail",
    "customer.country": "Country",
    "customer.tax_id": "VAT or tax number",
    "customer.lei": "LEI",
    "customer.duns": "DUNS number",
    "customer.contact": "Contact",
    "customer.contact.name": "Contact’s name",
    "customer.contact.email": "Contact’s e-mail",
    "customer.contact.phone": "Contact’s phone",
    "products": "Products",
    "type": "Kind of deal",
    "amount": "Deal value",
    "amount.amount": "Deal value",
    "amount.currency": "Currency",
    "expected_close_date": "Expected to close",
    "notes": "Notes for the reviewer",
    "partner_reference": "Your own reference",
}
"""Where the partner fills one in, or is asked to."""

FACTS: Mapping[str, str] = {
    "customer.name": "Customer",
    "customer.domain": "Website",
    "customer.country": "Country",
    "customer.tax_id": "Tax number",
    "customer.lei": "LEI",
    "customer.duns": "DUNS number",
    "customer.contact": "Contact",
    "products": "Products",
    "type": "Kind of deal",
    "amount": "Deal value",
    "won_amount": "Won for",
    "expected_close_date": "Closes",
    "notes": "Notes",
    "partner_reference": "Reference",
    "number": "Registration",
    "verdict": "Conflict check",
}
"""Where one is shown."""

STATUSES: Mapping[str, str] = {
    "submitted": "Received",
    "queued": "Waiting in line",
    "in_review": "In review",
    "action_required": "Needs your answer",
    "approved": "Approved",
    "won": "Won",
    "lost": "Lost",
    "rejected": "Not approved",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
}

NEXT_STEPS: Mapping[str, str] = {
    "submitted": "We have your registration and look at it now.",
    "queued": "Another registration is ahead of yours. You move up if it ends without a sale.",
    "in_review": "A reviewer decides by {decide_by}.",
    "action_required": "The reviewer needs something from you: {reason}",
    "approved": "Approved. The deal is yours until {protected_until}.",
    "won": "Won. The sale was reported to us.",
    "lost": "Closed as lost.",
    "rejected": "Not approved. {reason}",
    "withdrawn": "You withdrew this registration.",
    "expired": "{expired} It no longer holds the customer for you. If the sale goes on, register it again.",
}
"""By status: what the partner may expect, or is to do."""
DEADLINES: Mapping[str, str] = {
    "answer_by": "Please answer by {answer_by}, or the registration expires.",
    "appeal_by": "If something was overlooked, you may appeal until {appeal_by}.",
    "sign_of_life_by": "Please tell us by {sign_of_life_by} that the sale goes on, or the protection ends.",
}
"""What is said besides, by the field that has the day."""
EXTENSION_ASKED = "You asked for {days} more days and get an answer by {decide_by}."
EXTENSION_LATE = "You asked for {days} more days. We promised an answer by {decide_by} and are late."
"""What is said besides while somebody has to agree."""
EXPIRED_BECAUSE: Mapping[str, str] = {
    "protection_ended": "The protection has ended.",
    "no_answer": "The reviewer’s question was not answered in time.",
    "stale": "Nobody told us that the sale goes on.",
    "claim_released": "We have ended it.",
}
"""Why a deal expired; others are known by their code alone."""

EVENTS: Mapping[str, str] = {
    "deal.submitted": "Registered",
    "deal.queued": "Waiting: another registration of this customer is ahead",
    "deal.in_review": "Moved up from the queue; in review",
    "deal.action_required": "The reviewer asked for information: {reason}",
    "deal.reminded": "Reminder: the reviewer waits for your answer",
    "deal.resubmitted": "Information sent; in review again",
    "deal.approved": "Approved and protected until {until}: {reason}",
    "deal.rejected": "Not approved: {reason}",
    "deal.appealed": "Appealed: {reason}",
    "deal.withdrawn": "Withdrawn",
    "deal.expiring": "The protection ends on {until}",
    "deal.sign_of_life_asked": "Asked whether the sale goes on",
    "deal.confirmed": "Confirmed: the sale goes on",
    "deal.expired": "Expired: {why}",
    "deal.extension_requested": "Asked for a longer protection: {reason}",
    "deal.extended": "Protection extended until {until}: {reason}",
    "deal.extension_refused": "The protection is not extended: {reason}",
    "deal.stage_changed": "Stage is now {stage}",
    "deal.commented": "{text}",
    "deal.conflict_changed": "Checked again",
    "deal.edited": "Changed: {fields}",
    "deal.reassigned": "Taken over",
    "deal.reassigned_away": "Given to another partner",
    "deal.won": "Won",
    "deal.lost": "Lost",
}
"""In the timeline. What is not here, the partner does not see."""

CONFIRMATIONS: Mapping[str, str] = {
    "deal.submitted": "Your registration is on record. Here you always see where it stands.",
    "deal.queued": "Your registration is on record. Here you always see where it stands.",
    "deal.resubmitted": "Your answer is with the reviewer.",
    "deal.commented": "Your comment is sent.",
    "deal.appealed": "Your appeal is on record.",
    "deal.confirmed": "Thank you: the deal stays yours.",
    "deal.extension_requested": "Your request is on record.",
    "deal.extended": "The protection is longer now.",
    "deal.withdrawn": "The registration is withdrawn.",
}
"""Of an event, to the partner who has just caused it."""


class VerdictWords(NamedTuple):
    title: str
    text: str


VERDICTS: Mapping[str, VerdictWords] = {
    "clear": VerdictWords("No conflict", "Nobody else has this customer."),
    "possible_duplicate": VerdictWords(
        "Possible duplicate", "Somebody may have this customer already. Compare before you decide."
    ),
    "same_partner_repeat": VerdictWords("Registered before", "This partner registered the customer already."),
    "claimed_by_partner": VerdictWords("Another partner’s customer", "Another partner registered this customer."),
    "direct_pipeline": VerdictWords("In our own pipeline", "Our own sales team is talking to this customer."),
    "existing_customer": VerdictWords("Our own customer", "This customer buys from us already."),
}
"""What the conflict check found, to the reviewer; see `verdict_words`."""
_FIRST = VerdictWords(
    "Registered first", "Nobody had this customer before. Somebody registered one like it later: compare."
)

REJECT_REASONS: Mapping[str, str] = {
    "other": "Something else",
    "duplicate": "Registered already",
    "existing_customer": "Already our customer",
    "direct_pipeline": "We are selling to them ourselves",
    "out_of_territory": "Outside the partner’s territory",
    "too_early": "Too early",
    "insufficient_information": "Too little information",
    "not_a_fit": "Not a fit",
}
"""For the reviewer to choose from, the usual one first."""

REJECTED_BECAUSE: Mapping[str, str] = {
    "duplicate": "This customer is registered already.",
    "existing_customer": "This customer buys from us already.",
    "direct_pipeline": "Our own sales team is talking to this customer.",
}
"""What the partner reads when the customer turns out to be somebody's already: why, and never who."""
WON_BY_ANOTHER = "The registration ahead of yours was won, so this customer buys from us already."
"""What who waited in line reads then."""


def verdict_words(verdict: str, matches: Iterable[Mapping[str, Any]]) -> VerdictWords:
    """Of a deal and its matches: those that came later are not in its verdict, which is for its partner too."""
    return _FIRST if verdict == "clear" and not is_clear(verdict, matches) else VERDICTS[verdict]


def is_clear(verdict: str, matches: Iterable[Mapping[str, Any]]) -> bool:
    """Whether there is nobody to compare a deal with, not even one that came later."""
    return verdict == "clear" and not any(match.get("later") and match["certainty"] != "none" for match in matches)


def in_sentence(name: str) -> str:
    """A status or another name of the code within a sentence: "in review"."""
    return name.replace("_", " ")
