"""localstripe beside the local stack: it is asked as Stripe is, and sends signed webhooks.

It is GPL-3.0: it has an environment and a process of its own, and nothing here imports it.
"""

import json
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from local.places import ROOT, Places, StackError
from local.seed import write_demo

PROGRAM = ROOT / ".venv-stripe" / "bin" / "gunicorn"
PRICE = "analytics"
"""Per month, as a product of the demo program."""
_START_SECONDS = 30
_SOURCE = {"kind": "stripe", "name": "localstripe", "mode": "test"}


def play(places: Places, port: int) -> None:
    """Beside a running stack, until it is told to stop (Ctrl-C, SIGTERM)."""
    if not places.demo.exists():
        raise StackError("There is no local stack yet: 'make run' in another terminal, and try again.")
    demo: dict[str, Any] = json.loads(places.demo.read_text())
    source: dict[str, Any] = demo.get("localstripe") or new_source(demo)
    write_demo(places, demo | {"localstripe": source})
    with running(places, port) as stripe:
        _greet(stripe, customer(stripe, webhook_url(demo, source), source["secret"]), port)
        while True:
            time.sleep(3600)


def new_source(demo: dict[str, Any]) -> dict[str, Any]:
    """Of the billing system: its events are of test mode. With its secret."""
    headers = {"authorization": f"Bearer {demo['admin_key']}"}
    try:
        reply = httpx.post(
            f"{demo['base_url']}/v1/admin/billing-sources", json=_SOURCE, headers=headers, timeout=30
        ).raise_for_status()
    except httpx.HTTPError as failure:
        raise StackError(f"The local stack did not take a billing source ({failure}): is 'make run' running?") from None
    return {"id": reply.json()["id"], "secret": reply.json()["secret"]}


def webhook_url(demo: dict[str, Any], source: dict[str, Any]) -> str:
    return f"{demo['base_url']}/webhooks/billing/{source['id']}"


@contextmanager
def running(places: Places, port: int) -> Generator[httpx.Client]:
    """A client of its API. It begins with nothing each time, and is heard on this machine alone.

    Its own command listens on all addresses, so a server for its application starts it.
    """
    if not PROGRAM.exists():
        raise StackError("localstripe is not installed: make .venv-stripe/ready")
    where = ["--bind", f"127.0.0.1:{port}", "--worker-class", "aiohttp.GunicornWebWorker", "--no-control-socket"]
    with (places.home / "localstripe.log").open("wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM), *where, "localstripe.server:app"], stdout=log, stderr=log, start_new_session=True
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=("sk_test_12345", ""), timeout=30) as client:
            _wait_until_ready(client, process, port)
            yield client
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if client.get("/v1/plans").is_success:
                return
        time.sleep(0.1)
    raise StackError(f"localstripe did not start on port {port}: see localstripe.log beside the stack's log.")


def customer(stripe: httpx.Client, url: str, secret: str) -> str:
    """One with a card, for whom there is something to subscribe to; whose webhooks go to `url`. Its id."""
    asked(stripe, "/_config/webhooks/dealreg", {"url": url, "secret": secret})
    price = {"id": PRICE, "amount": "9900", "currency": "eur", "interval": "month", "product[name]": "Analytics"}
    asked(stripe, "/v1/plans", price)
    card = {"payment_method": "pm_card_visa", "invoice_settings[default_payment_method]": "pm_card_visa"}
    return asked(stripe, "/v1/customers", {"name": "Quarz GmbH", "email": "ada@quarz.example", **card})["id"]


def asked(stripe: httpx.Client, path: str, form: dict[str, str]) -> dict[str, Any]:
    reply = stripe.post(path, data=form)
    if not reply.is_success:
        raise StackError(f"localstripe refused {path}: {reply.text}")
    return reply.json() if reply.content else {}


def _greet(stripe: httpx.Client, customer_id: str, port: int) -> None:
    print(
        f"""
localstripe is ready: {stripe.base_url} (key sk_test_12345). Ctrl-C stops it and forgets what it has.

Let a customer subscribe, with the number of an approved deal:

  curl localhost:{port}/v1/subscriptions -u sk_test_12345: -d customer={customer_id} \\
      -d 'items[0][plan]={PRICE}' -d 'metadata[deal_number]=D-…'

Its invoice is paid at once; a second later its webhooks come in, and the deal's page shows the rest.""",
        flush=True,
    )
