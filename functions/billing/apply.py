"""Consumer of the BillingInbox stream: applies each event that was newly received."""

from typing import Any

from dealreg.platform.batches import Failures, each_change
from dealreg.billing import commands, store
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_change(event, context, lambda record: commands.on_received(store.event_id_of(record), times.now()))
