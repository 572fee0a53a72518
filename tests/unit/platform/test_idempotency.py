from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import dynamo, idempotency
from dealreg.platform.errors import IdempotencyMismatch, InvalidInput
from dealreg.platform.idempotency import StoredReply

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def environment() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDEMPOTENCY_TABLE", "Idempotency")
        yield


def guard(key: str = "k1", body: bytes = b"{}") -> idempotency.Guard:
    return idempotency.guard("part_1", "POST /v1/deals", key, body)


def row_of(action: dynamo.Action) -> dict[str, Any]:
    return dynamo.item_from_wire(action["Put"]["Item"])


@given(st.integers(200, 299), st.text())
def test_a_repeated_request_gets_its_first_reply(status: int, body: str) -> None:
    reply = StoredReply(status, body)
    row = row_of(idempotency.record(guard(), reply, NOW))
    assert idempotency.stored_reply(guard(), row, NOW + timedelta(hours=24)) == reply


def test_a_key_used_for_another_body_is_refused() -> None:
    row = row_of(idempotency.record(guard(), StoredReply(201, ""), NOW))
    with pytest.raises(IdempotencyMismatch):
        idempotency.stored_reply(guard(body=b'{"a": 1}'), row, NOW)


def test_an_old_record_no_longer_counts() -> None:
    row = row_of(idempotency.record(guard(), StoredReply(201, ""), NOW))
    assert idempotency.stored_reply(guard(), row, NOW + idempotency.KEPT) is None
    assert idempotency.stored_reply(guard(), None, NOW) is None


def test_keys_of_other_callers_and_routes_are_others() -> None:
    places = {
        idempotency.guard(caller, route, "k1", b"").key
        for caller in ("part_1", "part_2")
        for route in ("POST /v1/deals", "POST /v1/deals/{id}/lost")
    }
    assert len(places) == 4


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\nb", "\x00"])
def test_a_key_is_short_and_printable(key: str) -> None:
    with pytest.raises(InvalidInput):
        guard(key)
