"""The way in: one signed request becomes one row, and nothing else happens before the sender has its answer."""

import logging
from collections.abc import Mapping
from datetime import datetime

from dealreg.billing import sources, store
from dealreg.billing.model import InboxEvent
from dealreg.billing.verify import verify
from dealreg.platform.errors import Gone

logger = logging.getLogger(__name__)


def receive(source_id: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """False for a repetition.

    Raises NotFound for an unknown source, Gone for one that is switched off, Unauthenticated for any fault of the
    signature.
    """
    source = sources.cached(source_id, now)
    if not source.enabled:
        raise Gone("This source is switched off.")
    provider_id = verify(source, headers, body, now)
    event_id = store.event_id(source.id, provider_id)
    is_new = store.keep(InboxEvent(event_id, source.id, source.kind, provider_id, now, body))
    logger.info("billing event received", extra={"event_id": event_id, "source_id": source.id, "is_new": is_new})
    return is_new
