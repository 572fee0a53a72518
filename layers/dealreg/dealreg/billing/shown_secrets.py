"""Secrets as billing systems show them, and the form in which the signatures are checked with them."""

import base64
import binascii
import re

from dealreg.billing.model import SourceKind
from dealreg.webhooks.transport import signing

_SHOWN = re.compile(r"[!-~]+")
_MIN_LENGTH, _MAX_LENGTH = 16, 256
_MIN_KEY = 24
"""Bytes, as Standard Webhooks 1.0.0 asks."""
_SCHEME = "v1,"
"""Some show the secret as they write signatures."""
_TEXT_KEYS = ("polar_whs_",)
"""Their senders sign with the bytes of the text (docs.polar.sh/integrate/webhooks/delivery)."""
_FROM_URL_ALPHABET = str.maketrans("-_", "+/")
_OTHER_PREFIX = re.compile(r"[a-z]{2,}_")
_NO_SECRETS = {
    "sk_": "an API key",
    "pdl_live_apikey_": "an API key",
    "pdl_sdbx_apikey_": "an API key",
    "rk_": "an API key",
    "pk_": "an API key",
    "we_": "the id of the endpoint",
    signing.PUBLIC_PREFIX: "a public key, which belongs into public_key",
    signing.PRIVATE_PREFIX: "a private key, which its owner should give to nobody",
}


def make(kind: SourceKind, key: bytes) -> str:
    """In the form that its system shows or takes; `key` is 24 to 64 random bytes."""
    if kind in (SourceKind.STANDARD_WEBHOOKS, SourceKind.STRIPE):
        return signing.make_secret(key)
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def read(kind: SourceKind, shown: str) -> str:
    """The form in which it is kept. Raises ValueError, in words for the admin who pasted it."""
    pasted = shown.strip().strip("\"'")
    if not _SHOWN.fullmatch(pasted):
        raise ValueError("There is a space in it, or a character that no secret has. Copy it again, or leave it out.")
    if not _MIN_LENGTH <= len(pasted) <= _MAX_LENGTH:
        raise ValueError(f"A secret has {_MIN_LENGTH} to {_MAX_LENGTH} characters; this has {len(pasted)}.")
    bare = pasted.removeprefix(_SCHEME)
    for prefix, what in _NO_SECRETS.items():
        if bare.startswith(prefix):
            raise ValueError(f"This is {what}. Copy the signing secret of the endpoint.")
    return _standard(bare) if kind is SourceKind.STANDARD_WEBHOOKS else pasted


def _standard(shown: str) -> str:
    """`whsec_` and base64, whichever its alphabet and padding."""
    if shown.startswith(_TEXT_KEYS):
        return signing.make_secret(shown.encode())
    encoded = shown.removeprefix(signing.SECRET_PREFIX)
    if encoded == shown and (other := _OTHER_PREFIX.match(shown)):
        raise ValueError(
            f"A secret of Standard Webhooks is whsec_ and base64; this begins with {other[0]}. If its sender signs "
            "with the text itself, give whsec_ and the base64 of that text."
        )
    digits = encoded.rstrip("=").translate(_FROM_URL_ALPHABET)
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        raise ValueError("A secret of Standard Webhooks is whsec_ and base64; this is not. Copy it again.") from None
    if len(key) < _MIN_KEY:
        raise ValueError(f"The secret is of {len(key)} bytes, and it takes {_MIN_KEY} at least. Was it cut off?")
    return signing.make_secret(key)
