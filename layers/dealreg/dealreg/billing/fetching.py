"""What the events of a billing system leave out is fetched from its API: one GET, by the rules of outbound webhooks."""

import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from dealreg.billing.model import Mode, Source, SourceKind
from dealreg.platform.foreign_json import ForeignJsonFault, object_in, parse
from dealreg.webhooks.transport import sender
from dealreg.webhooks.transport.addresses import RefusedUrl, Target, parse_url

logger = logging.getLogger(__name__)

DEADLINE = 3.0
"""Seconds from the look-up of the name to the end of the answer."""
MOST = 1024 * 1024
"""Bytes of an answer."""
_USUAL: Mapping[tuple[SourceKind, Mode], str] = {
    (SourceKind.STRIPE, Mode.LIVE): "https://api.stripe.com",
    (SourceKind.STRIPE, Mode.TEST): "https://api.stripe.com",
    (SourceKind.PADDLE, Mode.LIVE): "https://api.paddle.com",
    (SourceKind.PADDLE, Mode.TEST): "https://sandbox-api.paddle.com",
    (SourceKind.RECURLY, Mode.LIVE): "https://v3.recurly.com",
    (SourceKind.RECURLY, Mode.TEST): "https://v3.recurly.com",
}
"""Where an API begins that is not each customer's own."""
_TOKEN_SECONDS = 900
"""For so long a token of Zuora's, which lives an hour, is used again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Content, or what came instead of it, in words for an admin."""

    content: Any = None
    problem: str = ""


class _NotAnswered(Exception):
    """In words for an admin."""


def fetch(source: Source, path: str, now: datetime, *, allow_loopback: bool = False, own_host: str = "") -> Answer:
    """Never raises for what the API or the network does. `path` is one that a translation needs."""
    base = source.api_base or _USUAL.get((source.kind, source.mode), "")
    policy = {"allow_loopback": allow_loopback, "own_host": own_host}
    try:
        headers = _HEADERS.get(source.kind, _bearer)(source, base, now, policy)
        content = _get(_target(base + path, policy), headers)
    except _NotAnswered as told:
        logger.info("billing API did not answer", extra={"source_id": source.id, "reason": str(told)})
        return Answer(problem=str(told))
    return Answer(content)


def _target(url: str, policy: Mapping[str, Any]) -> Target:
    try:
        return parse_url(url, **policy)
    except RefusedUrl as refused:
        raise _NotAnswered(f"The address of its API cannot be used. {refused}") from None


def _get(target: Target, headers: Mapping[str, str]) -> Any:
    result, status, body = sender.get(target, {"Accept": "application/json", **headers}, DEADLINE, MOST + 1)
    if result != "answered":
        raise _NotAnswered(f"Its API did not answer within {DEADLINE:.0f} seconds: {result}.")
    return _content(status, body)


def _content(status: int | None, body: bytes) -> Any:
    if status in (401, 403):
        raise _NotAnswered(f"Its API refused the key ({status}).")
    if status != 200:
        raise _NotAnswered(f"Its API answered with status {status}.")
    if len(body) > MOST:
        raise _NotAnswered(f"Its API answered with more than {MOST} bytes.")
    try:
        return parse(body, max_bytes=MOST, exact=True)
    except ForeignJsonFault:
        raise _NotAnswered("Its API answered with something that is no JSON.") from None


# ---- who is asking --------------------------------------------------------------------------------------------------


def _bearer(source: Source, _base: str, _now: datetime, _policy: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {_key(source)}"}


def _basic(source: Source, _base: str, _now: datetime, _policy: Mapping[str, Any]) -> dict[str, str]:
    """The key is the user, without a password."""
    return {"Authorization": f"Basic {b64encode(f'{_key(source)}:'.encode()).decode()}"}


def _recurly(source: Source, base: str, now: datetime, policy: Mapping[str, Any]) -> dict[str, str]:
    return _basic(source, base, now, policy) | {"Accept": "application/vnd.recurly.v2021-02-25"}


def _zuora(source: Source, base: str, now: datetime, policy: Mapping[str, Any]) -> dict[str, str]:
    loopback, own_host = policy["allow_loopback"], policy["own_host"]
    period = int(now.timestamp()) // _TOKEN_SECONDS
    return {"Authorization": f"Bearer {_token(base, source.client_id, _key(source), loopback, own_host, period)}"}


@lru_cache(maxsize=16)
def _token(base: str, client_id: str, secret: str, allow_loopback: bool, own_host: str, _period: int) -> str:
    """OAuth 2.0, client credentials. What fails is not remembered."""
    target = _target(f"{base}/oauth/token", {"allow_loopback": allow_loopback, "own_host": own_host})
    asked = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = sender.post(target, form, urlencode(asked).encode(), DEADLINE)
    if answer.result != "answered":
        raise _NotAnswered(f"Its API gave no token within {DEADLINE:.0f} seconds: {answer.result}.")
    token = object_in(_content(answer.status_code, answer.body.encode())).get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise _NotAnswered("Its API gave no token.")
    return token


def _key(source: Source) -> str:
    if not source.api_key or not source.api_key.isascii():
        raise _NotAnswered("Give its API key to the source.")
    return source.api_key


_HEADERS: Mapping[SourceKind, Callable[[Source, str, datetime, Mapping[str, Any]], dict[str, str]]] = {
    SourceKind.STRIPE: _bearer,
    SourceKind.PADDLE: _bearer,
    SourceKind.CHARGEBEE: _basic,
    SourceKind.RECURLY: _recurly,
    SourceKind.ZUORA: _zuora,
}
