"""What may become of a run and of a payout. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dealreg.payouts.model import Act, Export, Payout, PayoutState, Run, RunState
from dealreg.platform.errors import Forbidden, StaleVersion, StateConflict
from dealreg.platform.ids import deal_locator

LIVE: frozenset[RunState] = frozenset(["building", "proposed", "approved"])
"""One run at the most is in these."""

MOST_AGAIN = 1000
"""Payouts of a run that were tried again and are not exported yet: its row names them."""


def number_of_run(run_id: str) -> str:
    return _number("R", run_id)


def number_of_payout(payout_id: str, attempt: int = 1) -> str:
    """With `-2` behind it when it is exported anew."""
    return _number("P", payout_id) + (f"-{attempt}" if attempt > 1 else "")


def _number(letter: str, one: str) -> str:
    locator = deal_locator(one)
    return f"{letter}-{locator[:4]}-{locator[4:]}"


# ---- runs -----------------------------------------------------------------------------------------------------------


def approved(run: Run, version: int, totals: Mapping[str, int], by: str, now: datetime, *, four_eyes: bool) -> Run:
    """`version` and `totals` are those that were seen. Raises StaleVersion, StateConflict or Forbidden."""
    if version != run.version or dict(totals) != dict(run.totals):
        told = f"Look at the run again: {_words(run)}, and not as you have seen it."
        raise StaleVersion(told, current_version=run.version)
    if run.state != "proposed":
        raise StateConflict(f"Only a proposed run can be approved: {_words(run)}.")
    if four_eyes and by == run.made_by:
        raise Forbidden("Who made a run may not approve it: ask somebody else to.")
    return replace(moved(run, "approved"), approved_by=by, approved_at=now, untold="")


def cancelled(run: Run, by: str, now: datetime) -> Run:
    """The run itself if it was cancelled before. Raises StateConflict."""
    if run.state == "cancelled":
        return run
    if run.state not in LIVE:
        raise StateConflict(f"This run cannot be cancelled any more: {_words(run)}.")
    return replace(moved(run, "cancelled"), ended_by=by, ended_at=now, untold=None)


def exported(run: Run, export: Export) -> Run:
    """As a whole, later those of its payouts that were tried again. Raises StateConflict."""
    must_await_export(run)
    if run.state == "exported":
        return replace(run, export=export, again={})
    after = replace(moved(run, "exported"), export=export)
    return after if run.unsettled else settled(after, export.at)


def must_await_export(run: Run) -> None:
    """Raises StateConflict."""
    if run.state != "approved" and not (run.state == "exported" and run.again):
        raise StateConflict(f"Only an approved run can be exported: {_words(run)}.")


def proposed(run: Run) -> Run:
    return replace(moved(run, "proposed"), unsettled=run.payouts)


def with_act(run: Run, act: Act, payout: Payout, now: datetime) -> Run:
    """What becomes of a run by an act on its payout, often nothing. Raises StateConflict."""
    again = {one: partner for one, partner in run.again.items() if one != payout.id}
    if act == "retry":
        if len(again) == MOST_AGAIN:
            raise StateConflict(f"{MOST_AGAIN} payouts wait to be exported anew: export them first.")
        again[payout.id] = payout.partner_id
    after = replace(run, again=again) if again != run.again else run
    return with_one_settled(after, now) if settles(act) else after


def with_one_settled(run: Run, now: datetime) -> Run:
    """A payout was paid or cancelled."""
    left = replace(run, unsettled=run.unsettled - 1)
    return left if left.unsettled else settled(left, now)


def settled(run: Run, now: datetime) -> Run:
    return replace(moved(run, "settled"), ended_at=now)


def moved(run: Run, state: RunState) -> Run:
    return replace(run, state=state, version=run.version + 1)


def _words(run: Run) -> str:
    match run.state:
        case "building":
            return "it is still being built"
        case "approved":
            return f"it was approved by {run.approved_by}"
        case "exported":
            return f"it was exported by {run.export.by if run.export else ''}"
        case "cancelled":
            return f"it was cancelled by {run.ended_by}"
        case _:
            return f"it is {run.state}"


# ---- payouts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    comes_from: PayoutState
    leads_to: PayoutState
    settles: bool = False


_ACTS: Mapping[Act, _Rule] = {
    "paid": _Rule("exported", "paid", settles=True),
    "failed": _Rule("exported", "failed"),
    "retry": _Rule("failed", "exported"),
    "cancel": _Rule("failed", "cancelled", settles=True),
    "returned": _Rule("paid", "paid"),
}


def state_of(payout: Payout, run: Run) -> PayoutState:
    if payout.state:
        return payout.state
    match run.state:
        case "building" | "proposed":
            return "proposed"
        case "settled":
            return "exported"
        case state:
            return state


def is_done(act: Act, payout: Payout, state: PayoutState) -> bool:
    """It was done before: then it is not done again."""
    match act:
        case "returned":
            return payout.returned_at is not None
        case "retry":
            return state == "exported" and payout.attempt > 1
        case _:
            return state == _ACTS[act].leads_to


def acted(act: Act, payout: Payout, state: PayoutState) -> Payout:
    """Raises StateConflict."""
    rule = _ACTS[act]
    if state != rule.comes_from:
        raise StateConflict(f"This payout is {state}: only one that is {rule.comes_from} can be {_WORDS[act]}.")
    attempt = payout.attempt + (act == "retry")
    return replace(payout, state=rule.leads_to, attempt=attempt, step=payout.step + 1)


def settles(act: Act) -> bool:
    return _ACTS[act].settles


_WORDS: Mapping[Act, str] = {
    "paid": "paid",
    "failed": "marked as failed",
    "retry": "tried again",
    "cancel": "cancelled",
    "returned": "returned",
}
