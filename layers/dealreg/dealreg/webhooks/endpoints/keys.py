"""What signs: derived from the deployment's secret, so neither the table nor a backup of it holds any of it.

An endpoint has secrets of its own (v1), which its owner rotates. An owner has a key pair (v1a) whose public half all
may read; it is the owner's and not the platform's, or one partner could pass on to another what was signed for it.
"""

import base64
from datetime import datetime

from dealreg.platform import ids, tokens
from dealreg.platform.errors import NotFound
from dealreg.platform.events import VENDOR
from dealreg.webhooks.deliveries import policy
from dealreg.webhooks.model import Endpoint, SigningKey
from dealreg.webhooks.transport import signing
from dealreg.webhooks.views import PublicKeysView, PublicKeyView

_GENERATIONS = (1,)
"""Of the key pairs. To rotate them all, add a number; take the old one away when every receiver has read the new."""


def live_secrets(endpoint: Endpoint, now: datetime) -> list[str]:
    return [secret_of(endpoint.id, key) for key in policy.live_keys(endpoint.keys, now)]


def secret_of(endpoint_id: str, key: SigningKey) -> str:
    return signing.make_secret(_bytes("webhook-signing", endpoint_id, str(key.generation)))


def private_keys(owner: str) -> list[str]:
    return [signing.make_private_key(_bytes("webhook-ed25519", owner, str(number))) for number in _GENERATIONS]


def challenge_of(endpoint: Endpoint) -> str:
    """What the receiver at this URL has to give back; another URL has another."""
    return tokens.derive("webhook-challenge", endpoint.id, endpoint.url)


def is_challenge(endpoint: Endpoint, text: str) -> bool:
    return tokens.matches(text, "webhook-challenge", endpoint.id, endpoint.url)


def external_id(owner: str) -> str:
    """What a role in the owner's AWS account must ask of us, so that no other owner can have us use it."""
    return f"dealreg-{tokens.derive('webhook-external-id', owner)[:32]}"


def public_keys(owner: str) -> PublicKeysView:
    """As a JWK set (RFC 7517, 8037), with the form that Standard Webhooks gives them. Raises NotFound."""
    if owner != VENDOR and not ids.is_id("part", owner):
        raise NotFound
    keys = [signing.public_key(private) for private in private_keys(owner)]
    return {"keys": [_jwk(key, number) for key, number in zip(keys, _GENERATIONS, strict=True)]}


def _jwk(key: bytes, generation: int) -> PublicKeyView:
    x = base64.urlsafe_b64encode(key).decode().rstrip("=")
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": str(generation),
        "x": x,
        "whpk": signing.write_public_key(key),
    }


def _bytes(purpose: str, *parts: str) -> bytes:
    return base64.urlsafe_b64decode(tokens.derive(purpose, *parts) + "=")
