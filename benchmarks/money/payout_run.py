"""A payout run over many ledgers: how fast its worker claims lines, what is lost or doubled when it is killed.

On MiniStack with the tables of template.yaml, no Lambda: the worker is a process of its own, so that it can be killed
at any moment and its memory is nothing else's. The baseline writes as many lines by bare transactions of the same size
in such a process, and reads and decides nothing.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.webhooks import world
from dealreg.commissions.ledger import Line
from dealreg.ledger import claimed, heads, lines, rows
from dealreg.partners import partners
from dealreg.partners.program import Program, Tier, save_program
from dealreg.payouts import building, commands, store
from dealreg.platform import aws, dynamo, times
from dealreg.platform.money import Money
from local.places import ROOT
from tests.integration.aws_calls import intercept

PARTNERS, LINES, KILLS = 200, 100_000, 10
_BY = "bench"
_BATCH = 25  # DynamoDB: BatchWriteItem
_CLAIMED_AT_ONCE = 98
"""As the worker does, beside two rows."""
Json = dict[str, Any]


def measured(partner_count: int = PARTNERS, line_count: int = LINES, kills: int = KILLS) -> Json:
    with world.running():
        save_program(Program(tiers=(Tier("gold", "Gold", 1),)), _BY)
        each = max(1, line_count // partner_count)
        own = [_owed(number, each) for number in range(partner_count)]
        bare = _done("bare", ",".join(own))
        undisturbed = _made("undisturbed")
        run = _done("build", undisturbed)
        commands.cancel(undisturbed, _BY, times.now())
        killed = _killed(_made("killed"), kills, run["seconds"])
        found = _counted(own)
    posted = each * partner_count
    return {
        "partners": partner_count,
        "lines": posted,
        "lines_per_s": round(posted / run["seconds"]),
        "floor_lines_per_s": round(posted / bare["seconds"]),
        "writes_per_line": round(run["line_writes"] / posted, 3),
        "most_lines_in_a_transaction": run["most"],
        "kills": killed,
        **found,
        "peak_mb": run["peak_mb"],
    }


# ---- what there is to pay -------------------------------------------------------------------------------------------


def _owed(number: int, count: int) -> str:
    """A partner with so many payable lines, as they are posted; its id."""
    now = times.now()
    made = partners.create(f"Partner {number}", "gold", [], now, _BY)
    partners.change(made.id, {"payout": {"erp_reference": f"ERP{number}"}}, _BY)
    at = now - timedelta(days=40)
    posted = [_line(made.id, place, at) for place in range(1, count + 1)]
    head = heads.moved(made.id, {"number": 0, "sequence": 0, "updated_at": ""}, posted, 0, now)
    _put([*posted, head])
    return made.id


def _line(partner_id: str, number: int, at: datetime) -> dynamo.Item:
    amount = Money(1_000 + number, "EUR")
    line = Line(partner_id, "accrual", "payment", amount, at, at + timedelta(days=30), number, f"{at:%Y-%m}")
    return lines.to_item(line, at, "bev_01JD8V4M2T7QK3N5P9XWZRB6YC", "Quarz GmbH")


def _put(items: Sequence[dynamo.Item]) -> None:
    for start in range(0, len(items), _BATCH):
        puts = [{"PutRequest": {"Item": dynamo.item_to_wire(item)}} for item in items[start : start + _BATCH]]
        left: Any = {rows.table(): puts}
        while left:
            left = aws.client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]


def _made(key: str) -> str:
    return str(json.loads(commands.make(b"{}", key, _BY, times.now()).body)["id"])


# ---- workers --------------------------------------------------------------------------------------------------------


def _started(work: str, of: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.money.payout_run", work, of]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def _done(work: str, of: str) -> Json:
    """What the worker says behind its first line."""
    told, _ = _started(work, of).communicate()
    return json.loads(told.splitlines()[-1])


def _killed(run_id: str, kills: int, seconds: float) -> int:
    """How often a worker was killed at its work, at moments of the whole time that it takes; the last one ends it."""
    chance, done = Random(), 0  # noqa: S311  # moments are no secrets
    for _ in range(kills):
        worker = _started("build", run_id)
        if worker.stdout:
            worker.stdout.readline()  # it begins
        time.sleep(chance.uniform(0, 2 * seconds / (kills + 1)))
        if worker.poll() is None:
            worker.kill()
            done += 1
        worker.communicate()
    _done("build", run_id)
    return done


def _counted(own: Sequence[str]) -> Json:
    """Of lines by the payouts that say they have them, and of those by their lines."""
    lost = doubled = 0
    for partner_id in own:
        items = [*dynamo.every(rows.table(), f"PARTNER#{partner_id}", rows.LINE)]
        held = claimed.payouts_of(items)
        of_payouts = [item for item in items if item.get("payout_id") in held]
        payouts = [store.load_payout(claimed.payout_key(partner_id, one)) for one in held]
        lost += len(items) - len(of_payouts)
        doubled += abs(sum(payout.lines for payout in payouts) - len(of_payouts))
        doubled += sum(payout.minor for payout in payouts) != sum(item["minor"] for item in of_payouts)
    return {"lost": lost, "doubled": doubled}


# ---- inside a worker ------------------------------------------------------------------------------------------------


def _work(work: str, of: str) -> None:
    writes: list[int] = []

    def around(make: Callable[[], Any], _client: Any, _operation: str, request: Json) -> Any:
        writes.append(sum(_is_line(action) for action in request.get("TransactItems", ())))
        return make()

    print("begun", flush=True)
    with pytest.MonkeyPatch.context() as patch:
        intercept(patch, around)
        began = time.perf_counter()
        if work == "build":
            _build(of)
        else:
            _bare(of.split(","))
        seconds = time.perf_counter() - began
    told = {"seconds": seconds, "peak_mb": _peak_mb(), "line_writes": sum(writes), "most": max(writes, default=0)}
    print(json.dumps(told))


def _is_line(action: Json) -> bool:
    return dynamo.key_of(action).sk.startswith(rows.LINE)


def _build(run_id: str) -> None:
    while store.load_run(run_id).state == "building":
        building.go_on(run_id, times.now())


def _bare(own: Sequence[str]) -> None:
    """An attribute of each line under a condition, and two further rows, in each transaction."""
    for partner_id in own:
        for keys in _pages(partner_id):
            others = [dynamo.Key(rows.table(), f"BARE#{partner_id}", name) for name in ("RUN", "PAYOUT")]
            when = "attribute_not_exists(#bare)"
            dynamo.transact(
                [
                    *(dynamo.update(key, change={"bare": partner_id}, when=when) for key in keys),
                    *(dynamo.update(key, add={"lines": len(keys)}) for key in others),
                ]
            )


def _pages(partner_id: str) -> Iterator[list[dynamo.Key]]:
    """Numbers have no gaps, so the keys need not be read."""
    head = dynamo.get(rows.table(), f"PARTNER#{partner_id}", "LEDGER") or {"number": 0}
    keys = [rows.line_key(partner_id, number) for number in range(1, head["number"] + 1)]
    for start in range(0, len(keys), _CLAIMED_AT_ONCE):
        yield keys[start : start + _CLAIMED_AT_ONCE]


def _peak_mb() -> int:
    """By Linux's own count: that of getrusage still has what the parent held when it started us."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return round(int(found[1]) / 1024) if found else 0


if __name__ == "__main__":
    _work(*sys.argv[1:])
