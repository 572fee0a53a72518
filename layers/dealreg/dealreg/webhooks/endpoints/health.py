"""What attempts show of an endpoint, in its row: whether it works, is slow, or is to be disabled."""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.platform import ids, times
from dealreg.platform.errors import NotFound, StaleVersion, Unavailable
from dealreg.webhooks.deliveries import policy, rules
from dealreg.webhooks.endpoints.store import Decision, rewrite, save
from dealreg.webhooks.model import Answer, Endpoint

logger = logging.getLogger(__name__)


def claim_probe(endpoint: Endpoint, now: datetime) -> bool:
    """False when another delivery is already trying whether the endpoint works again, or its row has changed."""
    try:
        save(endpoint, Decision(replace(endpoint, health=policy.probing(endpoint.health, now))))
    except StaleVersion:
        return False
    return True


def suspect(endpoint: Endpoint) -> None:
    """Its answer is overdue: what comes for it meanwhile goes through the slow lane."""
    if not policy.is_slow(endpoint.health):
        with suppress(StaleVersion):
            save(endpoint, Decision(replace(endpoint, health=policy.suspected(endpoint.health))))


def record(endpoint: Endpoint, answer: Answer, now: datetime) -> Endpoint:
    """Lets an attempt count for the endpoint's health, with the event for its owner, if there is something to tell.

    Most change nothing. What another URL than today's answered does not count. After many tries at a row that others
    change too, one observation more or less does not matter.
    """

    def observe(now_there: Endpoint) -> Decision:
        if now_there.url != endpoint.url:
            return Decision(now_there)
        after, told = policy.after_attempt(now_there, answer, now)
        if not told:
            return Decision(after)
        event = rules.event_about(now_there, ids.new_id("evt", now), told, _state(after), (after.owner,), now)
        return Decision(replace(after, sequence=event.sequence), event)

    try:
        decision = rewrite(endpoint, observe)
    except (NotFound, Unavailable):
        return endpoint
    after = decision.after
    if decision.event:
        extra = {"endpoint_id": after.id, "owner": after.owner, "reason": after.disabled_reason}
        logger.warning(decision.event.type, extra=extra)
    return after


def _state(endpoint: Endpoint) -> dict[str, Any]:
    since = endpoint.health.failing_since
    return {
        "url": endpoint.url,
        "status": endpoint.status,
        "reason": endpoint.disabled_reason or None,
        "failing_since": times.to_text(since) if since else None,
    }
