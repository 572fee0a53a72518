"""What people do with a run: they make, approve and cancel it."""

import json
import logging
from collections.abc import Callable
from datetime import datetime

from dealreg.partners.program import stored_program
from dealreg.partners.rows import partner_key
from dealreg.payouts import rules, run_events, store, views
from dealreg.payouts.inputs import Approval, NewRun
from dealreg.payouts.model import Run
from dealreg.platform import aws, dynamo, idempotency, ids
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, StateConflict, Unavailable
from dealreg.platform.idempotency import Guard, StoredReply
from dealreg.platform.validation import parse

logger = logging.getLogger(__name__)
ROUTE = "POST /v1/admin/payout-runs"
_TRIES = 8


def make(body: bytes, key: str | None, by: str, now: datetime) -> StoredReply:
    """It is built by the relay. Raises InvalidInput, also for a missing key, IdempotencyMismatch or StateConflict."""
    said = parse(NewRun, body)
    if key is None:
        raise InvalidInput([FieldError("Idempotency-Key", "This header is required: a run is made once.")])
    guard = idempotency.guard(by, ROUTE, key, said.model_dump_json().encode())
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        live = store.live_key()
        found = dynamo.batch_get([guard.key, live])
        if before := idempotency.stored_reply(guard, found.get(guard.key), now):
            return before
        if known := found.get(live):
            number = rules.number_of_run(known["run_id"])
            raise StateConflict(f"Run {number} is under way: export or cancel it first.", run_id=known["run_id"])
        _check(said, now)
        try:
            return _make(said, guard, by, now)
        except ConditionFailed:
            continue
    raise Unavailable("too many runs at once")


def _check(said: NewRun, now: datetime) -> None:
    faults: list[FieldError] = []
    if said.at and said.at > now:
        faults.append(FieldError("at", "This is still to come: nothing is payable before its time."))
    wanted = said.partner_ids or []
    found = dynamo.batch_get(map(partner_key, wanted), ("id",))
    unknown = [one for one in dict.fromkeys(wanted) if partner_key(one) not in found]
    faults += [FieldError(f"partner_ids.{wanted.index(one)}", "There is no such partner.") for one in unknown]
    if faults:
        raise InvalidInput(faults)


def _make(said: NewRun, guard: Guard, by: str, now: datetime) -> StoredReply:
    partner_ids = tuple(dict.fromkeys(said.partner_ids or ()))
    run = Run(ids.new_id("run", now), said.at or now, by, now, partner_ids)
    reply = StoredReply(202, json.dumps(views.summary(run)))
    dynamo.transact([*store.new_run(run, now), idempotency.record(guard, reply, now)])
    logger.info("payout run made", extra={"run_id": run.id, "by": by})
    return reply


def approve(run_id: str, body: bytes, by: str, now: datetime) -> Run:
    """Raises NotFound, InvalidInput, StaleVersion, StateConflict or Forbidden."""
    said = parse(Approval, body)
    four_eyes = stored_program().money.four_eyes
    return change(
        run_id, now, lambda run: rules.approved(run, said.version, said.minor(), by, now, four_eyes=four_eyes)
    )


def cancel(run_id: str, by: str, now: datetime) -> Run:
    """Its lines are free at once. Raises NotFound or StateConflict."""
    return change(run_id, now, lambda run: rules.cancelled(run, by, now))


def change(run_id: str, now: datetime, become: Callable[[Run], Run]) -> Run:
    """As long as somebody else is faster, it is decided anew on what the run has become."""
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        run = store.load_run(run_id)
        after = become(run)
        if after is run:
            return run
        try:
            return save(run, after, [], now)
        except ConditionFailed:
            continue
    raise Unavailable("the run is being changed by others")


def save(run: Run, after: Run, also: list[dynamo.Action], now: datetime) -> Run:
    """Raises ConditionFailed."""
    is_told = after.untold is not None
    goes_on = after.state == "building" or is_told
    saved, own = store.changed_run(after, now, goes_on=goes_on, is_woken=goes_on)
    actions = [own, *also]
    if run.state in rules.LIVE and after.state not in rules.LIVE:
        actions.append(store.unlocked(run))
    if after.state == "settled" != run.state:
        actions.append(run_events.told(saved, "payout_run.settled", now))
    dynamo.transact(actions)
    logger.info("payout run changed", extra={"run_id": run.id, "state": after.state, "was": run.state})
    return saved
