"""Consumer of the BillingInbox stream: applies each event that was newly received."""

from typing import Any

from dealreg import times
from dealreg.batches import Failures, each_change
from dealreg.billing import acts, store


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_change(event, context, lambda record: acts.apply(store.event_id_of(record), times.now()))
