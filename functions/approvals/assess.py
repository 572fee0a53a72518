"""State machine task: does a person have to look at this deal? An execution that takes over comes with its turn."""

from typing import Any, cast

from dealreg.approvals import review
from dealreg.approvals.model import Turn
from dealreg.platform import times


def handler(event: dict[str, Any], _context: object) -> Turn:
    if "next_step" in event:
        return cast("Turn", event)
    return review.assess(event["deal_id"], event["version"], times.now())
