"""Fixtures that every kind of test shares: AWS in memory with the tables and queues of template.yaml, and a clock."""

import functools
import gc
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from _pytest import runner
from hypothesis import HealthCheck, settings
from moto import mock_aws

from tests import moto_direct, moto_resources, moto_shortcuts
from tests.moto_transactions import transactions_undone_by_row as transactions_undone_by_row
from tests.stack import stack as stack  # one for all tests that go in through the front door

# how long an example takes tells of the machine, not of the code
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `--hypothesis-profile explore` looks further than a run of all tests has time for
settings.register_profile("explore", settings.get_profile("untimed"), max_examples=1000)
settings.load_profile("untimed")
moto_shortcuts.take()
moto_direct.take()
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    # moto serves streams only without the account id in the endpoint
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "DEALS_TABLE": "Deals",
    "MATCHING_TABLE": "Matching",
    "ACCOUNTS_TABLE": "Accounts",
    "PARTNERS_TABLE": "Partners",
    "WEBHOOKS_TABLE": "Webhooks",
    "BILLING_INBOX_TABLE": "BillingInbox",
    "LEDGER_TABLE": "Ledger",
    "LOG_TABLE": "Log",
    "IDEMPOTENCY_TABLE": "Idempotency",
    "IMPORT_BUCKET": "ImportFiles",
    "PUBLIC_URL": "https://deals.example.com",
    "SENDER_ADDRESS": "deals@example.com",
    "CONFIGURATION_SET": "Mails",
    "ALLOW_LOOPBACK_WEBHOOKS": "false",
}
_CACHED = type(functools.cache(lambda: None))
_KEPT = ("dealreg.matching.", "dealreg.pages.", "dealreg.platform.aws._session", "dealreg.platform.countries.")
"""Cached functions that read files, which took half the time of a test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A clock does not go back: what moves that of the stack comes after what goes by it.

    It stops at all that is due in between, so only what does not care leaves hundreds of deals behind, and comes last.
    """
    items.sort(key=lambda item: [item.get_closest_marker(mark) is not None for mark in ("leaves_many", "moves_clock")])


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look at it again in every test."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    return _with_room_for_calls(item, nextitem)


def _with_room_for_calls(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    return runner.pytest_runtest_protocol(item, nextitem)


# CPython's stack of frames grows by 16 kB: where a chunk ends within a loop, each call asks the system for memory
# and gives it back, 130 times a call of AWS. A frame of 1.1 MB is given 2 MB, which hold all that a test calls.
_with_room_for_calls.__code__ = _with_room_for_calls.__code__.replace(co_stacksize=140_000)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def aws(
    transactions_undone_by_row: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """AWS in memory: tables as template.yaml has them, the queues, the secret, a verified sender."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    config: Any = {"core": {"mock_credentials": False}, **getattr(request, "param", {})}
    with mock_aws(config=config):
        forget_cached()
        for name, value in moto_resources.put_back().items():
            monkeypatch.setenv(name, value)
        yield
    forget_cached()


def forget_cached() -> None:
    """Clients and what was read by them belong to one AWS; the next test has another."""
    for function in _cached_functions(len(sys.modules)):
        function.cache_clear()


@functools.lru_cache(maxsize=1)
def _cached_functions(modules: int) -> list[Any]:
    """Those of the product, as long as no more modules are there."""
    return [
        value
        for name, module in sys.modules.items()
        if name.startswith("dealreg")
        for value in vars(module).values()
        if isinstance(value, _CACHED) and not f"{value.__module__}.{value.__name__}".startswith(_KEPT)
    ]
