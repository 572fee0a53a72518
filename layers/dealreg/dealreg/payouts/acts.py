"""What becomes of a payout after its run was exported: each act twice is once."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.commissions.ledger import Line
from dealreg.payouts import commands, posting, rules, store
from dealreg.payouts.inputs import said_of
from dealreg.payouts.model import Act, Payout, Run
from dealreg.payouts.posting import Told
from dealreg.platform import aws, dynamo
from dealreg.platform.errors import ConditionFailed, Unavailable

logger = logging.getLogger(__name__)
_TRIES = 8
_TOLD: dict[Act, Told] = {"paid": "payout.paid", "failed": "payout.failed", "returned": "payout.returned"}


def do(act: Act, payout_id: str, body: bytes, by: str, now: datetime) -> tuple[Payout, Run]:
    """Raises NotFound, InvalidInput or StateConflict."""
    said, key = said_of(act, body, now), store.locate(payout_id)
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        payout = store.load_payout(key)
        run = store.load_run(payout.run_id)
        state = rules.state_of(payout, run)
        if rules.is_done(act, payout, state):
            return payout, run
        after = _with(act, rules.acted(act, payout, state), said, now)
        try:
            run = _commit(act, payout, after, run, now)
        except ConditionFailed:
            continue
        logger.info("payout changed", extra={"payout_id": payout_id, "act": act, "by": by})
        return after, run
    raise Unavailable("the payout's ledger is being changed by others")


def _with(act: Act, payout: Payout, said: dict[str, Any], now: datetime) -> Payout:
    told = replace(payout, **said, is_told=True)
    if act == "retry":
        return replace(told, reason_code=None, text=None)
    return replace(told, returned_at=now) if act == "returned" else told


def _commit(act: Act, before: Payout, after: Payout, run: Run, now: datetime) -> Run:
    told: list[Told] = []
    if act in _TOLD:
        told.append(_TOLD[act])
    if not before.is_told:
        told.insert(0, "payout.created")
    actions = [store.changed_payout(after, before.step)]
    if told:
        actions += posting.actions(after, told, _line(act, after, now), now)
    changed = rules.with_act(run, act, after, now)
    if changed is not run:
        return commands.save(run, changed, actions, now)
    dynamo.transact(actions)
    return run


def _line(act: Act, payout: Payout, now: datetime) -> Line | None:
    if act == "paid":
        return posting.paid(payout, payout.paid_at or now)
    return posting.returned(payout, now) if act == "returned" else None
