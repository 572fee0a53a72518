"""Starts and stops MiniStack, the AWS endpoint of the local stack."""

import os
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from local.places import REGION, ROOT, ROOT_CREDENTIALS, Places, StackError

_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
_START_SECONDS = 30
_STOP_SECONDS = 30


@contextmanager
def running(places: Places) -> Generator[subprocess.Popen[bytes]]:
    """MiniStack with the state of `places`, which it saves when it is stopped."""
    _stop_orphan(places)
    process = _start(places)
    try:
        _wait_until_ready(places, process)
        yield process
    finally:
        _stop(process)
        _pid_file(places).unlink(missing_ok=True)


def _start(places: Places) -> subprocess.Popen[bytes]:
    temporary = places.home / "tmp"
    temporary.mkdir(exist_ok=True)
    for left_over in temporary.glob("ministack-lambda-*"):  # by the Lambda processes of the last run
        shutil.rmtree(left_over, ignore_errors=True)
    launch = [str(_PYTHON), str(ROOT / "local/emulator/launch.py"), sysconfig.get_path("purelib")]
    with places.log.open("ab") as log:
        process = subprocess.Popen(
            launch,
            env=_environment(places, temporary),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; it is told to stop in good time to save its state
        )
    _pid_file(places).write_text(str(process.pid))
    return process


def _environment(places: Places, temporary: Path) -> dict[str, str]:
    """All of it: the Lambdas inherit it, and shall not see more of this machine than they would see of AWS."""
    return ROOT_CREDENTIALS | {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT / "local/lambda_runtime"),
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


def _stop_orphan(places: Places) -> None:
    """Of a run that was killed: it would hold the port, and has the newest state, which it saves on its way."""
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int(_pid_file(places).read_text())
        command = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        if "local/emulator/launch.py" not in command.stdout:
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.1)


def _pid_file(places: Places) -> Path:
    return places.home / "ministack.pid"
