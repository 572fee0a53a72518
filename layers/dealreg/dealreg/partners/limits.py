"""What the program lets a partner do in an hour."""

from datetime import datetime
from typing import Literal

from dealreg.partners.program import current_program
from dealreg.partners.rows import table
from dealreg.platform.limits import Limit

Act = Literal["checks", "registrations", "changes", "comments", "endpoints", "replays", "resends"]


def limit(act: Act, owner: str, now: datetime, counted_in: str = "") -> Limit:
    """`counted_in` is the table that has the rows, if it is not Partners."""
    most: int = getattr(current_program(), f"{act}_per_hour")
    return Limit(counted_in or table(), act, owner, most, now)
