"""What an endpoint's owner does with it: make it, prove that it is theirs, change it, try it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dealreg.platform.errors import FieldError, InvalidInput, StaleVersion, StateConflict
from dealreg.platform.limits import Allowance
from dealreg.webhooks.deliveries import limits, store
from dealreg.webhooks.deliveries.rules import TEST_TYPE, VERIFY_TYPE
from dealreg.webhooks.endpoints import keys, rules
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.endpoints.store import Decision
from dealreg.webhooks.model import Delivery, Endpoint
from dealreg.webhooks.replays import runner as replay

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import NewEndpoint

logger = logging.getLogger(__name__)


def create(owner: str, new: "NewEndpoint", now: datetime, allowance: Allowance | None = None) -> tuple[Endpoint, str]:
    """The endpoint and its secret; the challenge is on its way, and is repeated like any delivery.

    Raises what `endpoints.create` does.
    """
    endpoint, secret = endpoints.create(owner, new, now, allowance)
    _challenge(endpoint, now)
    return endpoint, secret


def change(
    owner: str, endpoint_id: str, wanted: Mapping[str, Any], now: datetime, allowance: Allowance | None = None
) -> Endpoint:
    """Enabled again, it gets what was held for it; a new URL has to answer the challenge.

    Raises NotFound, InvalidInput as `endpoints.create` does, RateLimited when it were one challenge or change too many,
    StaleVersion when its status is to change and another changed it meanwhile, Unavailable.
    """
    seen = endpoints.load(owner, endpoint_id)
    if "url" in wanted:
        if seen.sink != "http":
            raise InvalidInput([FieldError("url", "A queue or a bus stays what it is: make another endpoint.")])
        endpoints.require_public(wanted["url"])
    if rules.must_prove(seen, rules.changed(seen, wanted)):
        limits.allow_test(seen.id, now)
    before = [seen]

    def decide(now_there: Endpoint) -> Decision:
        if "status" in wanted and now_there.status != seen.status:
            raise StaleVersion
        before[0] = now_there
        return Decision(rules.changed(now_there, wanted))

    after = endpoints.rewrite(seen, decide, allowance).after
    logger.info("endpoint changed", extra={"endpoint_id": endpoint_id, "owner": owner, "fields": sorted(wanted)})
    if rules.must_prove(before[0], after):
        _challenge(after, now)
    if after.status == "enabled" and before[0].status != "enabled":
        replay.release_held(after, now)
    return after


def enable(owner: str, endpoint_id: str, now: datetime, allowance: Allowance | None = None) -> Endpoint:
    """Raises what `change` does, and StateConflict while it cannot be enabled, with what its receiver answered last."""
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status == "unverified":
        answered = {"last_result": None, "last_status_code": None} | store.last_answer(endpoint.id, VERIFY_TYPE)
        raise StateConflict(rules.why_not_enabled(endpoint) or "", endpoint_status=endpoint.status, **answered)
    return change(owner, endpoint_id, {"status": "enabled"}, now, allowance)


def confirm(owner: str, endpoint_id: str, challenge: str, now: datetime) -> Endpoint:
    """For a receiver that cannot be told what to answer: its owner gives back what arrived there.

    Raises NotFound, StateConflict unless it is unverified, InvalidInput, RateLimited.
    """
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status != "unverified":
        raise StateConflict("There is nothing to prove.", endpoint_status=endpoint.status)
    limits.allow_test(endpoint.id, now)
    if not keys.is_challenge(endpoint, challenge.strip()):
        message = "This is not the challenge of the newest endpoint.verify message that went to its URL."
        raise InvalidInput([FieldError("challenge", message)])
    if not endpoints.verify(endpoint):
        raise StaleVersion
    enabled = endpoints.load(owner, endpoint_id)
    replay.release_held(enabled, now)
    return enabled


def verify(owner: str, endpoint_id: str, now: datetime) -> Delivery:
    """Sends the challenge once more. Raises NotFound, StateConflict unless it is unverified, RateLimited."""
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status != "unverified":
        raise StateConflict("There is nothing to prove.", endpoint_status=endpoint.status)
    limits.allow_test(endpoint.id, now)
    return _challenge(endpoint, now)


def send_test(owner: str, endpoint_id: str, now: datetime) -> Delivery:
    """Through the same queue as everything else. Raises NotFound, StateConflict unless it is enabled, RateLimited."""
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status != "enabled":
        raise StateConflict("Enable the endpoint first.", endpoint_status=endpoint.status)
    limits.allow_test(endpoint.id, now)
    return _send(endpoint, TEST_TYPE, {}, now)


def _challenge(endpoint: Endpoint, now: datetime) -> Delivery:
    return _send(endpoint, VERIFY_TYPE, {"challenge": keys.challenge_of(endpoint)}, now)


def _send(endpoint: Endpoint, event_type: str, data: dict[str, Any], now: datetime) -> Delivery:
    event = endpoints.append_event(endpoint, event_type, data, now)
    (delivery,) = store.send_to([endpoint], store.message_of(event), now)
    return delivery
