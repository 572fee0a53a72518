"""Standard Webhooks 1.0.0: signs what we send, verifies what claims to come from a sender we know; v1 and v1a.

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
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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
_PUBLIC_KEY = 32
"""Bytes."""
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


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime, public_keys: Sequence[str] = ()
) -> str:
    """The message's id, once one of the keys proves it. Header names are lower-case.

    Raises Unauthenticated, and nothing else; at the same cost, whatever is wrong.
    """
    message_id, timestamp, written = (_header(headers, name) for name in ("id", "timestamp", "signature"))
    is_sound = _ID.fullmatch(message_id) and _TIMESTAMP.fullmatch(timestamp)
    signed = _signed(message_id, timestamp, body)
    given = [entry.partition(",") for entry in written.split(" ")[:_MOST_SIGNATURES]]
    shared = [text.encode(errors="replace") for scheme, _, text in given if scheme == "v1"]
    expected = [_encoded(hmac.digest(key, signed, "sha256")).encode() for key in _usable_keys(secrets)]
    fits = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in shared]
    own = [text for scheme, _, text in given if scheme == "v1a"]
    fits += [_is_signed_by(key, text, signed) for key in public_keys for text in own]
    if not any(fits) or not is_sound or abs(now.timestamp() - int(timestamp)) > TOLERANCE:
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


def read_public_key(text: str) -> bytes:
    """32 bytes. Raises ValueError for what has another length, or is no base64."""
    key = base64.b64decode(text.removeprefix(PUBLIC_PREFIX), validate=True)
    if len(key) != _PUBLIC_KEY:
        raise ValueError(f"a public key has {_PUBLIC_KEY} bytes")
    return key


def _header(headers: Mapping[str, str], name: str) -> str:
    """Present once, or twice with the same value; empty if anything is amiss, which proves nothing."""
    values = {headers[f"{prefix}-{name}"] for prefix in _NAMES if f"{prefix}-{name}" in headers}
    return value if len(values) == 1 and len(value := values.pop()) <= _LONGEST_HEADER else ""


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


@lru_cache(maxsize=64)
def _public_key(text: str) -> "Ed25519PublicKey":
    """Raises ValueError for a key that is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # for sources that have such a key

    return Ed25519PublicKey.from_public_bytes(read_public_key(text))


def _is_signed_by(key: str, signature: str, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        _public_key(key).verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    return _encoded(hmac.digest(key, _signed(message_id, timestamp, body), "sha256"))


def _signed(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode(errors="replace") + body


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refusal() -> Unauthenticated:
    return Unauthenticated("The signature could not be verified.")
