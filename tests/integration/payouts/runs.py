"""Partners that are owed money, and runs that pay it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dealreg.commissions.ledger import Line
from dealreg.ledger import heads, rows
from dealreg.partners import partners
from dealreg.payouts import acts, building, commands, exporting, store
from dealreg.payouts.model import Act, Payout, Run
from dealreg.platform import dynamo, times
from dealreg.platform.money import parse_money

BY, OTHER = "key_ada", "key_bo"
PAID = {"paid_at": "2026-11-23T09:00:00Z", "reference": "SEPA 17"}
FAILED = {"reason_code": "account_closed", "text": "No such account."}
_MOST = 40
"""Lines posted in one transaction."""


def partner(name: str, now: datetime, **payout: Any) -> str:
    """Its id. With an account in the ERP, unless `payout` says otherwise."""
    made = partners.create(name, "registered", [], now, BY)
    partners.change(made.id, {"payout": {"erp_reference": name.upper()} | payout}, BY)
    return made.id


def owe(partner_id: str, now: datetime, *amounts: str, currency: str = "EUR", free_at: datetime | None = None) -> None:
    """A line each."""
    at = now - timedelta(days=1)
    for start in range(0, len(amounts), _MOST):
        head = dynamo.get(rows.table(), *pair(rows.head_key(partner_id)))
        first = (head["number"] if head else 0) + 1
        lines = [
            Line(
                partner_id,
                "accrual" if amount[:1] != "-" else "clawback",
                "payment" if amount[:1] != "-" else "refund",
                parse_money(amount, currency, signed=True),
                at,
                free_at or at,
                number,
                "2026-11",
            )
            for number, amount in enumerate(amounts[start : start + _MOST], first)
        ]
        dynamo.transact(heads.post(partner_id, head, lines, now))


def make(now: datetime, key: str = "once", **said: Any) -> str:
    """A run's id."""
    return str(json.loads(commands.make(json.dumps(said).encode(), key, BY, now).body)["id"])


def build(run_id: str, now: datetime) -> Run:
    """As the relay does, until nothing is left to do."""
    while True:
        building.go_on(run_id, now)
        run = store.load_run(run_id)
        if run.state != "building" and run.untold is None:
            return run


def approve(run: Run, now: datetime, by: str = OTHER) -> Run:
    totals = {currency: f"{minor / 100:.2f}" for currency, minor in run.totals.items()}
    return commands.approve(run.id, json.dumps({"version": run.version, "totals": totals}).encode(), by, now)


def exported(now: datetime, key: str = "once") -> Run:
    """A run of all, from its beginning to the ERP."""
    run = approve(build(make(now, key), now), now)
    return hand_over(build(run.id, now).id, now)


def hand_over(run_id: str, now: datetime, mapping: str = "csv") -> Run:
    exporting.export(run_id, json.dumps({"mapping": mapping, "date": "2026-11-23"}).encode(), BY, now)
    return store.load_run(run_id)


def paid_out(partner_id: str, now: datetime, key: str = "once") -> Payout:
    """Of what it is owed, by a run that is exported."""
    partners.change(partner_id, {"payout": {"erp_reference": "70001"}}, BY)
    (payout,) = payouts_of(exported(now, key).id)
    return payout


def do(act: Act, payout: Payout, now: datetime) -> Payout:
    said = {"paid": PAID, "failed": FAILED, "returned": FAILED}.get(act, {})
    return acts.do(act, payout.id, json.dumps(said).encode(), BY, now)[0]


def payouts_of(run_id: str) -> list[Payout]:
    return store.payouts_named(dynamo.every(rows.table(), f"RUN#{run_id}", store.PAYOUTS))


def excluded_from(run_id: str) -> list[tuple[str, int, str]]:
    found = map(store.excluded_from_item, dynamo.every(rows.table(), f"RUN#{run_id}", store.WITHOUT))
    return [(one.partner_id, one.minor, one.reason_code) for one in found]


def lines_of(partner_id: str) -> list[dynamo.Item]:
    return list(dynamo.every(rows.table(), f"PARTNER#{partner_id}", rows.LINE))


def events_of(partner_id: str) -> Iterator[dynamo.Item]:
    return dynamo.every(rows.table(), f"PARTNER#{partner_id}", "EVENT#")


def told(partner_id: str) -> list[str]:
    """Types of the events of payouts, in their order, which has no gaps."""
    events = list(events_of(partner_id))
    assert [event["sequence"] for event in events] == [*range(1, len(events) + 1)]
    return [event["type"] for event in events if event["type"].startswith("payout.")]


def must_be_sound(run: Run) -> None:
    """Each payout is the sum of its lines, and the totals are those of the payouts."""
    totals: dict[str, int] = {}
    lines = 0
    for payout in payouts_of(run.id):
        own = [line for line in lines_of(payout.partner_id) if line.get("payout_id") == payout.id]
        assert payout.minor == sum(line["minor"] for line in own)
        assert payout.lines == len(own)
        assert {line["currency"] for line in own} == {payout.currency}
        totals[payout.currency] = totals.get(payout.currency, 0) + payout.minor
        lines += len(own)
    assert (dict(run.totals), run.lines) == (totals, lines)


def pair(key: dynamo.Key) -> tuple[str, str]:
    return key.pk, key.sk


def moment(text: str) -> datetime:
    return times.from_text(text)
