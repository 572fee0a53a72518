"""What an endpoint's owner does with it: make it, prove that it is theirs, change it, try it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dealreg.platform.errors import StateConflict
from dealreg.webhooks.deliveries import limits, rules, store
from dealreg.webhooks.endpoints import keys
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Delivery, Endpoint
from dealreg.webhooks.replays import runner as replay

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import NewEndpoint


def create(owner: str, new: "NewEndpoint", now: datetime) -> tuple[Endpoint, str]:
    """The endpoint and its secret; the challenge is on its way, and is repeated like any delivery.

    Raises what `endpoints.create` does.
    """
    endpoint, secret = endpoints.create(owner, new, now)
    _challenge(endpoint, now)
    return endpoint, secret


def change(owner: str, endpoint_id: str, changes: Mapping[str, Any], now: datetime) -> Endpoint:
    """Raises what `endpoints.change` does. Enabled again, it gets what was held for it."""
    before = endpoints.load(owner, endpoint_id)
    after = endpoints.change(owner, endpoint_id, changes)
    if after.status == "unverified" and (before.status != "unverified" or before.url != after.url):
        _challenge(after, now)
    if after.status == "enabled" and before.status != "enabled":
        replay.release_held(after, now)
    return after


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
    return _send(endpoint, rules.TEST_TYPE, {}, now)


def _challenge(endpoint: Endpoint, now: datetime) -> Delivery:
    return _send(endpoint, rules.VERIFY_TYPE, {"challenge": keys.challenge_of(endpoint)}, now)


def _send(endpoint: Endpoint, event_type: str, data: dict[str, Any], now: datetime) -> Delivery:
    event = endpoints.append_event(endpoint, event_type, data, now)
    (delivery,) = store.send_to([endpoint], store.message_of(event), now)
    return delivery
