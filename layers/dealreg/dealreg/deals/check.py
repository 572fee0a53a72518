"""Asking before registering: the verdict alone, a few times an hour, and written down who asked after whom.

Whatever is found, the calls to the database are the same, the reply has the same length, and it comes at the same time,
so that none of them tells more than the verdict does, and nobody can try a whole list of names.
"""

import json
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from dealreg.deals import register
from dealreg.deals.model import ConflictCheckRequest
from dealreg.matching.names.normalise import normalise
from dealreg.matching.rules import Judgement
from dealreg.partners.limits import limit
from dealreg.partners.rows import table
from dealreg.platform import dynamo, ids, limits, times
from dealreg.platform.http import Caller
from dealreg.platform.tokens import hash_token

logger = logging.getLogger(__name__)
REPLY_LENGTH = 128
"""Of every reply, in characters: JSON may end in spaces."""
_SLOT = 0.1
"""Seconds. Comparing with more candidates takes some milliseconds longer, which a full slot hides."""
_AUDIT_KEPT = timedelta(days=400)


def check(caller: Caller, asked: ConflictCheckRequest, now: datetime) -> tuple[str, Mapping[str, str]]:
    """The reply's body, and headers that tell of the limit. RateLimited says nothing of the customer either."""
    began = time.monotonic()
    try:
        return _answer(caller, asked, now)
    finally:
        time.sleep((began - time.monotonic()) % _SLOT)


def _answer(caller: Caller, asked: ConflictCheckRequest, now: datetime) -> tuple[str, Mapping[str, str]]:
    hourly = limit("checks", caller.partner_id, now)
    judgement, allowance = register.judge(caller.partner_id, asked, now, hourly)
    limits.transact([_audit(caller, asked, judgement, now)], allowance)
    logger.info("customer checked", extra={"partner_id": caller.partner_id, "verdict": judgement.verdict.value})
    told = {"conflict": {"verdict": judgement.verdict, "reason_code": judgement.reason_code}}
    return json.dumps(told).ljust(REPLY_LENGTH), allowance.headers()


def _audit(caller: Caller, asked: ConflictCheckRequest, judgement: Judgement, now: datetime) -> dynamo.Action:
    """Who asked, and after whom: a hash, for comparison with a name that somebody complains about."""
    return dynamo.put(
        table(),
        {
            "pk": f"PARTNER#{caller.partner_id}",
            "sk": f"CHECK#{ids.new_id('chk', now)}",
            "user_id": caller.user_id,
            "name_hash": hash_token(normalise(asked.customer.name).joined),
            "domain_hash": hash_token(asked.customer.domain or ""),
            "verdict": judgement.verdict.value,
            "at": times.to_text(now),
            "ttl": int((now + _AUDIT_KEPT).timestamp()),
        },
    )
