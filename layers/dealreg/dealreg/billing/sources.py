"""The admin's side of a billing source: make one, and replace its secret without losing an event."""

import logging
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from dealreg.billing import shown_secrets, store
from dealreg.billing.model import Secret, Source, SourceKind
from dealreg.platform import ids
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.webhooks.transport import signing

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=24)
"""How long a replaced secret still counts: as long as Stripe signs with both."""
_MAX_SECRETS = 3


def create(kind: SourceKind, name: str, secret: str | None, now: datetime, by: str) -> Source:
    source = Source(ids.new_id("bsrc", now), kind, name, (_secret(kind, secret),), now)
    store.put_source(source)
    logger.info("billing source created", extra={"source_id": source.id, "user_id": by})
    return source


def rotate(source_id: str, secret: str | None, now: datetime, by: str) -> Source:
    source = store.source(source_id)
    replaced = [
        Secret(old.value, old.expires_at or now + OVERLAP)
        for old in source.secrets
        if old.expires_at is None or old.expires_at > now
    ]
    renewed = (_secret(source.kind, secret), *replaced)[:_MAX_SECRETS]
    store.replace_secrets(source, renewed)
    logger.info("billing source has a new secret", extra={"source_id": source.id, "user_id": by})
    return replace(source, secrets=renewed)


def _secret(kind: SourceKind, given: str | None) -> Secret:
    if given is None:
        return Secret(signing.make_secret(secrets.token_bytes(32)))
    try:
        return Secret(shown_secrets.read(kind, given))
    except ValueError as fault:
        raise InvalidInput([FieldError("secret", str(fault))]) from None
