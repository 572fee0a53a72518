"""Which payouts hold the lines of a ledger: what state a line is in goes by its payout's row, and by that of its run.

`PARTNER#<id>` / `PAYOUT#<id>` · `RUNS` / `RUN#<id>`. A line that names a payout that was cancelled, or that is not
there, is as free as one that names none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dealreg.commissions.ledger import Payout
from dealreg.ledger import rows
from dealreg.platform import dynamo, times

PAYOUT = "PAYOUT#"
RUNS, RUN = "RUNS", "RUN#"
CANCELLED = "cancelled"


def payout_key(partner_id: str, payout_id: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"PARTNER#{partner_id}", f"{PAYOUT}{payout_id}")


def run_key(run_id: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), RUNS, f"{RUN}{run_id}")


def payouts_of(lines: Iterable[Mapping[str, Any]]) -> Mapping[str, Payout]:
    """By id, those that hold any of the lines."""
    keys = {payout_key(line["partner_id"], line["payout_id"]) for line in lines if "payout_id" in line}
    found = dynamo.batch_get(keys)
    runs = dynamo.batch_get({run_key(payout["run_id"]) for payout in found.values()}, ("state",))
    states = {key.sk.removeprefix(RUN): run["state"] for key, run in runs.items()}
    live = [one for one in found.values() if CANCELLED not in (one.get("state"), states[one["run_id"]])]
    return {one["id"]: payout_of(one) for one in live}


def payout_of(item: Mapping[str, Any]) -> Payout:
    paid_at = item.get("paid_at")
    return Payout(times.from_text(item["at"]), times.from_text(paid_at) if paid_at else None)
