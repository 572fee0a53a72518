"""Brings the whole stack up, step by step, and serves it until it is told to stop."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import uvicorn

from local import ministack
from local.build import build_for_here, one_at_a_time
from local.deploy import api_id, deploy
from local.front_door import FrontDoor
from local.logs import recent_logs
from local.places import Places, StackError
from local.seed import seed, write_demo
from local.workflows import resume_executions


def run(places: Places, port: int) -> None:
    """Returns when it was told to stop (Ctrl-C, SIGTERM)."""
    started = time.monotonic()
    doors = [
        _listen(port, "choose another: make run PORT=8001"),
        _listen(places.ports["receivers"], "forget the stack that uses it for its receivers: make reset"),
    ]
    base_url = f"http://localhost:{doors[0].getsockname()[1]}"
    with ExitStack() as until_stopped:
        with one_at_a_time(), places.log.open("a") as log:
            log.truncate(0)
            with _step("Building the functions and layers") as done:
                template, was_built = build_for_here(log)
                done("" if was_built else "nothing changed")
            with _step("Starting MiniStack"):
                process = until_stopped.enter_context(ministack.running(places))
            with _step("Deploying to it") as done:
                done("" if deploy(places, template, base_url, log) else "nothing changed")
        with _step("Demo program") as done:
            api = api_id(places)
            done("made" if _prepare_demo(places, api, base_url) else "as you left it")
        with _step("Approvals under way") as done:
            done(f"{resume_executions(places)} taken up again")
        _greet(base_url, time.monotonic() - started)
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(FrontDoor(places, api), doors, process))
        if process.poll() is not None:
            raise StackError(f"MiniStack ended by itself: see {places.log}. What was answered is kept for 'make run'.")
        print("\nStopping; what you did is kept for the next 'make run'.", flush=True)


def _prepare_demo(places: Places, api_id: str, base_url: str) -> bool:
    """Returns whether it had to be made."""
    kept: dict[str, Any] | None = json.loads(places.demo.read_text()) if places.demo.exists() else None
    try:
        demo = kept or {"base_url": base_url} | seed(places, api_id)
    except StackError:
        with places.log.open("a") as log:
            log.writelines(f"{line.at} {line.where} {line.text}\n" for line in reversed(recent_logs(places)))
        raise
    write_demo(places, demo | {"base_url": base_url})
    return kept is None


async def _serve(front_door: FrontDoor, doors: list[socket.socket], process: subprocess.Popen[bytes]) -> None:
    """Until it is told to stop, or MiniStack is gone."""
    config = uvicorn.Config(
        front_door.app(),
        log_level="warning",
        access_log=False,
        date_header=False,  # the API sends its own
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    watching = asyncio.create_task(_end_with(process, server))
    await server.serve(sockets=doors)
    watching.cancel()


async def _end_with(process: subprocess.Popen[bytes], server: uvicorn.Server) -> None:
    while process.poll() is None:
        await asyncio.sleep(0.5)
    server.should_exit = True


def _listen(port: int, otherwise: str) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        raise StackError(f"Port {port} is taken: stop what uses it, or {otherwise}") from None


@contextmanager
def _step(what: str) -> Generator[Any]:
    """Prints a line that is finished when the step is: with `done`'s word and the time it took."""
    started = time.monotonic()
    print(f"  {what} ...", end=" ", flush=True)
    words: list[str] = []
    yield words.append
    print(" ".join([*filter(None, words), f"({time.monotonic() - started:.1f} s)"]), flush=True)


def _greet(base_url: str, seconds: float) -> None:
    print(
        f"""
Dealreg is ready ({seconds:.0f} s).

  {base_url}/_local/           start here: sign in as a demo partner with one click
  {base_url}/                  the partner's form and deals
  {base_url}/admin             the vendor's console, for the people named on the start page
  {base_url}/_local/mail       every e-mail, with working links
  {base_url}/_local/webhooks   what the demo's receivers got

Try: sign in, register a deal, approve it from the mail, see who was told.
Keys and ids for scripts are in .local/demo.json. Ctrl-C stops.

Kept as you go: what was answered is there after 'kill -9', and the next start goes on with what it had yet to set in
motion. Not kept by 'kill -9': the log, and nothing is forced to the disk for a power failure.""",
        flush=True,
    )
    sys.stdout.flush()
