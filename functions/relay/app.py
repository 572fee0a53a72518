"""Consumer of the streams of deals, accounts and partners: everything that follows from a change starts here."""

from typing import Any

from dealreg.platform.batches import Failures, each_change
from dealreg import relay
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_change(event, context, relay.reactions(event["Records"], times.now()))
