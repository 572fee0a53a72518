"""Consumer of the recheck queue: open registrations are judged by what is known now."""

from typing import Any

from dealreg.platform.batches import Failures, each_message
from dealreg.platform import times
from dealreg.reviewing import rechecks


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_message(event, context, lambda body: rechecks.run(body, times.now()))
