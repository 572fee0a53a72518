"""What the vendor is told of a run, which is the subject."""

from datetime import datetime
from typing import Literal

from dealreg.ledger import rows
from dealreg.payouts.model import Run
from dealreg.payouts.rules import number_of_run
from dealreg.platform import dynamo, events, ids
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting

_SEQUENCE = {"payout_run.proposed": 1, "payout_run.settled": 2}


def told(run: Run, kind: Literal["payout_run.proposed", "payout_run.settled"], now: datetime) -> dynamo.Action:
    event = Event(
        id=ids.new_id("evt", now),
        type=kind,
        subject=run.id,
        sequence=_SEQUENCE[kind],
        timestamp=now,
        partner_id="",
        audience=(VENDOR,),
        data={
            "run_id": run.id,
            "run_number": number_of_run(run.id),
            "version": run.version,
            "totals": {currency: Money(minor, currency).amount for currency, minor in sorted(run.totals.items())},
            "payouts": run.payouts,
        },
        place=Place(Setting.LEDGER_TABLE, f"RUN#{run.id}"),
    )
    return dynamo.put(rows.table(), events.to_item(event), dynamo.ABSENT)
