"""What a fact costs: two calls to AWS and 16 write units, whatever the ledger holds already."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dealreg.billing import commands
from dealreg.billing.model import Source
from dealreg.commissions import plan_store
from dealreg.deals.model import Deal
from tests.integration.aws_calls import intercept
from tests.integration.billing import test_money as told
from tests.integration.billing.conftest import Keep
from tests.integration.write_units import counted

ONE_RULE: dict[str, Any] = told.PLAN | {"rules": told.PLAN["rules"][:1]}


@pytest.fixture(autouse=True)
def plan(aws: None) -> None:
    plan_store.add("standard", ONE_RULE, "2026-01-01T00:00:00.000Z", "test")


def test_a_payment_and_a_refund(
    approved: Deal, keep: Keep, generic: Source, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(body: bytes, message: str) -> tuple[Counter[str], list[str]]:
        event_id, calls = keep(body, message), list[str]()
        with monkeypatch.context() as patch:
            spent: Callable[[], Counter[str]] = counted(patch)

            def noted(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
                calls.append(operation)
                return make()

            intercept(patch, noted)
            commands.apply(event_id, now)
            # what is behind the transaction, the count itself reads
            return Counter(spent()), calls[: calls.index("TransactWriteItems") + 1]

    # given: a deal that was paid for before, by this process
    apply(told.payment(), "msg_1")
    # then: the inbox and its source are read, then all that the fact can move, and all is written at once
    paid, calls = apply(told.payment("in_2", also=[]), "msg_2")
    assert paid == {"EVENT": 5, "SALE": 2, "PAYMENT": 2, "PARTNER": 7}
    assert calls == ["GetItem", "GetItem", "BatchGetItem", "TransactWriteItems"]
    refunded, calls = apply(told.refund(), "msg_3")
    assert refunded == {"EVENT": 5, "SALE": 2, "CLAIM": 2, "PARTNER": 7}
    assert calls == ["GetItem", "GetItem", "BatchGetItem", "TransactWriteItems"]
