"""Consumer of the Deals and Partners streams: everything that follows from a change starts here."""

from typing import Any

from dealreg import batches, relay, times  # batches first: powertools loads its parser too where pydantic is there


def handler(event: dict[str, Any], context: Any) -> batches.Failures:
    return batches.each_change(event, context, relay.reactions(event["Records"], times.now()))
