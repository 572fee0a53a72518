"""A receiver with faults: what it does is in the first part of the path, such as /hang/7."""

import asyncio
import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

_OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
_BOMB = gzip.compress(b"\0" * 50_000_000)
_HANG_SECONDS = 60


@dataclass
class Received:
    path: str
    message_id: str
    at: float


@dataclass
class Receiver:
    port: int = 0
    received: list[Received] = field(default_factory=list[Received])

    def of(self, path: str) -> list[Received]:
        return [each for each in self.received if each.path.startswith(path)]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


async def _hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_HANG_SECONDS)


async def _slow_body(writer: asyncio.StreamWriter) -> None:
    writer.write(_OK + b"Content-Length: 1000\r\n\r\n")
    for _ in range(_HANG_SECONDS):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(1)


async def _reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def _saying(data: bytes) -> Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return say


FAULTS = {
    "500": _saying(b"HTTP/1.1 500 Broken\r\nConnection: close\r\n\r\n"),
    "redirect": _saying(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nConnection: close\r\n\r\n"),
    "reset": _reset,
    "wrong-length": _saying(_OK + b"Content-Length: 9999\r\n\r\nshort"),
    "bomb": _saying(_OK + b"Content-Encoding: gzip\r\n\r\n" + _BOMB),
    "slow-body": _slow_body,
    "hang": _hang,
}
"""The two that take long are the last, so that what is left of them is in nobody's way."""
BEHAVIOURS = FAULTS | {"ok": _saying(_OK + b"Content-Length: 2\r\n\r\nok")}


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Generator[Receiver]:
    receiver, loop = Receiver(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(lambda r, w: _answer(receiver, r, w), "127.0.0.1", 0, ssl=tls, backlog=1000)

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _answer(receiver: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in head[1:] if ": " in line]
        headers = {name.lower(): value for name, value in fields}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path = head[0].split(" ")[1]
        receiver.received.append(Received(path, headers.get("webhook-id", ""), time.time()))
        if b'"endpoint.verify"' in body:
            challenge = json.dumps({"challenge": json.loads(body)["data"]["challenge"]}).encode()
            writer.write(_OK + b"\r\n" + challenge)
        else:
            await BEHAVIOURS[path.split("/")[1]](writer)
        await writer.drain()
    writer.close()
