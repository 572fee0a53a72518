"""Verifies a webhook (Standard Webhooks 1.0.0): v1 with a secret, v1a with a public key (needs `cryptography`)."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

TOLERANCE = 300  # seconds


def verify(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: float | None = None) -> str:
    """The message's id, or ValueError. `headers` with lower-case names; `body` as it came, before it is parsed.

    `keys` are your endpoint's `whsec_…` secret, the `whpk_…` public keys, or both. Keep the id for a while: a message
    that comes again has the same one. To `endpoint.verify` answer 200 with {"challenge": data.challenge}.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise ValueError("no timestamp")
    if abs((time.time() if now is None else now) - int(timestamp[:12])) > TOLERANCE:
        raise ValueError("too old, or from the future")
    signed = f"{message_id}.{timestamp}.".encode() + body
    for entry in headers.get("webhook-signature", "").split(" ")[:16]:
        scheme, _, text = entry.partition(",")
        if any(_is_by(key, scheme, text, signed) for key in keys):
            return message_id
    raise ValueError("the signature is not right")


def _is_by(key: str, scheme: str, text: str, signed: bytes) -> bool:
    try:
        signature = base64.b64decode(text, validate=True)
        if scheme == "v1" and key.startswith("whsec_"):
            secret = base64.b64decode(key.removeprefix("whsec_"))
            mine = hmac.new(secret, signed, hashlib.sha256).digest()
            return len(secret) > 0 and hmac.compare_digest(mine, signature)
        if scheme == "v1a" and key.startswith("whpk_"):
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
            try:
                public_key.verify(signature, signed)
            except InvalidSignature:
                return False
            return True
    except ValueError:
        return False
    return False
