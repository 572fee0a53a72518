"""From a signed webhook to a readable line, through the deployed local stack: gateway, inbox, stream, booking.

Beside it, in the same run and at the same pace, the same for `deal.closed_won`: of deals that are approved, which are
then the deals that are paid for. It shares this machine's processors with MiniStack and a process for each Lambda.
"""

import json
import os
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from standardwebhooks import Webhook

from benchmarks import sample, stack
from benchmarks.report import percentile
from benchmarks.webhooks.world import wait_until
from dealreg.billing import store as inbox
from dealreg.deals import commands, store
from dealreg.deals.model import Deal, place_of
from dealreg.ledger import rows
from dealreg.platform import due, dynamo, events, ids, times
from local.deploy import outputs
from local.places import ROOT_CREDENTIALS

RATE, SECONDS = 5, 20
PATIENCE = 120
"""Seconds, for a backlog to be worked off."""
_LOOK_SECONDS = 0.01
_AT_ONCE = 100
_PLAN = "bench"
_TABLES = ("Deals", "Matching", "Partners", "Idempotency", "BillingInbox", "Ledger")
Json = dict[str, Any]


def measured(rate: int = RATE, seconds: int = SECONDS) -> Json:
    """Percentiles in milliseconds."""
    with stack.running() as started, _environment(started):
        sender = _Sender(started)
        deals = _approved(started, rate * seconds + 2)
        for deal in deals[:2]:  # processes start
            sender.send([_closed_won(deal)], rate)
            sender.send([_payment(deal)], rate)
        won = sender.send([_closed_won(deal) for deal in deals[2:]], rate)
        paid = sender.send([_payment(deal) for deal in deals[2:]], rate)
        lines = sum(1 for partner in {deal.partner_id for deal in deals} for _ in _lines(partner, deals[2:]))
    return {
        "rate": rate,
        "sent": len(deals) - 2,
        "lines": lines,
        "webhook_to_line_ms": _percentiles(paid),
        "deal_closed_won_ms": _percentiles(won),
        "processors": os.cpu_count(),
    }


def _percentiles(waits: Sequence[float]) -> Json:
    return {f"p{share}": round(percentile(waits, share)) for share in (50, 95, 99)}


@contextmanager
def _environment(started: stack.Stack) -> Generator[None]:
    """That of the product's code, which makes here what takes long through the front door."""
    names = outputs(started.places)
    own = {"_".join(_words(table)).upper() + "_TABLE": names[f"{table}Table"] for table in _TABLES}
    os.environ |= ROOT_CREDENTIALS | own
    os.environ |= {"AWS_ENDPOINT_URL": started.places.endpoint, "SECRET_ARN": names["SecretArn"]}
    yield


def _words(name: str) -> list[str]:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).split()


# ---- what is sent ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sender:
    """What comes in by the demo's own source."""

    started: stack.Stack
    _sent: dict[str, float] = field(default_factory=dict[str, float])
    _done: dict[str, float] = field(default_factory=dict[str, float])

    def send(self, bodies: Sequence[Json], rate: int) -> list[float]:
        """At that pace; how long each took in milliseconds until its event is applied, which its line is then, too."""
        self._sent.clear()
        self._done.clear()
        is_over = threading.Event()
        looking = threading.Thread(target=self._look, args=(is_over,))
        looking.start()
        try:
            with ThreadPoolExecutor(rate) as threads, httpx.Client(timeout=60) as client:
                began, posts = time.monotonic(), list[Future[None]]()
                for number, body in enumerate(bodies):
                    time.sleep(max(0.0, began + number / rate - time.monotonic()))
                    posts.append(threads.submit(self._post, client, body))
                for post in posts:
                    post.result()
            wait_until(lambda: len(self._done) == len(bodies), PATIENCE)
        finally:
            is_over.set()
            looking.join()
        if left := [inbox.event(event_id) for event_id in self._sent if event_id not in self._done]:
            raise RuntimeError(f"{len(left)} of {len(bodies)} were not applied, such as {left[0]}")
        return [(at - self._sent[event_id]) * 1000 for event_id, at in self._done.items()]

    def _post(self, client: httpx.Client, body: Json) -> None:
        (source,) = (one for one in self.started.demo["billing_sources"] if one["kind"] == "standard-webhooks")
        message, now, text = ids.new_id("evt", times.now()), times.now(), json.dumps(body)
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(source["secret"]).sign(message, now, text),
        }
        self._sent[inbox.event_id(source["id"], message)] = time.monotonic()
        address = f"{self.started.demo['base_url']}/webhooks/billing/{source['id']}"
        client.post(address, content=text, headers=headers).raise_for_status()

    def _look(self, is_over: threading.Event) -> None:
        while not is_over.is_set():
            waiting = [event_id for event_id in [*self._sent] if event_id not in self._done]
            keys = {inbox.event_key(event_id): event_id for event_id in waiting[:_AT_ONCE]}
            found = dynamo.batch_get(keys, ("status",)) if keys else {}
            now = time.monotonic()
            self._done.update({keys[key]: now for key, item in found.items() if item["status"] == "applied"})
            time.sleep(_LOOK_SECONDS)


