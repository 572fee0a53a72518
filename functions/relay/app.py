"""Consumer of the Deals and Partners streams: everything that follows from a change starts here."""

from typing import Any

from dealreg import relay, times
from dealreg.batches import Failures, each_change


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_change(event, context, lambda record: relay.react(record, times.now()))
