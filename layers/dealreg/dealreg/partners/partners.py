"""Partners: the companies that register deals."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dealreg.partners.program import stored_program
from dealreg.partners.rows import partner_key, table
from dealreg.partners.views import PartnerView
from dealreg.platform import dynamo, ids, outbox, times
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound
from dealreg.platform.paging import Listing, PageRequest

logger = logging.getLogger(__name__)
Status = Literal["active", "suspended"]


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

    @property
    def is_active(self) -> bool:
        return self.status == "active"


def load(partner_id: str) -> Partner:
    """Raises NotFound."""
    key = partner_key(partner_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound
    return from_item(item)


def still_active(partner_id: str) -> dynamo.Action:
    """A check that the partner is not suspended."""
    return dynamo.check(partner_key(partner_id), "#status = :active", {"active": "active"})


def create(name: str, tier: str, own_domains: list[str], now: datetime, by: str, manager: str | None = None) -> Partner:
    """Raises InvalidInput for a tier that the program does not have."""
    _require_tier(tier)
    created = Partner(ids.new_id("part", now), name, tier, "active", tuple(own_domains), now, manager)
    dynamo.write(dynamo.put(table(), to_item(created)))
    logger.info("partner created", extra={"partner_id": created.id, "by": by})
    return created


def change(partner_id: str, changes: Mapping[str, Any], by: str) -> Partner:
    """Sets the given fields. Raises NotFound, or InvalidInput for a tier that the program does not have."""
    if "tier" in changes:
        _require_tier(changes["tier"])
    known = to_item(load(partner_id))
    new = {name: value for name, value in changes.items() if value != known[name]}
    if new:
        if "status" in new:
            new |= outbox.MARK
        try:
            dynamo.write(dynamo.update(partner_key(partner_id), change=new, when=dynamo.PRESENT))
        except ConditionFailed:
            raise NotFound from None
        logger.info("partner changed", extra={"partner_id": partner_id, "fields": sorted(changes), "by": by})
    return load(partner_id)


def _require_tier(tier: str) -> None:
    known = [known.id for known in stored_program().tiers]
    if tier not in known:
        raise InvalidInput([FieldError("tier", f"Use one of the program's tiers: {', '.join(known)}.")])


def listing(page: PageRequest) -> Listing[PartnerView]:
    found = dynamo.index_page(table(), "by_kind", ("kind", "partner"), limit=page.size, start=page.start)
    return page.listing([view(from_item(item)) for item in found.items], found.next_key)


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
    )


def view(partner: Partner) -> PartnerView:
    return {
        "id": partner.id,
        "name": partner.name,
        "tier": partner.tier,
        "status": partner.status,
        "own_domains": list(partner.own_domains),
        "manager": partner.manager,
        "created_at": times.to_text(partner.created_at),
    }
