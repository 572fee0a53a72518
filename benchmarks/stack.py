"""The local stack, started for the measurements that need it: ports and memory of its own."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.places import ROOT, Places

_READY_SECONDS = 300
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Stack:
    places: Places
    demo: dict[str, Any]
    """What it wrote into demo.json."""


@contextmanager
def running() -> Generator[Stack]:
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder))
        command = [sys.executable, "-m", "local", "run", "--port", "0", "--home", folder]
        output = places.home / "output.txt"
        with output.open("w") as file:
            process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file, start_new_session=True)
        try:
            _wait_until_ready(process, output)
            yield Stack(places, json.loads(places.demo.read_text()))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_SECONDS)


def _wait_until_ready(process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while "Dealreg is ready" not in output.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The stack did not start:\n{output.read_text()}")
        time.sleep(0.2)
