"""One request to a receiver that may be slow, broken or hostile.

The name is resolved once, every address it has must be allowed, and the checked address is the one dialled, so a name
that changes its mind reaches nothing. No redirects, proxies, cookies or decompression; one deadline for all of it.
"""

import io
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from dealreg.webhooks.model import Answer, Result, Timing
from dealreg.webhooks.transport.addresses import Target, is_allowed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

logger = logging.getLogger(__name__)

DEADLINE = 15.0
"""Seconds from the look-up of the name to the end of the answer."""
CONNECT_LIMIT = 5.0
"""Seconds for the look-up, and again for TCP and TLS with all addresses together."""
USER_AGENT = "Dealreg-Webhooks/1"
BODY_KEPT = 16 * 1024
_OVERHEAD = 48 * 1024
"""Bytes off the wire beside what is kept: headers, chunks, and what is cut off."""
_MOST_ADDRESSES = 16
_HEADERS_KEPT = (
    "content-length",
    "content-type",
    "date",
    "location",
    "request-id",
    "retry-after",
    "server",
    "x-request-id",
)
_LONGEST_HEADER_KEPT = 256


class Unreachable(OSError):
    """No way to an allowed address. The reason is for the log, never for the tenant."""


@dataclass(slots=True)
class _Stopwatch:
    started: float = field(default_factory=time.monotonic)
    parts: dict[str, int] = field(default_factory=dict[str, int])
    _last: float = field(default_factory=time.monotonic)

    def lap(self, part: str) -> None:
        now = time.monotonic()
        self.parts[part] = round((now - self._last) * 1000)
        self._last = now

    @property
    def total_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


def post(target: Target, headers: Mapping[str, str], body: bytes, deadline: float = DEADLINE) -> Answer:
    """Never raises for what the receiver or the network does: that is the answer.

    The status decides as soon as it is here: what breaks in the body after it only shortens what is kept.
    """
    watch = _Stopwatch()
    about = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    request = _request("POST", target, about | dict(headers)) + body
    result, response, kept = _exchange(target, request, watch.started + deadline, watch)
    return Answer(
        result=result,
        status_code=response.status if response else None,
        duration_ms=watch.total_ms,
        body=_readable(kept),
        headers=_kept_headers(response) if response else {},
        timing=Timing(**watch.parts),
    )


def get(target: Target, headers: Mapping[str, str], deadline: float, most: int) -> tuple[Result, int | None, bytes]:
    """How it ended, the status, and the body or its first `most` bytes. Likewise never raises."""
    watch = _Stopwatch()
    end = watch.started + deadline
    result, response, body = _exchange(target, _request("GET", target, headers), end, watch, most)
    return result, response.status if response else None, body


def _readable(kept: bytes) -> str:
    """What is no text takes more room once that is marked, and must not have it."""
    return kept.decode(errors="replace").encode()[:BODY_KEPT].decode(errors="ignore")


def _kept_headers(response: HTTPResponse) -> dict[str, str]:
    """Cookies and the like are the receiver's own affair."""
    found = {name: response.headers[name] for name in _HEADERS_KEPT if name in response.headers}
    return {name: str(value)[:_LONGEST_HEADER_KEPT] for name, value in found.items()}


def find_addresses(target: Target, limit: float = CONNECT_LIMIT) -> list[str]:
    """All of the name's addresses. Raises Unreachable, also when only one of them is not allowed."""
    pool = ThreadPoolExecutor(1)  # getaddrinfo has no time limit of its own
    try:
        found = pool.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM).result(limit)
    except OSError as error:
        raise Unreachable(f"look-up failed: {error!r}") from None
    finally:
        pool.shutdown(wait=False)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not 1 <= len(addresses) <= _MOST_ADDRESSES:
        raise Unreachable("too many addresses")
    if not all(is_allowed(address, loopback=target.loopback) for address in addresses):
        raise Unreachable("refused address")
    return addresses


def _connect(target: Target, end: float, watch: _Stopwatch) -> socket.socket:
    """The first address that answers; TLS, the certificate and SNI are for the name."""
    addresses = find_addresses(target, min(CONNECT_LIMIT, end - time.monotonic()))
    watch.lap("dns_ms")
    end = min(end, time.monotonic() + CONNECT_LIMIT)
    last_error: OSError = TimeoutError()
    for address in addresses:
        try:
            return _open(target, address, end, watch)
        except OSError as error:
            last_error = error
    raise last_error


def _open(target: Target, address: str, end: float, watch: _Stopwatch) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(end))
        connection.connect((address, target.port))
        watch.lap("connect_ms")
        if target.scheme != "https":
            return connection
        connection.settimeout(_left(end))
        secured = tls().wrap_socket(connection, server_hostname=target.host)
        watch.lap("tls_ms")
        return secured
    except OSError:
        connection.close()
        raise


@cache
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _request(method: str, target: Target, headers: Mapping[str, str]) -> bytes:
    fields = {
        "Host": target.authority,
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


def _exchange(
    target: Target, request: bytes, end: float, watch: _Stopwatch, most: int = BODY_KEPT
) -> tuple[Result, HTTPResponse | None, bytes]:
    """How it ended, the answer's head, the beginning of its body."""
    try:
        connection = _connect(target, end, watch)
    except OSError as error:
        logger.info("receiver unreachable", extra={"reason": repr(error)})
        return "unreachable", None, b""
    with connection:
        wire = _Wire(connection, end, most + _OVERHEAD)
        try:
            wire.send(request)
            response = HTTPResponse(cast("Any", wire), method="POST")
            response.begin()
        except TimeoutError:
            return "timeout", None, b""
        except Exception as error:  # OSError and HTTPException, and what else their bytes make of our parser
            logger.info("answer cannot be read", extra={"reason": repr(error)})
            return "bad_answer", None, b""
        watch.lap("first_byte_ms")
        with response:
            return "answered", response, _beginning(response, most)


def _beginning(response: HTTPResponse, most: int) -> bytes:
    """Nothing of a compressed one, which we did not ask for and do not unfold."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        return b""
    kept = bytearray()
    with suppress(Exception):  # whatever it is: the status has been read, and decides
        while len(kept) < most and (piece := response.read1(most - len(kept))):
            kept += piece
    return bytes(kept[:most])


class _Wire(io.RawIOBase):
    """A socket whose every read and write has only what is left of the whole deadline."""

    def __init__(self, connection: socket.socket, end: float, longest: int) -> None:
        self._connection = connection
        self._end = end
        self._longest = longest
        self._received = 0

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What HTTPResponse asks of a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self._connection.settimeout(_left(self._end))
        count = self._connection.recv_into(buffer)
        self._received += count
        if self._received > self._longest:
            raise OSError("the answer is too long")
        return count

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(_left(self._end))
            rest = rest[self._connection.send(rest) :]


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
