"""State machine task: puts the question to one approver; its task token waits in the database for the answer."""

from typing import Any

from dealreg.approvals import review
from dealreg.platform import times


def handler(event: dict[str, Any], _context: object) -> None:
    review.ask(event["deal_id"], event["version"], event["step"], event["task_token"], times.now())
