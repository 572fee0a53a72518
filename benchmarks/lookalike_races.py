"""Two partners register the same company at the same moment, each by another domain and another spelling of its name.

Both requests of a pair are let go together. Either deal would be approved without a person if it were alone; so a pair
that neither side sees is approved twice. It is seen if a deal has the other among its matches, as a possible duplicate
or so nearly one that a person looks, and waits for a reviewer.
"""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from random import Random
from threading import Barrier
from typing import Any

import httpx

from benchmarks import stack
from benchmarks.names import VARIANTS, company
from benchmarks.report import table
from dealreg.deals.facts import is_nearly_alike
from dealreg.matching.rules import Certainty

PATIENCE_SECONDS = 180
POLL_SECONDS = 0.2
AMOUNT = {"amount": "1000.00", "currency": "EUR"}
"""Below what the demo's tiers approve without a person."""


@dataclass(frozen=True, slots=True)
class Pair:
    kind: str
    customers: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: str
    seen_by: int
    """Sides at which a person looks because of the other."""
    approved: int
    """Sides that no person looks at."""


def run(rounds: int) -> None:
    with stack.running() as started:
        demo = started.demo
        keys = [partner["api_key"] for partner in demo["partners"][1:3]]
        found = race(demo["base_url"], keys, demo["admin_key"], rounds)
    rows = [[kind, *_row([one for one in found if one.kind == kind])] for kind in VARIANTS]
    table(
        "Look-alikes racing",
        f"{rounds} pairs, each of two domains and two spellings.",
        ["spelling", "pairs", "seen by both", "by one", "by none", "both approved"],
        [*rows, ["all", *_row(found)]],
    )


def _row(found: Sequence[Outcome]) -> list[object]:
    seen = Counter(one.seen_by for one in found)
    return [len(found), seen[2], seen[1], seen[0], sum(one.approved == 2 for one in found)]


def race(base_url: str, keys: Sequence[str], admin_key: str, pairs: int, first: int = 1_000_000) -> list[Outcome]:
    """One pair after the other; `keys` are of two partners whose deals are approved without a person.

    Another `first` makes other companies.
    """
    every_pair = [_pair(first + place, kind) for place, kind in zip(range(pairs), cycle(VARIANTS))]
    with ThreadPoolExecutor(2) as threads, httpx.Client(base_url=base_url, timeout=60) as client:
        started = [(pair, _register(client, threads, keys, pair)) for pair in every_pair]
        client.headers["authorization"] = f"Bearer {admin_key}"
        return [_outcome(client, pair, deals) for pair, deals in started]


def _pair(number: int, kind: str) -> Pair:
    one = company(number)
    names = one.name, VARIANTS[kind](one, Random(number))  # noqa: S311  # names are no secrets
    customers = [
        {"name": name, "domain": f"{label}-{number}.example", "country": one.country}
        for name, label in zip(names, ("www", "group"), strict=True)
    ]
    return Pair(kind, customers)


def _register(
    client: httpx.Client, threads: ThreadPoolExecutor, keys: Sequence[str], pair: Pair
) -> list[dict[str, Any]]:
    start = Barrier(2)

    def register(key: str, customer: dict[str, Any]) -> dict[str, Any]:
        body = {"customer": customer, "products": ["analytics"], "amount": AMOUNT}
        start.wait()
        reply = client.post("/v1/deals", json=body, headers={"authorization": f"Bearer {key}"})
        return reply.raise_for_status().json()

    return list(threads.map(register, keys, pair.customers))


def _outcome(admin: httpx.Client, pair: Pair, deals: Sequence[dict[str, Any]]) -> Outcome:
    one, other = (_assessed(admin, deal["id"]) for deal in deals)
    return Outcome(
        kind=pair.kind,
        seen_by=_sees(one, other) + _sees(other, one),
        approved=sum(deal["status"] == "approved" for deal in (one, other)),
    )


def _assessed(admin: httpx.Client, deal_id: str) -> dict[str, Any]:
    """The deal after its assessment: approved, or before a person."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        deal: dict[str, Any] = admin.get(f"/v1/admin/deals/{deal_id}").raise_for_status().json()
        if deal["status"] == "approved" or deal["conflict"]["verdict"] != "clear" or _noticed(deal):
            return deal
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"{deal_id} is neither approved nor in conflict")


def _sees(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one["status"] == "in_review" and other["id"] in _noticed(one)


def _noticed(deal: dict[str, Any]) -> set[str]:
    """For whom a person looks at the deal."""
    matches: list[dict[str, Any]] = deal["matches"]
    return {match["id"] for match in matches if match["certainty"] != Certainty.NONE or is_nearly_alike(match)}
