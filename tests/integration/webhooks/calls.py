"""What tests of the webhooks API act with: its callers, and calls by their samples."""

from typing import Any

from dealreg.platform import times
from dealreg.platform.http import Caller
from tests.integration.webhooks.stage import NORTH, SOUTH, work_off
from tests.samples import sample
from webhooks.endpoints_api import handler

NORTH_KEY = Caller("partner", NORTH, "key_1", frozenset(["deals", "webhooks"]))
SOUTH_KEY = Caller("partner", SOUTH, "key_2", frozenset(["deals", "webhooks"]))
ADMIN = Caller("admin", "", "key_3", frozenset(["admin"]))


def call(case: str, subject: str = "", caller: Caller | None = NORTH_KEY, **changes: Any) -> dict[str, Any]:
    params = {"id": subject} if subject else None
    return handler(sample(f"webhooks-endpoints-api/{case}", caller=caller, params=params, **changes), None)


def deliver_all() -> list[str]:
    return work_off(times.now())
