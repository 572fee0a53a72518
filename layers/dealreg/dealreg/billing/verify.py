"""Is this the sender's own request? Checks on the raw bytes, before anything is parsed.

Whatever is wrong, and however malformed, the answer is the same Unauthenticated at the same cost, so that it is no
oracle: every live secret is tried on every request.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from dealreg.billing.model import MAX_BODY, Source, SourceKind
from dealreg.platform.errors import Unauthenticated
from dealreg.platform.foreign_json import ForeignJsonFault, parse
from dealreg.webhooks.transport import signing

TOLERANCE = 300
"""Seconds, into the past and into the future."""
_MOST_ENTRIES = 16
"""Of a header, so that a long list cannot make us work."""
_LONGEST_HEADER = 4096
_TIME = re.compile(r"[0-9]{1,15}", re.ASCII)
_REFUSAL = "The signature could not be verified."


def verify(source: Source, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The sender's id of the event. Header names are lower-case; one live secret that fits is enough."""
    secrets = [secret for secret in source.live_secrets(now) if secret]
    if source.kind is SourceKind.STANDARD_WEBHOOKS:
        return signing.verify(headers, body, secrets, now, [source.public_key] if source.public_key else [])
    if not _PROOFS[source.kind](source, headers, body, secrets, now):
        raise Unauthenticated(_REFUSAL)
    return event_id(source.kind, body)


# ---- a time, and signatures of it and the body ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stamped:
    """A scheme whose one header has a time and HMAC-SHA256 signatures in hexadecimal digits: several in a rotation."""

    header: str
    between: str
    """Its entries."""
    time: str
    signature: str
    joint: bytes
    """Between the time and the body in what is signed."""
    per_second: int = 1
    is_named: bool = True
    """Its entries say what they are."""

    def proves(
        self, _source: Source, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
    ) -> bool:
        time, signatures = self._read(headers.get(self.header, ""))
        signed = time.encode() + self.joint + body
        # A secret is used whole: Stripe's prefix "whsec_" is part of the key.
        expected = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
        fits = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in signatures]
        return any(fits) and abs(int(now.timestamp()) - int(time) / self.per_second) <= TOLERANCE

    def _read(self, header: str) -> tuple[str, list[str]]:
        """No signatures if anything is amiss."""
        if len(header) > _LONGEST_HEADER or not header.isascii():
            return "", []
        entries = [self._entry(place, text) for place, text in enumerate(header.split(self.between))]
        times = [value for name, value in entries if name == self.time]
        is_sound = len(entries) <= _MOST_ENTRIES and len(times) == 1 and _TIME.fullmatch(times[0])
        if not is_sound or not all(name for name, _ in entries):
            return "", []
        return times[0], [value for name, value in entries if name == self.signature]

    def _entry(self, place: int, text: str) -> tuple[str, str]:
        """Its name and value; where the scheme names none, the first is the time."""
        if not self.is_named:
            return (self.signature if place else self.time, text)
        name, sign, value = text.partition("=")
        return (name, value) if sign else ("", "")


# ---- others ---------------------------------------------------------------------------------------------------------


def _basic(source: Source, headers: Mapping[str, str], _body: bytes, secrets: Sequence[str], _now: datetime) -> bool:
    """RFC 7617: the user is what stands before the first colon."""
    scheme, _, encoded = headers.get("authorization", "")[:_LONGEST_HEADER].partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except ValueError:
        given = b""
    user, _, password = given.partition(b":")
    is_user = hmac.compare_digest(_digest(user), _digest(source.username.encode()))
    fits = [hmac.compare_digest(_digest(password), _digest(secret.encode())) for secret in secrets]
    return any(fits) and is_user and scheme.lower() == "basic"


def _digest(text: bytes) -> bytes:
    """Of one length, whatever is compared."""
    return hashlib.sha256(text).digest()


def _zuora(source: Source, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """The signature that a tenant's callout template makes, in either notation, or Basic."""
    theirs = headers.get("x-dealreg-signature", "")[:_LONGEST_HEADER].encode(errors="replace")
    digests = [hmac.digest(secret.encode(), body, "sha256") for secret in secrets]
    written = [form for digest in digests for form in (digest.hex().encode(), base64.b64encode(digest))]
    fits = [hmac.compare_digest(mine, theirs) for mine in written]
    return _basic(source, headers, body, secrets, now) | any(fits)


_Proof = Callable[[Source, Mapping[str, str], bytes, Sequence[str], datetime], bool]
_PROOFS: Mapping[SourceKind, _Proof] = {
    SourceKind.STRIPE: _Stamped("stripe-signature", ",", "t", "v1", b".").proves,
    SourceKind.PADDLE: _Stamped("paddle-signature", ";", "ts", "h1", b":").proves,
    SourceKind.RECURLY: _Stamped("recurly-signature", ",", "ms", "hex", b".", per_second=1000, is_named=False).proves,
    SourceKind.CHARGEBEE: _basic,
    SourceKind.ZUORA: _zuora,
}


# ---- which event it is ----------------------------------------------------------------------------------------------

_NAMES: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.STRIPE: ("id",),
    SourceKind.PADDLE: ("event_id",),
    SourceKind.RECURLY: ("id", "event_type", "event_time"),
    SourceKind.CHARGEBEE: ("id",),
    SourceKind.ZUORA: ("eventId",),
}
"""The members of the body that name an event, together."""


def event_id(kind: SourceKind, body: bytes) -> str:
    """The sender's own. A body that names none is known by its content, so that it is kept too."""
    try:
        content = parse(body, max_bytes=MAX_BODY)
    except ForeignJsonFault:
        content = None
    members = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    named = [members.get(name) for name in _NAMES[kind]]
    if all(isinstance(part, str) and part and part.isascii() for part in named):
        return ":".join(cast("list[str]", named))
    return hashlib.sha256(body).hexdigest()
