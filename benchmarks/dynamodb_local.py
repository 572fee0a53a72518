"""AWS's own DynamoDB Local beside MiniStack, for who has it: DYNAMODB_LOCAL names the folder with DynamoDBLocal.jar.

The jar ships in the npm package `amplify-dynamodb-simulator`, in its folder `emulator`, and needs Java.
"""

import os
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

import httpx

_START_SECONDS = 30


@contextmanager
def running() -> Generator[dict[str, str]]:
    """The environment that leads clients there: nothing when there is none, and they stay with MiniStack."""
    folder = os.environ.get("DYNAMODB_LOCAL")
    if not folder:
        yield {}
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = ["java", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-port", port]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(address)
        yield {"AWS_ENDPOINT_URL_DYNAMODB": address}
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(address)
            return
        time.sleep(0.1)
    raise TimeoutError("DynamoDB Local did not start")
