"""Where the local stack keeps things, and how to reach what it started."""

import json
import os
import socket
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parent.parent
REGION = "eu-central-1"
STACK_NAME = "dealreg"
ROOT_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


class StackError(Exception):
    """The stack cannot start; the message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class Places:
    """One local stack: everything it remembers is under `home`."""

    home: Path

    @property
    def state(self) -> Path:
        """MiniStack's and the receivers' memory."""
        return self.home / "state"

    @property
    def demo(self) -> Path:
        return self.home / "demo.json"

    @property
    def clock(self) -> Path:
        """By how many seconds the clock is moved; absent as long as it is not."""
        return self.state / "clock"

    @property
    def log(self) -> Path:
        """What sam said and what MiniStack says."""
        return self.home / "stack.log"

    @cached_property
    def ports(self) -> dict[str, int]:
        """Ports of MiniStack and of the demo receivers: picked once, because the kept state names them."""
        kept = self.home / "ports.json"
        if not kept.exists():
            write_whole(kept, json.dumps(dict(zip(("ministack", "receivers"), free_ports(2), strict=True))))
        return json.loads(kept.read_text())

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['ministack']}"

    def environment(self) -> dict[str, str]:
        """For commands that talk to this stack as if it were AWS."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return inherited | ROOT_CREDENTIALS | {"AWS_ENDPOINT_URL": self.endpoint} | tools()

    def aws(self, service: str) -> Any:
        """A client with all rights."""
        session: Any = boto3.Session(
            aws_access_key_id=ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return session.client(service, endpoint_url=self.endpoint)


def tools() -> dict[str, str]:
    """Environment in which sam finds itself, and the Python of the runtime it builds for, in .venv."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}


def write_whole(path: Path, text: str) -> None:
    """What was there or what is written: whoever is killed in between leaves no half of it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
