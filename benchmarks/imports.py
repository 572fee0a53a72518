"""A file of accounts through the whole local stack, its workers killed half way: how fast, what is lost or doubled.

`python -m benchmarks imports --rounds 100000` is the size that counts; all of it shares this machine's processors with
MiniStack, so the rate says nothing of AWS.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import httpx

from benchmarks import stack
from benchmarks.report import table
from local.deploy import outputs
from local.places import Places

WORKER = "ImportWorker"
POLL_SECONDS = 0.5


def run(rounds: int) -> None:
    with stack.running() as started:
        headers = {"authorization": f"Bearer {started.demo['admin_key']}"}
        with httpx.Client(base_url=started.demo["base_url"], headers=headers, timeout=60) as admin:
            place, begun = _start(admin, rounds), time.perf_counter()
            half = _wait(admin, place, lambda shown: shown["rows_done"] >= rounds // 2)
            killed, at_kill = _kill_workers(started.places), time.perf_counter()
            print(f"killed {killed} workers after {half['rows_done']} rows", flush=True)
            _wait(admin, place, lambda shown: shown["rows_done"] > half["rows_done"])
            resumed = time.perf_counter() - at_kill
            shown = _wait(admin, place, lambda shown: bool(shown["finished_at"]))
            seconds = time.perf_counter() - begun
        stored = _stored(started)
    table(
        "An import, killed half way",
        f"{rounds} rows; {killed} workers killed.",
        ["state", "rows/s", "seconds", "first progress after the kill, s", "created", "lost", "doubled", "rejected"],
        [
            [
                shown["state"],
                f"{rounds / seconds:.0f}",
                f"{seconds:.0f}",
                f"{resumed:.0f}",
                shown["created"],
                rounds - min(shown["created"], stored),
                max(shown["created"], stored) - rounds,
                shown["rejected"],
            ]
        ],
    )


def _start(admin: httpx.Client, rows: int) -> str:
    """The import's place in the API."""
    made = admin.post("/v1/admin/account-imports", json={"source": "bench", "mode": "full"}).raise_for_status().json()
    lines = (f"B{n},{_name(n)},bench-{n}.example.com,DE,customer\n" for n in range(rows))
    file = "external_id,name,domains,country,ownership\n" + "".join(lines)
    httpx.put(made["upload"]["url"], content=file.encode(), timeout=120).raise_for_status()
    admin.post(f"/v1/admin/account-imports/{made['id']}/start").raise_for_status()
    return f"/v1/admin/account-imports/{made['id']}"


def _name(number: int) -> str:
    """Of three words, as many different ones as there are companies in a country."""
    first, rest = divmod(number * 7919, 997)
    return f"Bench{first % 9973:04d} {'abcdefghij'[rest % 10] * 3}werk{rest} GmbH"


def _wait(admin: httpx.Client, place: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while True:
        shown: dict[str, Any] = admin.get(place).raise_for_status().json()
        if until(shown) or shown["finished_at"]:
            return shown
        time.sleep(POLL_SECONDS)


def _kill_workers(places: Places) -> int:
    """SIGKILL, in the middle of whatever they do, to the processes that this stack's MiniStack started for them."""
    parent = (places.home / "ministack.pid").read_text()
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", parent], capture_output=True, text=True, check=True)
    workers = [int(line.split()[0]) for line in listed.stdout.splitlines() if WORKER in line]
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    return len(workers)


def _stored(started: stack.Stack) -> int:
    """Accounts of the import that there are."""
    pages = (
        started.places.aws("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=outputs(started.places)["DealsTable"],
            FilterExpression="sk = :account AND #source = :bench",
            ExpressionAttributeNames={"#source": "source"},
            ExpressionAttributeValues={":account": {"S": "ACCOUNT"}, ":bench": {"S": "bench"}},
            Select="COUNT",
        )
    )
    return sum(page["Count"] for page in pages)
