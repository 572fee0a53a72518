"""Receivers on this machine: one that behaves, and ones that do whatever their script says, down to the byte."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Script = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes


@dataclass
class Receiver:
    url: str
    requests: list[Request] = field(default_factory=list[Request])
    statuses: list[int] = field(default_factory=list[int])
    """For the next requests; 200 after the last of them."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Of its answers."""
    answer: bytes = b"thank you"
    proves: bool = True
    """Answers a challenge as it must."""
    always: bytes | None = None
    """What it answers to everything, if it cannot be told what to answer."""


@contextmanager
def well_behaved() -> Generator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append(Request(self.path, headers, body))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            for name, value in ({"Location": "http://127.0.0.1:9/elsewhere"} | receiver.headers).items():
                self.send_header(name, value)
            self.end_headers()
            reply = _reply_to(body, receiver.answer) if receiver.proves else body
            self.wfile.write(reply if receiver.always is None else receiver.always)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _reply_to(body: bytes, usual: bytes) -> bytes:
    event = json.loads(body)
    if event.get("type") != "endpoint.verify":
        return usual
    return json.dumps({"challenge": event["data"]["challenge"]}).encode()


@contextmanager
def scripted(script: Script, tls: ssl.SSLContext | None = None) -> Generator[int]:
    """A port where each connection is handed to `script`, after the request's headers were read, and then closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, script, tls))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, script: Script, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        with (
            connection,
            suppress(OSError),
            tls.wrap_socket(connection, server_side=True) if tls else connection as wire,
        ):
            seen = b""
            while b"\r\n\r\n" not in seen and (piece := wire.recv(65536)):
                seen += piece
            script(wire)
