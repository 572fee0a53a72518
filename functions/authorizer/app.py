"""API Gateway's Lambda authorizer (payload 2.0, simple response): who calls, for every route that asks for a token."""

import logging
from typing import Any

from dealreg.partners.credentials import authenticate, bearer_token
from dealreg.platform import times
from dealreg.platform.http import Caller

logger = logging.getLogger(__name__)


def allow(caller: Caller | None) -> dict[str, Any]:
    """The context that `http.read_request` reads back as the caller; without one, API Gateway answers 403."""
    if caller is None:
        return {"isAuthorized": False}
    context = {
        "principal_type": caller.principal_type,
        "partner_id": caller.partner_id,
        "user_id": caller.user_id,
        "scopes": " ".join(sorted(caller.scopes)),
    }
    return {"isAuthorized": True, "context": context}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    token = bearer_token(event["headers"].get("authorization", ""))
    reply = allow(authenticate(token, times.now()))
    logger.info("authorizer answered", extra={"is_authorized": reply["isAuthorized"], **reply.get("context", {})})
    return reply
