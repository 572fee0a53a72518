"""State machine task: puts the next questions; its task token waits in the database for what comes of them."""

from typing import Any

from dealreg.approvals import review
from dealreg.platform import times


def handler(event: dict[str, Any], _context: object) -> None:
    review.ask(event["deal_id"], event["version"], event["task_token"], times.now())
