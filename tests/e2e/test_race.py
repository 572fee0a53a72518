"""Two partners register the same customer at the same moment, fifty times over."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.e2e.test_story import AMOUNT, new_customer
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.leaves_many]
RACES = 50


def test_one_is_protected_one_is_queued_none_is_lost(stack: Stack) -> None:
    partners = stack.demo["partners"][:2]
    clients = [stack.client(partner["api_key"]) for partner in partners]

    def race(pool: ThreadPoolExecutor) -> list[dict[str, Any]]:
        start, customer = Barrier(2), new_customer()

        def run(client: Any) -> dict[str, Any]:
            start.wait()
            reply = client.post("/v1/deals", json={"customer": customer, "products": ["analytics"], "amount": AMOUNT})
            assert reply.status_code == 201, reply.text
            return reply.json()

        return list(pool.map(run, clients))

    with ThreadPoolExecutor(2) as pool, clients[0], clients[1]:
        outcomes = [race(pool) for _ in range(RACES)]
        for place, client in enumerate(clients):
            newest = client.get("/v1/deals", params={"limit": 2 * RACES}).json()["items"]
            assert {pair[place]["id"] for pair in outcomes} <= {deal["id"] for deal in newest}
    for pair in outcomes:
        assert sorted(deal["status"] for deal in pair) == ["in_review", "queued"]
        queued = next(deal for deal in pair if deal["status"] == "queued")
        assert queued["conflict"]["verdict"] == "claimed_by_partner"
    assert len({deal["id"] for pair in outcomes for deal in pair}) == 2 * RACES
