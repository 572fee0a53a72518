"""Partners are told of their payouts once a run is approved: page by page, each once."""

from dataclasses import replace
from datetime import datetime

from dealreg.ledger import rows
from dealreg.payouts import posting, store
from dealreg.payouts.model import Payout, Run
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed

_PAGE = 25
_TRIES = 5


def step(run: Run, now: datetime, *, is_woken: bool) -> Run:
    """A page of them. Raises ConditionFailed if somebody else is at it."""
    pk = f"RUN#{run.id}"
    start = {"pk": pk, "sk": run.untold} if run.untold else None
    page = dynamo.page(rows.table(), pk, store.PAYOUTS, limit=_PAGE, start=start)
    for payout in store.payouts_named(page.items):
        _tell(payout, now)
    untold = page.next_key["sk"] if page.next_key else None
    goes_on = untold is not None
    after, own = store.changed_run(replace(run, untold=untold), now, goes_on=goes_on, is_woken=is_woken and goes_on)
    dynamo.transact([own])
    return after


def _tell(payout: Payout, now: datetime) -> None:
    """A lost race, which any line of the partner may win, is tried again."""
    for attempt in range(_TRIES):
        if payout.is_told:
            return
        after = replace(payout, is_told=True, step=payout.step + 1)
        try:
            told = posting.actions(after, ["payout.created"], None, now)
            dynamo.transact([store.changed_payout(after, payout.step), *told])
        except ConditionFailed:
            if attempt + 1 == _TRIES:
                raise
            payout = store.load_payout(store.locate(payout.id))
        else:
            return
