"""Asking before registering: the verdict alone, a few times an hour, and written down who asked after whom.

Whatever is found, the calls to the database are the same, the reply has the same length, and it comes at the same time,
so that none of them tells more than the verdict does, and nobody can try a whole list of names.
"""

import json
import logging
import time
from datetime import datetime, timedelta

from dealreg.deals import register
from dealreg.deals.model import ConflictCheckRequest
from dealreg.matching.names.normalise import normalise
from dealreg.matching.rules import Judgement
from dealreg.partners.program import current_program
from dealreg.partners.rows import table
from dealreg.platform import dynamo, ids, times
from dealreg.platform.errors import ConditionFailed, RateLimited
from dealreg.platform.http import Caller
from dealreg.platform.tokens import hash_token

logger = logging.getLogger(__name__)
REPLY_LENGTH = 128
"""Of every reply, in characters: JSON may end in spaces."""
_SLOT = 0.1
"""Seconds. Comparing with more candidates takes some milliseconds longer, which a full slot hides."""
_AUDIT_KEPT = timedelta(days=400)


def check(caller: Caller, asked: ConflictCheckRequest, now: datetime) -> str:
    """The reply's body. Raises RateLimited, which says nothing of the customer either."""
    began = time.monotonic()
    try:
        return _answer(caller, asked, now)
    finally:
        time.sleep((began - time.monotonic()) % _SLOT)


def _answer(caller: Caller, asked: ConflictCheckRequest, now: datetime) -> str:
    judgement = register.judge(caller.partner_id, asked, now)
    try:
        dynamo.transact([_count(caller.partner_id, now), _audit(caller, asked, judgement, now)])
    except ConditionFailed:
        logger.info("too many checks", extra={"partner_id": caller.partner_id})
        raise RateLimited(retry_after=_next_hour(now)) from None
    logger.info("customer checked", extra={"partner_id": caller.partner_id, "verdict": judgement.verdict.value})
    return json.dumps({"conflict": {"verdict": judgement.verdict, "reason_code": judgement.reason_code}}).ljust(
        REPLY_LENGTH
    )


def _count(partner_id: str, now: datetime) -> dynamo.Action:
    """Fails when the partner has had its checks of this hour."""
    return dynamo.update(
        dynamo.Key(table(), f"PARTNER#{partner_id}", f"CHECKS#{times.to_text(now)[:13]}"),
        change={"ttl": int((now + timedelta(hours=2)).timestamp())},
        add={"count": 1},
        when="attribute_not_exists(#count) OR #count < :most",
        values={"most": current_program().checks_per_hour},
    )


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


def _next_hour(now: datetime) -> int:
    """Seconds until the count begins anew."""
    return 3600 - now.minute * 60 - now.second
