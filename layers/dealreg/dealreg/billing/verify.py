"""Is this the sender's own request? Checks on the raw bytes, before anything is parsed.

Whatever is wrong, and however malformed, the answer is the same Unauthenticated, so that it is no oracle.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from dealreg.billing.model import MAX_BODY, SourceKind
from dealreg.platform.errors import Unauthenticated
from dealreg.platform.foreign_json import ForeignJsonFault, parse
from dealreg.webhooks.transport import signing

TOLERANCE = 300
"""Seconds, into the past and into the future."""
_STRIPE_HEADER = re.compile(r"[a-z0-9_]{1,16}=[^,=]{0,256}(?:,[a-z0-9_]{1,16}=[^,=]{0,256}){0,15}", re.ASCII)
"""At most 16 entries, so that a long list cannot make us work."""
_STRIPE_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_REFUSAL = "The signature could not be verified."

Verifier = Callable[[Mapping[str, str], bytes, Sequence[str], datetime], str]


def verify(kind: SourceKind, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The sender's id of the event. Header names are lower-case; one live secret that fits is enough."""
    return _VERIFIERS[kind](headers, body, secrets, now)


def _stripe(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    time_text, signatures = _read_stripe_header(headers.get("stripe-signature", ""))
    signed = f"{time_text}.".encode() + body
    # A secret is used whole: Stripe's prefix "whsec_" is part of the key.
    expected = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets if secret]
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in signatures]
    if not any(matches) or abs(int(now.timestamp()) - int(time_text)) > TOLERANCE:
        raise Unauthenticated(_REFUSAL)
    return _stripe_event_id(body)


def _read_stripe_header(header: str) -> tuple[str, list[str]]:
    """`t=<seconds>,v1=<hex>[,v1=<hex>…]`: several v1 while a secret is rolled; other schemes do not count."""
    if not header.isascii() or not _STRIPE_HEADER.fullmatch(header):
        raise Unauthenticated(_REFUSAL)
    entries = [tuple(entry.split("=")) for entry in header.split(",")]
    stamps = [value for name, value in entries if name == "t"]
    if len(stamps) != 1 or not _STRIPE_TIME.fullmatch(stamps[0]):
        raise Unauthenticated(_REFUSAL)
    return stamps[0], [value for name, value in entries if name == "v1"]


def _stripe_event_id(body: bytes) -> str:
    """Stripe names its events in the body; a body that names none is known by its content, so that it is kept too."""
    try:
        content = parse(body, max_bytes=MAX_BODY)
    except ForeignJsonFault:
        content = None
    match content:
        case {"id": str(event_id)} if event_id and event_id.isascii():
            return event_id
        case _:
            return hashlib.sha256(body).hexdigest()


_VERIFIERS: Mapping[SourceKind, Verifier] = {
    SourceKind.STANDARD_WEBHOOKS: signing.verify,
    SourceKind.STRIPE: _stripe,
}
