"""The API of a billing system, on this machine."""

import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from dealreg.billing.model import Source, SourceKind

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@dataclass
class Api:
    """Answers each path with what it has, and remembers the requests, which are told apart by their end."""

    port: int
    has: dict[str, tuple[int, bytes]]
    requests: list[bytes] = field(default_factory=list[bytes])

    def source(self, kind: SourceKind, **fields: Any) -> Source:
        base = f"http://127.0.0.1:{self.port}"
        told: dict[str, Any] = {"api_base": base, "api_key": "key-1"} | fields
        return Source("bsrc_1", kind, "Billing", (), NOW, **told)


@contextmanager
def api(paths: Mapping[str, tuple[int, bytes]] | None = None, **has: tuple[int, bytes]) -> Generator[Api]:
    """`has`: by path, without its slash."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Api(listener.getsockname()[1], {**(paths or {}), **{f"/{name}": one for name, one in has.items()}})
        thread = Thread(target=_serve, args=(listener, served))
        thread.start()
        try:
            yield served
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, served: Api) -> None:
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        with connection:
            request = connection.recv(65_536)
            served.requests.append(request)
            path = request.split(b" ")[1].decode().removeprefix("/oauth")
            status, body = served.has.get(path, (404, b"{}"))
            with suppress(OSError):  # whoever asked has read enough
                head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode() + body)
