"""One POST to receivers that behave, and to ones that do not."""

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dealreg.webhooks.model import Answer
from dealreg.webhooks.transport import sender
from dealreg.webhooks.transport.addresses import Target, parse_url
from tests.integration.webhooks.conftest import Resolver
from tests.integration.webhooks.receivers import Script, scripted, well_behaved

PATIENCE = 0.3
"""Seconds; the deadline in tests of receivers that never come to an end."""


def post(url: str, deadline: float = sender.DEADLINE) -> Answer:
    return sender.post(parse_url(url, allow_loopback=True), {"webhook-id": "evt_1"}, b'{"a":1}', deadline)


def answer_of(script: Script, deadline: float = PATIENCE) -> Answer:
    with scripted(script) as port:
        return post(f"http://127.0.0.1:{port}/", deadline)


def say(*pieces: bytes) -> Script:
    def script(wire: socket.socket) -> None:
        for piece in pieces:
            wire.sendall(piece)

    return script


def test_the_request_is_what_was_to_be_sent() -> None:
    with well_behaved() as receiver:
        answer = post(receiver.url + "?x=1")
    (request,) = receiver.requests
    assert (answer.result, answer.status_code, answer.body) == ("answered", 200, "thank you")
    assert (request.path, request.body) == ("/hook?x=1", b'{"a":1}')
    assert request.headers == {
        "host": receiver.url.split("/")[2],
        "user-agent": "Dealreg-Webhooks/1",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/json",
        "content-length": "7",
        "webhook-id": "evt_1",
    }


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_never_followed(status: int) -> None:
    with well_behaved() as receiver:
        receiver.statuses.append(status)
        answer = post(receiver.url)
    assert answer.status_code == status
    assert not answer.is_success
    assert len(receiver.requests) == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with well_behaved() as receiver:
        assert post(receiver.url).is_success


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").result == "unreachable"


def test_an_unknown_name_and_a_refused_address_look_the_same(names: Resolver) -> None:
    names({"inside.example.com": ["10.0.0.1"]})
    inside, unknown = post("https://inside.example.com/"), post("https://unknown.example.com/")
    assert (inside.result, inside.status_code, inside.body) == (unknown.result, unknown.status_code, unknown.body)
    assert inside.result == "unreachable"


def test_one_bad_address_among_good_ones_is_enough(names: Resolver) -> None:
    names({"mixed.example.com": ["93.184.215.14", "169.254.169.254"]})
    with pytest.raises(sender.Unreachable, match="refused"):
        sender.find_addresses(parse_url("https://mixed.example.com/", allow_loopback=True))


@pytest.mark.parametrize("addresses", [[], ["93.184.215.14"] + [f"93.184.216.{n}" for n in range(16)]])
def test_a_name_has_some_addresses_and_not_many(names: Resolver, addresses: list[str]) -> None:
    names({"odd.example.com": addresses})
    with pytest.raises(sender.Unreachable):
        sender.find_addresses(parse_url("https://odd.example.com/", allow_loopback=False))


def test_a_public_name_that_leads_to_this_machine_reaches_nothing(names: Resolver) -> None:
    connected = threading.Event()
    with scripted(lambda _: connected.set()) as port:
        names({"rebound.example.com": ["127.0.0.1"]})
        target = Target("https", "rebound.example.com", port, "/", loopback=False)
        assert sender.post(target, {}, b"").result == "unreachable"
    assert not connected.is_set()


def test_the_name_is_looked_up_once_and_the_checked_address_is_dialled(names: Resolver) -> None:
    with well_behaved() as receiver:
        asked = names({"localhost": ["127.0.0.1"]})
        assert post(receiver.url.replace("127.0.0.1", "localhost")).is_success
    assert asked == ["localhost"], "the dialled address needed no look-up of its own"


def test_a_name_that_changes_its_mind_between_two_attempts_reaches_nothing(names: Resolver) -> None:
    """Public when it is asked first, inside when it is asked again: each connection asks anew, and judges anew."""
    connected = threading.Event()
    with scripted(lambda _: connected.set()) as port:
        addresses = {"rebinding.example.com": ["93.184.215.14"]}
        asked = names(addresses)
        target = Target("https", "rebinding.example.com", port, "/", loopback=False)
        assert sender.find_addresses(target) == ["93.184.215.14"]
        addresses["rebinding.example.com"] = ["127.0.0.1"]
        assert sender.post(target, {}, b"").result == "unreachable"
    assert asked == ["rebinding.example.com"] * 2
    assert not connected.is_set()


def test_how_long_each_part_took_and_the_headers_worth_keeping() -> None:
    with well_behaved() as receiver:
        receiver.headers |= {"Set-Cookie": "a=b", "Retry-After": "5", "X-Request-Id": "r" * 999}
        answer = post(receiver.url)
    assert answer.timing.tls_ms is None
    assert None not in (answer.timing.dns_ms, answer.timing.connect_ms, answer.timing.first_byte_ms)
    assert set(answer.headers) == {"server", "date", "location", "retry-after", "x-request-id"}
    assert (answer.headers["retry-after"], len(answer.headers["x-request-id"])) == ("5", 256)


def test_the_next_address_is_tried_when_one_does_not_answer(names: Resolver) -> None:
    with well_behaved() as receiver:
        names({"localhost": ["127.0.0.9", "127.0.0.1"]})
        assert post(receiver.url.replace("127.0.0.1", "localhost")).is_success


