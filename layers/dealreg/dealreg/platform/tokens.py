"""Random and derived bearer tokens, and page cursors that only their owner can use.

Keys and sessions are random; links in e-mails are derived from the deployment's secret, so that whoever sends (or sends
again) the mail can write the link although the database holds only its hash.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from functools import cache

from dealreg.platform import aws, ids
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.settings import Setting, read

_DERIVED = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in base64url."""


def new_token(prefix: str) -> str:
    """256 random bits, e.g. `drk_…`."""
    return prefix + secrets.token_urlsafe(32)


def of_link(text: str) -> str:
    """The derived token at the beginning."""
    return ids.at_beginning(_DERIVED, text)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _secret() -> bytes:
    reply = aws.client("secretsmanager").get_secret_value(SecretId=read(Setting.SECRET_ARN))
    return str(reply["SecretString"]).encode()


def derive(purpose: str, *parts: str) -> str:
    """The same 256-bit token each time for these parts; unguessable without the secret."""
    text = "\x1f".join((purpose, *parts)).encode()
    return base64.urlsafe_b64encode(hmac.digest(_secret(), text, "sha256")).rstrip(b"=").decode()


def matches(token: str, purpose: str, *parts: str) -> bool:
    return hmac.compare_digest(token.encode(), derive(purpose, *parts).encode())


def seal_cursor(purpose: str, position: dict[str, str]) -> str:
    """An opaque page position that opens for `purpose` alone."""
    body = base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")
    return f"{body}.{derive('cursor', purpose, body)[:22]}"


def open_cursor(purpose: str, cursor: str) -> dict[str, str]:
    """Raises InvalidInput for one of another purpose, or none of ours."""
    body, _, signature = cursor.partition(".")
    is_ours = cursor.isascii() and hmac.compare_digest(signature, derive("cursor", purpose, body)[:22])
    if not is_ours:
        raise InvalidInput([FieldError("cursor", "Use the next_cursor of your own last page.")])
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
