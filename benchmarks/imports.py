"""A file of accounts through the whole local stack, its workers killed on the way: how fast, what is lost or doubled.

Every account and every entry that the conflict index has of it is read again at the end. `python -m benchmarks imports
--rounds 100000` is the size that counts; all of it shares this machine's processors with MiniStack, so the rate says
nothing of AWS.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from benchmarks import stack
from benchmarks.names import company
from benchmarks.report import table
from dealreg.accounts import rows as account_rows
from dealreg.accounts import store as accounts
from dealreg.accounts.model import Account, id_of
from dealreg.matching import index
from dealreg.matching.names.keys import BLOCK_CAP
from dealreg.platform import dynamo
from local.deploy import outputs
from local.places import ROOT_CREDENTIALS, Places

WORKER = "ImportWorker"
SOURCE = "bench"
KILLED_AT = (0.3, 0.6)
"""Shares of the rows."""
POLL_SECONDS = 0.5


def run(rounds: int) -> None:
    with stack.running() as started:
        headers = {"authorization": f"Bearer {started.demo['admin_key']}"}
        with httpx.Client(base_url=started.demo["base_url"], headers=headers, timeout=60) as admin:
            place, begun = _start(admin, rounds), time.perf_counter()
            killed = sum(_kill_at(admin, place, int(rounds * share), started.places) for share in KILLED_AT)
            shown = _wait(admin, place, lambda shown: bool(shown["finished_at"]))
            seconds = time.perf_counter() - begun
        print("read again", flush=True)
        os.environ |= ROOT_CREDENTIALS | {
            "AWS_ENDPOINT_URL": started.places.endpoint,
            "ACCOUNTS_TABLE": outputs(started.places)["AccountsTable"],
            "MATCHING_TABLE": outputs(started.places)["MatchingTable"],
        }
        found = _accounts(rounds)
        members, (missing, strange) = _members(), _index(found)
    table(
        "An import, killed on the way",
        f"{rounds} rows; {killed} workers killed, after {' and '.join(f'{share:.0%}' for share in KILLED_AT)} of them.",
        ["", "state", "rows/s", "seconds", "created", "lost", "doubled", "entries missing", "entries of nobody"],
        [
            [
                "import",
                shown["state"],
                f"{rounds / seconds:.0f}",
                f"{seconds:.0f}",
                shown["created"],
                rounds - len(found),
                max(shown["created"], members) - len(found),
                missing,
                strange,
            ]
        ],
    )


def _start(admin: httpx.Client, rows: int) -> str:
    """The import's place in the API."""
    made = admin.post("/v1/admin/account-imports", json={"source": SOURCE, "mode": "full"}).raise_for_status().json()
    file = "external_id,name,domains,country,ownership\n" + "".join(map(_line, range(rows)))
    httpx.put(made["upload"]["url"], content=file.encode(), timeout=120).raise_for_status()
    admin.post(f"/v1/admin/account-imports/{made['id']}/start").raise_for_status()
    return f"/v1/admin/account-imports/{made['id']}"


def _line(number: int) -> str:
    one = company(number)
    return f"B{number},{one.name},{_domain(number)},{one.country},customer\n"


def _domain(number: int) -> str:
    return f"bench-{number}.example"


def _kill_at(admin: httpx.Client, place: str, rows: int, places: Places) -> int:
    """How many workers were killed."""
    reached = _wait(admin, place, lambda shown: shown["rows_done"] >= rows)
    killed = _kill_workers(places)
    print(f"killed {killed} workers after {reached['rows_done']} rows", flush=True)
    return killed


def _wait(admin: httpx.Client, place: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while True:
        reply = admin.get(place)
        if reply.is_success:  # a machine this busy may not answer in time
            shown: dict[str, Any] = reply.json()
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


def _accounts(rows: int) -> dict[str, Account]:
    """Those that are as the file says, by id."""
    found: dict[str, Account] = {}
    for start in range(0, rows, 100):
        wanted = {id_of(SOURCE, f"B{number}"): number for number in range(start, min(start + 100, rows))}
        for account_id, account in accounts.load_many(wanted).items():
            number = wanted[account_id]
            if (account.name, *account.domains) == (company(number).name, _domain(number)):
                found[account_id] = account
    return found


def _members() -> int:
    """How many accounts the source is known to have."""
    lists = [account_rows.list_of(SOURCE, shard) for shard in range(account_rows.SHARDS)]
    return sum(1 for partition in lists for _ in dynamo.every(os.environ["ACCOUNTS_TABLE"], partition))


def _index(found: dict[str, Account]) -> tuple[int, int]:
    """Entries that are missing where there was room for them, and entries or counts that nobody stands for."""
    wanted: dict[dynamo.Key, set[str]] = {}
    for account in found.values():
        for place in account_rows.entries_of(account):
            wanted.setdefault(place, set()).add(account.id)
    missing = strange = 0
    places = list(wanted)
    for start in range(0, len(places), 100):
        rows = dynamo.batch_get(places[start : start + 100])
        for place in places[start : start + 100]:
            row = rows.get(place, {})
            entries = set(index.entries_in(row))
            missing += len(wanted[place] - entries) if len(entries) < BLOCK_CAP else 0
            strange += len(_of_the_import(entries) - wanted[place]) + abs(row.get("entries", 0) - len(entries))
    return missing, strange


def _of_the_import(entries: Iterable[str]) -> set[str]:
    """The accounts of the demo program, which come by the API, have other ids."""
    return {entry for entry in entries if entry.startswith("acc_00000000")}
