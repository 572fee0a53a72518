"""How many deliveries a second of one processor's time sends, over TLS to a receiver on this machine.

The floor is what cannot be left out: a look-up, TCP, TLS and the signatures. The baselines are httpx as one first
writes it, and with one client kept, whose connection stays open: to one receiver a second, not to a thousand.
"""

import multiprocessing
import os
import ssl
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.report import table
from benchmarks.webhooks import receiver
from benchmarks.webhooks.parts import Finding
from dealreg.webhooks.transport import sender, signing
from dealreg.webhooks.transport.addresses import Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

SECRET, PRIVATE_KEY = signing.make_secret(bytes(range(32))), signing.make_private_key(bytes(range(32)))
BODY = b'{"id":"evt_1","type":"deal.approved","data":{"customer_name":"' + b"x" * 600 + b'"}}'
FLOOR, OURS = "floor: look-up, TCP, TLS, both signatures", "ours"
BASELINES = ("httpx.post", "one httpx.Client")
WANTED = 0.75
"""Of the floor."""


def run(rounds: int) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        pem = _certificate(Path(folder))
        os.environ["SSL_CERT_FILE"] = str(pem)
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(str(pem), theirs))
        process.start()
        try:
            rates = _measure(ours.recv(), rounds)
        finally:
            process.terminate()
            process.join()
    note = f"{rounds} deliveries each, one after the other; processor time of the sending process alone."
    rows = [[name, f"{rate:.0f}", rate / rates[FLOOR]] for name, rate in rates.items()]
    table("The sender alone", note, ["", "per second of processor time", "against the floor"], rows)
    said = ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())
    wanted = f"{WANTED:.0%} of the floor, and more than httpx"
    is_enough = rates[OURS] >= WANTED * rates[FLOOR] and rates[OURS] > max(rates[name] for name in BASELINES)
    return [Finding("deliveries a second of the sender's processor time", said, wanted, holds=is_enough)]


def _measure(port: int, rounds: int) -> dict[str, float]:
    target, url = Target("https", "localhost", port, "/ok", loopback=True), f"https://localhost:{port}/ok"
    kept = httpx.Client(trust_env=True)
    ways: dict[str, Callable[[dict[str, str]], object]] = {
        FLOOR: lambda _: sender._connect(target, time.monotonic() + 5, sender._Stopwatch()).close(),  # pyright: ignore[reportPrivateUsage]
        OURS: lambda headers: sender.post(target, headers, BODY),
        "httpx.post": lambda headers: httpx.post(url, headers=headers, content=BODY),
        "one httpx.Client": lambda headers: kept.post(url, headers=headers | {"connection": "close"}, content=BODY),
    }
    spent = dict.fromkeys(ways, 0.0)
    for number in range(-5, rounds):
        for name, send in ways.items():
            if name == "httpx.post" and number % 10:
                continue
            started = time.process_time()
            send(signing.sign("evt_1", datetime.now(UTC), BODY, [SECRET], [PRIVATE_KEY]))
            if number >= 0:
                spent[name] += time.process_time() - started
    counts = {name: len(range(0, rounds, 10)) if name == "httpx.post" else rounds for name in ways}
    return {name: counts[name] / seconds for name, seconds in spent.items()}


def _serve(pem: str, connection: "Connection") -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with receiver.running(context) as one:
        connection.send(one.port)
        time.sleep(3600)


def _certificate(folder: Path) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "benchmark")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encodings = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = folder / "certificate.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*encodings))
    return pem
