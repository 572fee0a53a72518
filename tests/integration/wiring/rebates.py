"""A capability that exists only in these tests: a partner's rebate waits for its day, unless somebody objects.

`PARTNER#<id>` / `REBATE#<id>` is a rebate, on the clock until its day; `REBATE#<id>` / `EVENT#<sequence>` its history;
`REBATE#<id>` / `OBJECTION` stops it for as long as it is there.
"""

from datetime import datetime

from pydantic import BaseModel

from dealreg.capability import Capability, Change, EventSource, EventTypes
from dealreg.notifications.model import Letter, Mailing, Notice
from dealreg.partners import users
from dealreg.partners.program import current_program
from dealreg.platform import due, dynamo, events, ids, outbox, times
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.settings import Setting

TABLE = "Deals"


class RebateChanged(BaseModel):
    """A rebate was promised, stopped, promised again or granted."""

    rebate_id: str
    version: int
    status: str
    customer: str


def place_of(rebate_id: str) -> Place:
    return Place(Setting.DEALS_TABLE, f"REBATE#{rebate_id}")


def promise(partner_id: str, rebate_id: str, day: datetime, now: datetime) -> None:
    row = {"id": rebate_id, "partner_id": partner_id, "status": "promised", "sequence": 1, **due.at(day, rebate_id)}
    row |= {"pk": f"PARTNER#{partner_id}", "sk": f"REBATE#{rebate_id}", "updated_at": times.to_text(now)}
    dynamo.transact([dynamo.put(TABLE, row, dynamo.ABSENT), _told(row, now)])


def object_to(partner_id: str, rebate_id: str) -> None:
    row = {"pk": f"REBATE#{rebate_id}", "sk": "OBJECTION", "partner_id": partner_id, "rebate_id": rebate_id}
    dynamo.write(dynamo.put(TABLE, {**row, **outbox.MARK}))


def withdraw_objection(rebate_id: str) -> None:
    dynamo.write(dynamo.delete(dynamo.Key(TABLE, f"REBATE#{rebate_id}", "OBJECTION")))


def on_objection(change: Change, now: datetime) -> None:
    row = change.new or change.old
    key = dynamo.Key(TABLE, f"PARTNER#{row['partner_id']}", f"REBATE#{row['rebate_id']}")
    _move(key, "stopped" if change.new else "promised", now)


def on_due(key: dynamo.Key, now: datetime) -> None:
    _move(key, "granted", now)


def _move(key: dynamo.Key, status: str, now: datetime) -> None:
    row = dynamo.get(key.table, key.pk, key.sk)
    if row is None or row["status"] == status:
        return
    change = {"status": status, "sequence": row["sequence"] + 1, "updated_at": times.to_text(now)}
    off_clock = due.ATTRIBUTES if status == "granted" else ()
    same, seen = "#sequence = :seen", {"seen": row["sequence"]}
    moved = dynamo.update(key, change=change, remove=off_clock, when=same, values=seen)
    dynamo.transact([moved, _told(row | change, now)])


def _told(row: dynamo.Item, now: datetime) -> dynamo.Action:
    said = {"rebate_id": row["id"], "version": row["sequence"], "status": row["status"], "customer": "Müller GmbH"}
    event = Event(
        id=ids.new_id("evt", now),
        type="rebate.changed",
        subject=row["id"],
        sequence=row["sequence"],
        timestamp=now,
        partner_id=row["partner_id"],
        audience=(VENDOR, row["partner_id"]),
        data=said,
        place=place_of(row["id"]),
    )
    return dynamo.put(TABLE, events.to_item(event), dynamo.ABSENT)


def write_letter(_: Notice, item: dynamo.Item, __: datetime) -> Mailing:
    said = item["data"]
    letter = Letter(f"Your rebate is {said['status']}", "News of your rebate", (said["customer"],), {}, (), "Yours.")
    people = users.of_partner(item["partner_id"])
    return Mailing(current_program().name, letter, tuple(user.email for user in people))


def _event_types() -> EventTypes:
    return {"rebate.changed": RebateChanged}


REBATES = Capability(
    name="rebates",
    event_tables=(Setting.DEALS_TABLE,),
    event_types=_event_types,
    stream_handlers={(Setting.DEALS_TABLE, "OBJECTION"): on_objection},
    due_handlers={(Setting.DEALS_TABLE, "REBATE"): on_due},
    letters={"rebate.changed": write_letter},
    event_sources=(EventSource(Setting.DEALS_TABLE, "REBATE#", lambda rebate: place_of(rebate["id"])),),
)
