"""State machine task: does a person have to look at this deal?"""

from typing import Any

from dealreg.approvals import review
from dealreg.approvals.model import Turn
from dealreg.platform import times


def handler(event: dict[str, Any], _context: object) -> Turn:
    return review.assess(event["deal_id"], event["version"], times.now())
