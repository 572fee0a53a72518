"""Runs other programs so that, when we are stopped, they and theirs stop too."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from local.places import ROOT


def run(command: list[str], environment: Mapping[str, str], log: IO[str]) -> bool:
    """Returns whether it succeeded. Raises FileNotFoundError."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        close_fds=False,  # the lock of one_at_a_time, the one descriptor that is inheritable
    )
    try:
        return process.wait() == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # nobody is left there after an ordinary end
