"""State machine task: brings the decision to the deal."""

from dealreg.approvals import review
from dealreg.approvals.model import Turn
from dealreg.platform import times


def handler(event: Turn, _context: object) -> Turn:
    return review.apply_decision(event, times.now())
