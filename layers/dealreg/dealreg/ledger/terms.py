"""What sales are priced by: the plans as they are now, and of each deal what its money goes by."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dealreg.commissions import plan_store
from dealreg.commissions.plan_inputs import VersionInput
from dealreg.commissions.plans import Plan
from dealreg.commissions.splits import ALL, Deal, Share, Split
from dealreg.deals import model, store
from dealreg.deals.statuses import UNDECIDED, Status
from dealreg.ledger import rows
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import is_id
from dealreg.platform.money import Money
from dealreg.platform.validation import parse_values

DEAL_UNKNOWN, AWAITING_APPROVAL, DEAL_NOT_APPROVED = "deal_unknown", "awaiting_approval", "deal_not_approved"
_KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class MoneyOfDeal:
    """Stamped when the deal was won, or when its shares were set."""

    deal: Deal
    customer_name: str
    is_paid: bool = True
    """A payment of it was counted, or is now."""
    revision: int = 0
    """Of its row; 0 while there is none."""
    passed_on: int = 0
    """How often it had been given to another partner, as far as its splits know."""
    is_placed: bool = False
    """Each of its sales has its place in a row (`places`)."""


class NotWonYet(Exception):
    """The deal is approved: a payment wins it, with the total of its sale."""

    def __init__(self, deal: model.Deal, total: Money) -> None:
        super().__init__(deal.id)
        self.deal, self.total = deal, total


def zone() -> ZoneInfo:
    """The program's, in which days and months are."""
    return ZoneInfo(current_program().calendar.zone)


def plan_of(plan_id: str, now: datetime) -> Plan | None:
    """None for one that has no version. At most a minute old, and of this local day: versions start with one."""
    day = now.astimezone(zone()).date().isoformat()
    return _plan_at(plan_id, day, int(time.monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=64)
def _plan_at(plan_id: str, _day: str, _minute: int) -> Plan | None:
    return stored_plan(plan_id)


def stored_plan(plan_id: str) -> Plan | None:
    try:
        stored = plan_store.versions(plan_id, withdrawn=True)
    except NotFound:
        return None
    read = [(one, parse_values(VersionInput, dict(one.written)).to_version(plan_id, one.number)) for one in stored]
    gone = tuple(version for one, version in read if one.is_withdrawn)
    return Plan(plan_id, tuple(version for one, version in read if not one.is_withdrawn), gone)


# ---- deals ----------------------------------------------------------------------------------------------------------


def money_of(reference: str, item: dynamo.Item | None, total: Money) -> MoneyOfDeal | str:
    """Of a deal by its id or number, from its row or, while that says nothing of it, from the deal itself.

    A reason if it has no money yet, or never. `total`: of the sale that asks. Raises NotWonYet.
    """
    known = from_item(item) if item else None
    if known and known.is_paid and not (is_id("deal", reference) and known.deal.id != reference):
        return known
    try:
        deal = store.locate(reference)
    except NotFound:
        return DEAL_UNKNOWN
    if deal.status == Status.APPROVED:
        raise NotWonYet(deal, total)
    if deal.status != Status.WON:
        return AWAITING_APPROVAL if deal.status in UNDECIDED else DEAL_NOT_APPROVED
    return of_registration(deal, known)


def of_registration(deal: model.Deal, known: MoneyOfDeal | None = None) -> MoneyOfDeal:
    """`known`: with shares that were set before anything of it was paid."""
    since = deal.passed_on[known.passed_on if known else 0 :]
    passed = [Split(times.from_text(one["at"]), (Share(one["partner_id"], ALL),)) for one in since]
    splits = in_order([*(known.deal.splits if known else ()), *passed])
    money = Deal(
        id=deal.id,
        partner_id=deal.registered_by or deal.partner_id,
        plan=deal.plan,
        tier=deal.registered_tier or deal.tier or None,
        type=deal.type,
        registered_at=times.from_text(deal.created_at),
        splits=splits,
    )
    name, revision = str(deal.customer["name"]), known.revision if known else 0
    return MoneyOfDeal(money, name, revision=revision, passed_on=len(deal.passed_on))


def in_order(splits: Iterable[Split]) -> tuple[Split, ...]:
    return tuple(sorted(splits, key=lambda split: (split.start is not None, split.start or _FIRST)))


_FIRST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def to_item(money: MoneyOfDeal) -> dynamo.Item:
    """Without its keys and revision."""
    deal = money.deal
    return {
        "deal_id": deal.id,
        "partner_id": deal.partner_id,
        "plan": deal.plan,
        "tier": deal.tier,
        "type": deal.type,
        "registered_at": deal.registered_at.isoformat(),
        "customer_name": money.customer_name,
        "splits": rows.splits_to_item(deal.splits),
        "is_paid": money.is_paid,
        "passed_on": money.passed_on,
        "is_placed": money.is_placed,
    }


def from_item(item: Mapping[str, Any]) -> MoneyOfDeal:
    deal = Deal(
        id=item["deal_id"],
        partner_id=item["partner_id"],
        plan=item["plan"],
        tier=item["tier"],
        type=item["type"],
        registered_at=datetime.fromisoformat(item["registered_at"]),
        splits=rows.splits_from_item(item["splits"]),
    )
    paid, placed = item["is_paid"], item.get("is_placed", False)
    return MoneyOfDeal(deal, item["customer_name"], paid, item["revision"], item["passed_on"], placed)