def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_asked: object, **_how: object) -> None:
        release.wait()

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    assert post("https://slow.example.com/", PATIENCE).result == "unreachable"
    release.set()


FAULTS: dict[str, Script] = {
    "closes without a word": say(),
    "speaks no HTTP": say(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "an endless status line": say(b"HTTP/1.1 200 " + b"x" * 70_000),
    "a header of 100 kB": say(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    "too many headers": say(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
    "informs for ever": say(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000),
    "a status that is no number": say(b"HTTP/1.1 OK\r\n\r\n"),
}


@pytest.mark.parametrize("script", FAULTS.values(), ids=FAULTS.keys())
def test_what_is_no_answer_is_a_bad_answer(script: Script) -> None:
    answer = answer_of(script)
    assert (answer.result, answer.status_code) == ("bad_answer", None)


def test_who_says_nothing_runs_into_the_deadline() -> None:
    release = threading.Event()

    def hang(_wire: socket.socket) -> None:
        release.wait()

    with scripted(hang) as port:
        answer = post(f"http://127.0.0.1:{port}/", PATIENCE)
        release.set()
    assert (answer.result, answer.status_code) == ("timeout", None)


def test_dripping_headers_do_not_stretch_the_deadline() -> None:
    stop = threading.Event()

    def drip(wire: socket.socket) -> None:
        wire.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(PATIENCE / 5):
            wire.sendall(b"X")

    with scripted(drip) as port:
        answer = post(f"http://127.0.0.1:{port}/", PATIENCE)
        stop.set()
    assert answer.result == "timeout"


def test_the_status_counts_though_the_body_drips_past_the_deadline() -> None:
    stop = threading.Event()

    def drip(wire: socket.socket) -> None:
        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhel")
        wire.sendall(b"lo")
        stop.wait()

    with scripted(drip) as port:
        answer = post(f"http://127.0.0.1:{port}/", PATIENCE)
        stop.set()
    assert (answer.is_success, answer.body) == (True, "hello")


HEAD = b"HTTP/1.1 200 OK\r\n"
BODIES: dict[str, tuple[bytes, str]] = {
    "none": (HEAD + b"Content-Length: 0\r\n\r\n", ""),
    "until the connection closes": (HEAD + b"\r\nhello", "hello"),
    "shorter than announced": (HEAD + b"Content-Length: 99\r\n\r\nhello", "hello"),
    "longer than announced": (HEAD + b"Content-Length: 5\r\n\r\nhello world", "hello"),
    "in chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"),
    "in broken chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n", "hello"),
    "not text": (HEAD + b"\r\n\xff", "\ufffd"),
}


@pytest.mark.parametrize(("sent", "kept"), BODIES.values(), ids=BODIES.keys())
def test_of_a_body_is_kept_what_came(sent: bytes, kept: str) -> None:
    answer = answer_of(say(sent))
    assert answer.is_success
    assert answer.body == kept


def test_a_chunk_of_a_negative_size_does_no_harm() -> None:
    assert answer_of(say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello")).is_success


def test_sixteen_kilobytes_of_a_body_are_enough() -> None:
    answer = answer_of(say(HEAD + b"\r\n", *[b"x" * 10_000] * 100), sender.DEADLINE)
    assert (answer.is_success, len(answer.body)) == (True, 16 * 1024)


def test_what_is_no_text_takes_no_more_room() -> None:
    answer = answer_of(say(HEAD + b"\r\n", b"\xff" * 20_000), sender.DEADLINE)
    assert set(answer.body) == {"\ufffd"}
    assert len(answer.body.encode()) <= 16 * 1024


def test_a_compressed_body_is_left_as_it_is() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    answer = answer_of(say(HEAD + b"Content-Encoding: gzip\r\n\r\n", bomb), sender.DEADLINE)
    assert (answer.is_success, answer.body) == (True, "")


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A receiver's side of TLS for hooks.example.com, with a certificate that this machine trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "certificate.pem"
    encodings = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*encodings))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    sender.tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    yield context
    sender.tls.cache_clear()


def on_loopback(host: str, port: int) -> Target:
    """TLS to this machine, which no URL can ask for."""
    return Target("https", host, port, "/", loopback=True)


def test_tls_and_the_host_header_are_for_the_name(names: Resolver, tls: ssl.SSLContext) -> None:
    names({"hooks.example.com": ["127.0.0.1"]})
    asked_for: list[Any] = []
    tls.sni_callback = lambda _connection, name, _context: asked_for.append(name)
    with scripted(say(HEAD + b"\r\n"), tls) as port:
        assert sender.post(on_loopback("hooks.example.com", port), {}, b"").is_success
    assert asked_for == ["hooks.example.com"]


def test_another_names_certificate_is_refused(names: Resolver, tls: ssl.SSLContext) -> None:
    names({"other.example.com": ["127.0.0.1"]})
    with scripted(say(HEAD + b"\r\n"), tls) as port:
        assert sender.post(on_loopback("other.example.com", port), {}, b"").result == "unreachable"


def test_a_certificate_that_nobody_vouches_for_is_refused(
    names: Resolver, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    names({"hooks.example.com": ["127.0.0.1"]})
    with scripted(say(HEAD + b"\r\n"), tls) as port:
        assert sender.post(on_loopback("hooks.example.com", port), {}, b"").result == "unreachable"