def _closed_won(deal: Deal) -> Json:
    data: Json = {"deal_id": deal.id, "amount": {"amount": "48000.00", "currency": "EUR"}}
    return {"type": "deal.closed_won", "timestamp": times.to_text(times.now()), "data": data}


def _payment(deal: Deal) -> Json:
    now = times.to_text(times.now())
    sale: Json = {"id": f"in_{deal.id}", "deal_id": deal.id, "kind": "new", "total": "119.00", "tax": "19.00"}
    sale["lines"] = [{"product": "analytics", "amount": "100.00"}]
    paid: Json = {"payment_id": f"pay_{deal.id}", "amount": {"amount": "119.00", "currency": "EUR"}, "paid_at": now}
    return {"type": "payment.succeeded", "timestamp": now, "data": paid | {"sale": sale}}


# ---- deals ----------------------------------------------------------------------------------------------------------


def _approved(started: stack.Stack, count: int) -> list[Deal]:
    """One that came through the front door, and as many like it, dealt out to the demo's partners."""
    demo = started.demo
    version = {"effective_from": "2020-01-01", "applies_to": "new_deals", "currency": "EUR", "hold_days": 30}
    rules = [{"id": "base", "rate": {"percent": "20"}}]
    with httpx.Client(base_url=demo["base_url"], timeout=60) as client:
        path, owner = f"/v1/admin/commission-plans/{_PLAN}/versions", demo["partners"][0]["api_key"]
        client.post(path, json=version | {"rules": rules}, headers=_as(demo["admin_key"])).raise_for_status()
        made = client.post("/v1/deals", json=sample.body(7, "analytics"), headers=_as(owner)).raise_for_status().json()
    deal = store.locate(made["id"])
    first = commands.apply_decision(deal, 1, "approve", commands.context_at(times.now()), "ada@vendor.example")
    partners = [partner["id"] for partner in demo["partners"]]
    return [_like(first, number, partners[number % len(partners)]) for number in range(count)]


def _as(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _like(first: Deal, number: int, partner_id: str) -> Deal:
    deal_id = ids.make_id("deal", times.now(), int.from_bytes(os.urandom(10)))
    one = replace(first, id=deal_id, partner_id=partner_id, plan=_PLAN, identities=[f"domain#bench-{number}.example"])
    *_, last = store.events_of(first)
    told = events.to_item(replace(last, id=ids.new_id("evt", times.now()), subject=one.id, place=place_of(one.id)))
    told |= {"partner_id": partner_id}  # by its events a deal is found
    published = {name: value for name, value in told.items() if name not in due.ATTRIBUTES}
    dynamo.transact([dynamo.put(store.table(), row) for row in (store.deal_item(one), published)])
    return one


def _lines(partner_id: str, deals: Sequence[Deal]) -> Iterator[dynamo.Item]:
    own = {deal.id for deal in deals}
    lines = dynamo.every(rows.table(), f"PARTNER#{partner_id}", rows.LINE)
    return (line for line in lines if line.get("deal_id") in own)
