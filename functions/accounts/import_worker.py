"""Consumer of the import queue: splits a file, takes over a piece of it, or ends an import."""

from typing import Any

from dealreg.platform.batches import Failures, each_message
from dealreg.accounts.imports import work
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_message(event, context, lambda body: work.run(body, times.now()))
