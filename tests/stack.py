"""The whole local stack, as `make run` starts it, for the tests that go in through the front door."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.places import ROOT, Places

_READY_SECONDS = 240
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Stack:
    base_url: str
    demo: dict[str, Any]
    """What .local/demo.json holds."""
    places: Places
    """`places.aws("sqs")` is a client with all rights."""

    def now(self) -> datetime:
        """By its clock."""
        return datetime.fromisoformat(httpx.get(f"{self.base_url}/_local/clock", timeout=30).json()["now"])

    def client(self, token: str = "") -> httpx.Client:
        """For the API, as the holder of a key."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=30)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    """On ports of its own and with a memory of its own, so that it disturbs no `make run`.

    While you write a test, RUNNING_STACK=.local takes the one that `make run` keeps running; tests that move its clock
    are left out, since it would stay moved.
    """
    if running := os.environ.get("RUNNING_STACK"):
        yield _running(Places(Path(running).resolve()))
        return
    places = Places(tmp_path_factory.mktemp("stack"))
    output = places.home / "output.txt"
    with output.open("w") as file:
        command = [sys.executable, "-m", "local", "run", "--port", "0", "--home", str(places.home)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file, start_new_session=True)
    try:
        _wait_until_ready(places, process, output)
        yield _running(places)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_STOP_SECONDS)


def _running(places: Places) -> Stack:
    demo = json.loads(places.demo.read_text())
    return Stack(demo["base_url"], demo, places)


def _wait_until_ready(places: Places, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if "Dealreg is ready" in output.read_text():
            httpx.get(f"{_running(places).base_url}/_local/mail.json", timeout=30).raise_for_status()
            return
        time.sleep(0.2)
    raise RuntimeError(f"The stack did not start:\n{output.read_text()}\n{_tail(places.log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text().splitlines()[-60:]) if log.exists() else ""
