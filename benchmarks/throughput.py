"""Registrations through the whole local stack, over HTTP: front door, API Gateway, Lambda, DynamoDB.

All of it shares this machine's processors with MiniStack, so the figures compare changes of the code and say nothing of
AWS. The baseline is `GET /healthz` with as many clients: the same way in, a function that does nothing.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks import sample, stack
from benchmarks.report import percentile, table

CLIENTS = 4
WARM_UP = 20
BASELINE = "GET /healthz"


def run(rounds: int) -> None:
    with stack.running() as started:
        partner = started.demo["partners"][0]
        headers = {"authorization": f"Bearer {partner['api_key']}"}
        with httpx.Client(base_url=started.demo["base_url"], headers=headers, timeout=30) as client:

            def register(number: int) -> httpx.Response:
                key = {"idempotency-key": f"bench-{number}"}
                return client.post("/v1/deals", json=sample.body(number, "analytics"), headers=key)

            rows = [
                _measure(BASELINE, rounds, lambda _: client.get("/healthz")),
                _measure("POST /v1/deals", rounds, register),
                _measure("GET /v1/deals?limit=25", rounds, lambda _: client.get("/v1/deals", params={"limit": 25})),
            ]
    table(
        "Through the local stack",
        f"{rounds} requests each, {CLIENTS} clients at a time.",
        ["request", "per second", "p50 ms", "p99 ms"],
        rows,
    )


def _measure(name: str, rounds: int, call: Callable[[int], httpx.Response]) -> list[object]:
    def timed(number: int) -> float:
        start = time.perf_counter()
        call(number).raise_for_status()
        return (time.perf_counter() - start) * 1000

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(timed, range(rounds, rounds + WARM_UP)))
        start = time.perf_counter()
        taken = list(clients.map(timed, range(rounds)))
        seconds = time.perf_counter() - start
    return [name, f"{rounds / seconds:.1f}", f"{percentile(taken, 50):.1f}", f"{percentile(taken, 99):.1f}"]
