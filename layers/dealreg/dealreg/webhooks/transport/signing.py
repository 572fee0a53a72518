"""Standard Webhooks 1.0.0: signs what we send (v1 and v1a), verifies what claims to come from a sender we know (v1).

A signature is made over `{id}.{timestamp}.{body}`, the body being the raw bytes: v1 is HMAC-SHA256 with a secret that
the receiver has too, v1a is Ed25519. Verifying is stricter than the reference libraries, and every fault, however
malformed, is the one same Unauthenticated, so that it teaches nothing.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from dealreg.platform.errors import Unauthenticated

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TOLERANCE = 300
"""Seconds, into the past and into the future."""
SECRET_PREFIX = "whsec_"  # noqa: S105  # marks a secret, is none
PRIVATE_PREFIX, PUBLIC_PREFIX = "whsk_", "whpk_"
_NAMES = ("webhook", "svix")
"""Svix sends the same headers under its own name."""
_ID = re.compile(r"[!-\-/-~]{1,256}")
"""Printable and without a point, which divides the signed content."""
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
_LONGEST_HEADER = 4096
_MOST_SIGNATURES = 16
"""As many of a header's entries are looked at: a long list cannot make us work."""


def sign(
    message_id: str, moment: datetime, body: bytes, secrets: Sequence[str], private_keys: Sequence[str] = ()
) -> dict[str, str]:
    """The three headers, with a signature for each live key so that receivers can change over in their own time.

    Raises ValueError for a key that is none.
    """
    timestamp = str(int(moment.timestamp()))
    signatures = [f"v1,{_signature(_key(secret), message_id, timestamp, body)}" for secret in secrets]
    signed = _signed(message_id, timestamp, body)
    signatures += [f"v1a,{_encoded(_private_key(key).sign(signed))}" for key in private_keys]
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The message's id, once one of the secrets proves it. Header names are lower-case.

    Raises Unauthenticated, and nothing else.
    """
    message_id, timestamp, signatures = (_header(headers, name) for name in ("id", "timestamp", "signature"))
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise _refusal()
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE:
        raise _refusal()
    given = [entry.removeprefix("v1,") for entry in signatures.split(" ")[:_MOST_SIGNATURES] if entry.startswith("v1,")]
    expected = [_signature(key, message_id, timestamp, body) for key in _usable_keys(secrets)]
    matches = [
        hmac.compare_digest(mine.encode(), theirs.encode(errors="replace")) for mine in expected for theirs in given
    ]
    if not any(matches):
        raise _refusal()
    return message_id


def make_secret(key: bytes) -> str:
    """`key` is 24 to 64 random bytes."""
    return SECRET_PREFIX + _encoded(key)


def make_private_key(seed: bytes) -> str:
    """`seed` is 32 random bytes."""
    return PRIVATE_PREFIX + _encoded(seed)


def public_key(private_key: str) -> bytes:
    """32 bytes. Raises ValueError for a key that is none."""
    return _private_key(private_key).public_key().public_bytes_raw()


def write_public_key(key: bytes) -> str:
    return PUBLIC_PREFIX + _encoded(key)


def _header(headers: Mapping[str, str], name: str) -> str:
    """Present once, or twice with the same value."""
    values = {headers[f"{prefix}-{name}"] for prefix in _NAMES if f"{prefix}-{name}" in headers}
    if len(values) != 1 or len(value := values.pop()) > _LONGEST_HEADER:
        raise _refusal()
    return value


def _key(secret: str) -> bytes:
    """With or without the prefix and the padding, as the reference libraries take it. Raises ValueError."""
    encoded = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    if not key:
        raise ValueError("an empty secret proves nothing")
    return key


def _usable_keys(secrets: Sequence[str]) -> Iterator[bytes]:
    """One bad secret does not shut out the good ones."""
    for secret in secrets:
        with suppress(ValueError):
            yield _key(secret)


@lru_cache(maxsize=1024)
def _private_key(text: str) -> "Ed25519PrivateKey":
    """The seed, or as others write it the seed and the public key. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # the sender has it, not all others

    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.removeprefix(PRIVATE_PREFIX), validate=True)[:32])


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    return _encoded(hmac.digest(key, _signed(message_id, timestamp, body), "sha256"))


def _signed(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refusal() -> Unauthenticated:
    return Unauthenticated("The signature could not be verified.")
