"""The transactional outbox: rows that set something in motion are marked, so that their stream wakes the relay.

Two stream filters serve every kind of row for ever: the new row is marked, or a marked row was removed.
"""

from collections.abc import Mapping
from datetime import datetime

from dealreg.platform import due

MARK: Mapping[str, str] = {"relay": "yes"}
ATTRIBUTES = (*MARK, *due.ATTRIBUTES)
"""To be removed once the relay has done its part: from then on neither the stream nor the clock brings the row back."""


def pending(moment: datetime, key: str) -> dict[str, str]:
    """Marks a row, and puts it on the clock in case the stream loses it. `key` spreads rows as in `due.at`."""
    return {**MARK, **due.at(moment + due.RELAY_GRACE, key)}
