"""Starts and stops MiniStack, the AWS endpoint of the local stack."""

import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sysconfig
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

import httpx

from local.lambda_runtime.moved_clock import FILE as CLOCK_FILE
from local.places import REGION, ROOT, ROOT_CREDENTIALS, Places, StackError, write_whole

_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
_START_SECONDS = 30
_STOP_SECONDS = 30
_HANDOVER_SECONDS = 60


@contextmanager
def running(places: Places) -> Generator[subprocess.Popen[bytes]]:
    """MiniStack with the state of `places`: what it keeps as it goes, and the rest when it is stopped."""
    with (places.home / "ministack.lock").open("w") as lock:
        _wait_for_the_last(lock)
        begin_anew_unless_kept(places)
        process = _start(places, lock)
    try:
        _wait_until_ready(places, process)
        yield process
    finally:
        _stop(process)
        _pid_file(places).unlink(missing_ok=True)


def save(places: Places) -> None:
    """Keeps what was deployed; what is done with it is kept as it goes (local/emulator/keeping.py)."""
    httpx.post(f"{places.endpoint}/_dealreg/save", timeout=_STOP_SECONDS).raise_for_status()


def begin_anew_unless_kept(places: Places) -> None:
    """Before the demo program is made nobody can have done anything: what a first start left counts for nothing."""
    if places.demo.exists():
        if _is_whole(places.state / "ministack" / "kept.sqlite"):
            return
        aside = places.home / "state.damaged"
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(FileNotFoundError):
            places.state.rename(aside)
        places.demo.unlink()
        print(f"what was kept is damaged: it is in {aside}, this begins anew", end=" ")
    shutil.rmtree(places.state, ignore_errors=True)


def _is_whole(kept: Path) -> bool:
    if not kept.exists():
        return False
    with closing(sqlite3.connect(kept)) as database, suppress(sqlite3.DatabaseError):
        whole = database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        return whole and database.execute("SELECT count(*) > 0 FROM snapshots").fetchone() == (1,)
    return False


def _start(places: Places, lock: IO[str]) -> subprocess.Popen[bytes]:
    temporary = places.home / "tmp"
    temporary.mkdir(exist_ok=True)
    for left_over in temporary.glob("ministack-lambda-*"):  # by the Lambda processes of the last run
        shutil.rmtree(left_over, ignore_errors=True)
    launch = [str(_PYTHON), str(ROOT / "local/emulator/launch.py"), sysconfig.get_path("purelib")]
    with places.log.open("ab") as log:
        process = subprocess.Popen(
            launch,
            env=_environment(places, temporary),
            stdin=subprocess.PIPE,  # it ends with us, and MiniStack then too
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; it is told to stop in good time to save its state
            pass_fds=[lock.fileno()],  # locked for as long as it lives
        )
    write_whole(_pid_file(places), str(process.pid))
    return process


def _environment(places: Places, temporary: Path) -> dict[str, str]:
    """All of it: the Lambdas inherit it, and shall not see more of this machine than they would see of AWS."""
    return ROOT_CREDENTIALS | {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT / "local/lambda_runtime"),
        CLOCK_FILE: str(places.clock),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(places.ports["ministack"]),
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(places.state / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(places.state / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _wait_until_ready(places: Places, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{places.endpoint}/_ministack/ready").is_success:
                return
        time.sleep(0.1)
    raise StackError(
        f"MiniStack did not start on port {places.ports['ministack']}: see {places.log}, or try 'make reset'."
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # its Lambda processes, which have nothing to save
    process.wait()
    if process.stdin:
        process.stdin.close()


def _wait_for_the_last(lock: IO[str]) -> None:
    """The MiniStack of a run that was killed saves what it has and stops by itself."""
    deadline = time.monotonic() + _HANDOVER_SECONDS
    while time.monotonic() < deadline:
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.1)
    raise StackError(f"Another run uses {Path(lock.name).parent}: stop it first (Ctrl-C).")


def _pid_file(places: Places) -> Path:
    return places.home / "ministack.pid"
