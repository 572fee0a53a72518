"""One attempt: lease, send, record. A crash between the last two means a repetition, never a loss."""

import logging
from datetime import datetime, timedelta

from dealreg.errors import StaleVersion
from dealreg.webhooks import endpoints, rules, sender, signing, store
from dealreg.webhooks.addresses import parse_url
from dealreg.webhooks.model import Answer, Attempt, Delivery, Endpoint, Message

logger = logging.getLogger(__name__)


def deliver(delivery_id: str, now: datetime, chance: float, deadline: float = sender.DEADLINE) -> None:
    """Does nothing for a delivery that is done, not due yet or in other hands: queue messages may come twice.

    What the receiver does is a state of the delivery, never an error. `chance` is from 0 to 1, `deadline` in seconds.
    """
    before = store.find(delivery_id)
    if before is None or not rules.is_ready(before, now):
        return
    endpoint, message = store.endpoint_and_message(before)
    begun = rules.begin(before, endpoint, message, now)
    try:
        store.save(before, begun, now)
    except StaleVersion:
        return  # another was quicker
    if not endpoint or not message or not rules.is_leased(begun, now):
        _log(begun)
        return
    answer = _send(endpoint, message, now, deadline)
    ended_at = now + timedelta(milliseconds=answer.duration_ms)
    after = rules.conclude(begun, answer, ended_at, chance)
    try:
        store.save(begun, after, ended_at, Attempt(begun.attempts, now, answer))
    except StaleVersion:
        logger.warning("attempt outlived its lease", extra={"delivery_id": delivery_id, "attempt": begun.attempts})
        return
    store.enqueue([after], ended_at)
    _log(after)


def _send(endpoint: Endpoint, message: Message, now: datetime, deadline: float) -> Answer:
    try:
        target = parse_url(endpoint.url, allow_loopback=endpoints.allows_loopback())
    except ValueError:  # saved under other rules than today's
        return Answer("unreachable", None, 0, "")
    body = message.body.encode()
    headers = signing.sign(message.id, now, body, endpoints.live_secrets(endpoint, now))
    return sender.post(target, headers, body, deadline)


def _log(delivery: Delivery) -> None:
    logger.info(
        "delivery tried",
        extra={
            "delivery_id": delivery.id,
            "endpoint_id": delivery.endpoint_id,
            "event_id": delivery.event_id,
            "attempt": delivery.attempts,
            "status": delivery.status,
            "result": delivery.last_result,
            "status_code": delivery.last_status_code,
        },
    )
