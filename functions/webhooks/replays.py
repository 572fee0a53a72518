"""The replay queue's consumer: one page of a replay for each message."""

from typing import Any

from dealreg.platform.batches import Failures, each_message
from dealreg import wiring
from dealreg.platform import times
from dealreg.webhooks.replays import runner


def handler(event: dict[str, Any], context: Any) -> Failures:
    sources = wiring.event_sources()
    return each_message(event, context, lambda body: runner.on_message(body, sources, times.now()))
