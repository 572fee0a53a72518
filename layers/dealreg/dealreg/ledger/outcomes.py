"""What may become of a fact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dealreg.ledger.names import Name
from dealreg.platform import dynamo

PAYMENT_UNKNOWN, SALE_UNKNOWN, NO_DEAL = "payment_unknown", "sale_unknown", "no_deal_reference"
OTHER_CURRENCY = "other_currency"
OUTDATED, TOO_MANY_FACTS, TOO_MANY_CHANGES = "outdated", "too_many_facts", "too_many_changes"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fact."""

    reason: str | None = None
    """Why it moves nothing yet, or never; None: it counts."""
    deal_id: str | None = None
    reference: str = ""
    """By which its deal was looked for, if that has no money yet."""
    settled: tuple[str, ...] = ()
    """Ids of the events of other facts, which waited and count now, or count no more."""
    uncounted: tuple[str, ...] = ()
    """Ids of the events of other facts, which counted, and are in another currency than their sale now."""
    taught: tuple[Name, ...] = ()
    """Names of the deal that were not known before."""


Conclude = Callable[[Outcome], Sequence[dynamo.Action]]
"""What belongs into the transaction beside the ledger's rows: the end of the fact's event."""
