"""Partners: the companies that register deals."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, cast

from dealreg.partners.program import stored_program
from dealreg.partners.rows import partner_key, plan_key, table
from dealreg.partners.views import PartnerView, PayoutSettingsView
from dealreg.platform import dynamo, ids, outbox, times
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound

logger = logging.getLogger(__name__)
Status = Literal["active", "suspended"]
DEFAULT_PLAN = "standard"
"""Of commissions; it need not be there yet."""


@dataclass(frozen=True, slots=True)
class Block:
    """Nothing is paid out."""

    reason_code: Literal["paperwork", "review", "manual"]
    text: str


@dataclass(frozen=True, slots=True)
class PayoutSettings:
    block: Block | None = None
    erp_reference: str | None = None
    """Its account in the ERP."""
    tax_code: str | None = None
    tax_percent: str = "0"
    """Added to what is paid out."""


@dataclass(frozen=True, slots=True)
class Partner:
    id: str
    name: str
    tier: str
    status: Status
    own_domains: tuple[str, ...]
    """Never identify a customer of this partner."""
    created_at: datetime
    manager: str | None = None
    """The address of the vendor's person for it: `partner.manager` in a program's rules."""
    plan: str = DEFAULT_PLAN
    """Of commissions: its deals are stamped with it when they are registered."""
    former_plans: tuple[str, ...] = ()
    """Which deals of its may be stamped with, too."""
    payout: PayoutSettings = PayoutSettings()

    @property
    def is_active(self) -> bool:
        return self.status == "active"


def load(partner_id: str) -> Partner:
    """Raises NotFound."""
    key = partner_key(partner_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound("There is no such partner.")
    return from_item(item)


def named(partner_ids: Iterable[str]) -> dict[str, Partner]:
    """By id, of those that are there."""
    found = dynamo.batch_get(set(map(partner_key, partner_ids)), newest=False)
    return {row["id"]: from_item(row) for row in found.values()}


def names(partner_ids: Iterable[str]) -> dict[str, str]:
    """By id, in one call up to a hundred; those that there are."""
    found = dynamo.batch_get(set(map(partner_key, partner_ids)), ("id", "name"), newest=False)
    return {item["id"]: item["name"] for item in found.values()}


def still_active(partner_id: str) -> dynamo.Action:
    """A check that the partner is not suspended."""
    return dynamo.check(partner_key(partner_id), "#status = :active", {"active": "active"})


def create(
    name: str,
    tier: str,
    own_domains: list[str],
    now: datetime,
    by: str,
    manager: str | None = None,
    plan: str = DEFAULT_PLAN,
) -> Partner:
    """Raises InvalidInput for a tier that the program does not have, or a plan that is not there."""
    _require_tier(tier)
    _require_plan(plan)
    created = Partner(ids.new_id("part", now), name, tier, "active", tuple(own_domains), now, manager, plan)
    dynamo.write(dynamo.put(table(), to_item(created)))
    logger.info("partner created", extra={"partner_id": created.id, "by": by})
    return created


def change(partner_id: str, changes: Mapping[str, Any], by: str) -> Partner:
    """Sets the given fields.

    Raises NotFound, or InvalidInput for a tier that the program does not have or a plan that is not there.
    """
    if "tier" in changes:
        _require_tier(changes["tier"])
    if "plan" in changes:
        _require_plan(changes["plan"])
    known = to_item(load(partner_id))
    if "payout" in changes:
        changes = {**changes, "payout": known["payout"] | changes["payout"]}
    new = {name: value for name, value in changes.items() if value != known[name]}
    if "plan" in new:
        new["former_plans"] = sorted({*known["former_plans"], known["plan"]})
    if new:
        from dealreg.platform import acts  # which a registration does not need

        acts.changes(known, new)
        gone = ("managed_by",) if new.get("manager", "") is None else ()
        if new.get("manager"):
            new["managed_by"] = new["manager"]
        if "status" in new:
            new |= outbox.MARK
        try:
            dynamo.write(dynamo.update(partner_key(partner_id), change=new, remove=gone, when=dynamo.PRESENT))
        except ConditionFailed:
            raise NotFound from None
        logger.info("partner changed", extra={"partner_id": partner_id, "fields": sorted(changes), "by": by})
    return load(partner_id)


def _require_tier(tier: str) -> None:
    known = [known.id for known in stored_program().tiers]
    if tier not in known:
        raise InvalidInput([FieldError("tier", f"Use one of the program's tiers: {', '.join(known)}.")])


def _require_plan(plan: str) -> None:
    key = plan_key(plan)
    if plan != DEFAULT_PLAN and dynamo.get(key.table, key.pk, key.sk) is None:
        raise InvalidInput([FieldError("plan", f"There is no plan {plan}.")])


def with_plan(plan: str) -> Iterator[Partner]:
    """Every partner that has or had it. It reads all partners, however many."""
    return (partner for partner in _every() if plan in (partner.plan, *partner.former_plans))


def managers() -> frozenset[str]:
    """It reads all partners, however many."""
    return frozenset(partner.manager for partner in _every() if partner.manager)


def _every() -> Iterator[Partner]:
    return map(from_item, dynamo.every_in_index(table(), "by_kind", ("kind", "partner")))


def to_item(partner: Partner) -> dynamo.Item:
    return {
        "pk": f"PARTNER#{partner.id}",
        "sk": "PARTNER",
        "kind": "partner",
        "id": partner.id,
        "name": partner.name,
        "tier": partner.tier,
        "status": partner.status,
        "own_domains": list(partner.own_domains),
        "created_at": times.to_text(partner.created_at),
        "manager": partner.manager,
        "plan": partner.plan,
        "former_plans": list(partner.former_plans),
        "payout": asdict(partner.payout),
        **({"managed_by": partner.manager} if partner.manager else {}),
    }


def from_item(item: Mapping[str, Any]) -> Partner:
    return Partner(
        id=item["id"],
        name=item["name"],
        tier=item["tier"],
        status=item["status"],
        own_domains=tuple(item["own_domains"]),
        created_at=times.from_text(item["created_at"]),
        manager=item.get("manager"),
        plan=item.get("plan", DEFAULT_PLAN),
        former_plans=tuple(item.get("former_plans", ())),
        payout=_payout_settings(item.get("payout", {})),
    )


def _payout_settings(item: Mapping[str, Any]) -> PayoutSettings:
    block = item.get("block")
    told: dict[str, Any] = {**item, "block": Block(**block) if block else None}
    return PayoutSettings(**told)


def view(partner: Partner) -> PartnerView:
    return {
        "id": partner.id,
        "name": partner.name,
        "tier": partner.tier,
        "status": partner.status,
        "own_domains": list(partner.own_domains),
        "manager": partner.manager,
        "plan": partner.plan,
        "payout": cast("PayoutSettingsView", asdict(partner.payout)),
        "created_at": times.to_text(partner.created_at),
    }
