"""Consumer of the tables' streams: everything that follows from a change starts here."""

from typing import Any

from dealreg.platform.batches import Failures, each_change
from dealreg import relay, wiring
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_change(event, context, relay.record_handler(wiring.CAPABILITIES, event["Records"], times.now()))
