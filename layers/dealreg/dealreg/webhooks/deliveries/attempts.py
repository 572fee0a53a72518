"""One attempt: its turn, lease, send, record. A crash between the last two means a repetition, never a loss."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Timer
from typing import Any

from dealreg.platform import aws
from dealreg.platform.errors import StaleVersion
from dealreg.webhooks.deliveries import limits, ordering, policy, queues, rules, store
from dealreg.webhooks.endpoints import health
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer, Attempt, Delivery, Endpoint, Message
from dealreg.webhooks.replays import runner as replay
from dealreg.webhooks.transport import sender, sinks

logger = logging.getLogger(__name__)

_SOON = timedelta(seconds=1)
"""Not worth a way through the queue."""


def each_at_once(event: dict[str, Any], handle: Callable[[str], None]) -> dict[str, Any]:
    """All messages of a batch side by side, so that one slow receiver holds up none; only our own faults come again."""
    records: list[dict[str, Any]] = event["Records"]

    def failure_of(record: dict[str, Any]) -> str | None:
        try:
            handle(record["body"])
        except Exception:
            logger.exception("message failed", extra={"message_id": record["messageId"]})
            return record["messageId"]
        return None

    for service in ("dynamodb", "secretsmanager", "sqs"):
        aws.client(service)  # botocore's clients serve many threads, but are made by one
    with ThreadPoolExecutor(max(len(records), 1)) as threads:
        failed = [message_id for message_id in threads.map(failure_of, records) if message_id]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def on_message(body: str, now: datetime, chance: float) -> None:
    """A pointer to a delivery. `chance` is from 0 to 1."""
    pointer: dict[str, str] = json.loads(body)
    deliver(pointer["endpoint_id"], pointer["delivery_id"], now, chance)


def deliver(
    endpoint_id: str, delivery_id: str, now: datetime, chance: float, deadline: float = sender.DEADLINE
) -> None:
    """Does nothing for a delivery that is done, not due yet or in other hands: queue messages may come twice.

    What the receiver does is a state of the delivery, never an error. `deadline` is in seconds.
    """
    before = store.find(endpoint_id, delivery_id)
    if before is None or not rules.is_ready(before, now):
        return
    endpoint, message = store.endpoint_and_message(before)
    begun = rules.begin(before, endpoint, message, now)
    if endpoint and message and rules.is_leased(begun, now):
        begun = _turned_away(before, endpoint, now, chance) or begun
    try:
        store.save(before, begun)
    except StaleVersion:
        return  # another was quicker
    if endpoint and message and rules.is_leased(begun, now):
        _attempt(begun, endpoint, message, now, chance, deadline)
    else:
        _follow_up(begun, endpoint, now)


def _turned_away(delivery: Delivery, endpoint: Endpoint, now: datetime, chance: float) -> Delivery | None:
    """What becomes of it when it cannot go now, without spending an attempt; None when it can."""
    turn = ordering.turn_of(delivery, endpoint, now)
    if turn.is_superseded:
        return rules.end(delivery, "superseded", "superseded")
    if turn.wait_until:
        return rules.parked(delivery, turn.wait_until)
    gate = policy.gate(endpoint.health, now, chance)
    if gate.open_at:
        return rules.postponed(delivery, gate.open_at, now)
    if gate.is_probe and not health.claim_probe(endpoint, now):
        return rules.postponed(delivery, now + policy.PROBE, now)
    if policy.is_slow(endpoint.health) and not delivery.is_slow and not gate.is_probe:
        return replace(rules.postponed(delivery, now + _SOON, now), is_slow=True)
    if endpoint.rate_limit and not delivery.has_slot:
        slot = limits.slot(endpoint.id, endpoint.rate_limit, now)
        if slot is None or slot > now + _SOON:
            return rules.postponed(delivery, slot or now + _SOON, now, has_slot=slot is not None)
    return None


def _attempt(
    begun: Delivery, endpoint: Endpoint, message: Message, now: datetime, chance: float, deadline: float
) -> None:
    overdue = Timer(policy.SLOW_ANSWER_MS / 1000, health.suspect, (endpoint,))
    overdue.daemon = True
    overdue.start()
    try:
        answer = sinks.send(endpoint, message, now, deadline)
    finally:
        overdue.cancel()
    ended_at = now + timedelta(milliseconds=answer.duration_ms)
    after = rules.conclude(begun, answer, ended_at, chance, slow=policy.is_slow(endpoint.health))
    try:
        store.conclude(begun, after, Attempt(begun.attempts, now, _as_kept(answer, message)))
    except StaleVersion:
        logger.warning("attempt outlived its lease", extra={"delivery_id": begun.id, "attempt": begun.attempts})
        return
    health.record(endpoint, answer, ended_at)
    if after.status == "delivered" and message.type == rules.VERIFY_TYPE and endpoints.verify(endpoint):
        replay.release_held(endpoint, ended_at)
    _follow_up(after, endpoint, ended_at)


def _as_kept(answer: Answer, message: Message) -> Answer:
    """Of a challenge's answer neither body nor headers: what repeats it would tell it to an owner who cannot see it."""
    return replace(answer, body="", headers={}) if message.type == rules.VERIFY_TYPE else answer


def _follow_up(delivery: Delivery, endpoint: Endpoint | None, now: datetime) -> None:
    """A retry into the queue, the next in line, and what was held just when its endpoint was enabled."""
    is_parked = delivery.next_attempt_at is not None and delivery.next_attempt_at <= now
    if not is_parked:
        queues.enqueue([delivery], now)
    if delivery.status == "held":
        store.reconsider(delivery, now)
    elif delivery.status != "pending" and endpoint:
        ordering.call_next(delivery, endpoint, now)
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
