"""The one place where AWS clients are made: lazily, once, and without boto3, which costs start-up time."""

import gc
import random
import time
from functools import cache
from typing import Any, cast

# Imports make 200,000 objects that stay: looking through them for garbage again and again is a tenth of the start-up.
gc.set_threshold(50_000)

import botocore.session  # noqa: E402  # after the line above
from botocore.config import Config  # noqa: E402
from botocore.loaders import Loader  # noqa: E402

_SERVICES = ["dynamodb", "lambda", "secretsmanager", "sesv2", "sqs", "stepfunctions"]


class _KnownServices(Loader):
    """botocore lists its data folder (900 directory reads) before each first client; we know what we use."""

    def list_available_services(self, type_name: str) -> list[str]:
        return _SERVICES


@cache
def _session() -> Any:
    session: Any = cast("Any", botocore.session).get_session()
    session.register_component("data_loader", _KnownServices(include_default_search_paths=True))
    return session


@cache
def client(service: str) -> Any:
    """Connects in 1 s, reads in 3 s, tries three times: well inside every function's own time limit."""
    config = Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )
    return _session().create_client(service, config=config)


def pause(attempt: int, base: float = 0.05, ceiling: float = 0.8) -> None:
    """Full jitter before try number `attempt` + 1 (Exponential Backoff and Jitter, Amazon Builders' Library)."""
    time.sleep(random.uniform(0, min(ceiling, base * 2**attempt)))  # noqa: S311  # spreads retries, guards nothing
