"""The partner program and the people in it, as the rest of the code sees them: plain frozen data, quick to import."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal

from dealreg.matching.rules import OWNERSHIP_VERDICTS
from dealreg.platform import times
from dealreg.platform.dynamo import Item
from dealreg.platform.money import Money

Status = Literal["active", "suspended"]
CredentialKind = Literal["partner_key", "admin_key", "session", "sign_in"]

_EMAIL = re.compile(r"[^@\s<>()\[\]\\,;:\"]+@(?:[^@\s<>()\[\]\\,;:\"/.]+\.)+[^@\s<>()\[\]\\,;:\"/.]{2,}")
_LONGEST_EMAIL = 254  # RFC 5321 §4.5.3.1.3


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    family: str
    """Products of one family are claimed together: one protected registration per account and family."""


@dataclass(frozen=True, slots=True)
class Tier:
    id: str
    name: str
    rank: int
    """1 is the lowest."""
    auto_approve_limit: Money | None = None
    """Up to and with this amount, in this currency, a clear registration needs no approver; None: always asks one."""
    protection_days: int = 90


@dataclass(frozen=True, slots=True)
class Approvers:
    """E-mail addresses; None only while the program is not set: then the admin API alone decides."""

    first: str | None = None
    escalation: str | None = None
    """Asked when the first does not answer."""


@dataclass(frozen=True, slots=True)
class Program:
    """The vendor's settings. Its defaults make a fresh deployment work before anybody has set anything."""

    name: str = "Partner program"
    products: tuple[Product, ...] = (Product("general", "General", "general"),)
    tiers: tuple[Tier, ...] = (Tier("registered", "Registered", rank=1),)
    approvers: Approvers = Approvers()
    decide_within_days: int = 2
    """Business days."""
    remind_after_hours: int = 24
    escalate_after_hours: int = 48
    extensions: Literal["off", "once", "unlimited"] = "once"
    """How often a partner may extend a protection itself."""
    extension_days: int = 30
    ownership_verdicts: Mapping[str, str] = field(default_factory=lambda: dict(OWNERSHIP_VERDICTS))
    """What a registration of one of the vendor's own accounts is told, by the account's ownership."""
    own_domains: tuple[str, ...] = ()
    """The vendor's, which never identify a customer."""
    checks_per_hour: int = 60
    """How often a partner may ask after a customer without registering."""
    possible_match_percent: int | None = None
    """From which likelihood a like name is shown to a reviewer; None: what the weights come with."""
    partner_emails: bool = True
    """Whether partners get e-mails about their deals."""

    @property
    def possible_points(self) -> float | None:
        percent = self.possible_match_percent
        return math.log(percent / (100 - percent)) if percent else None

    def product(self, product_id: str) -> Product | None:
        return next((product for product in self.products if product.id == product_id), None)

    def tier(self, tier_id: str) -> Tier:
        """The lowest tier for one that the program no longer has."""
        lowest = min(self.tiers, key=lambda tier: tier.rank)
        return next((tier for tier in self.tiers if tier.id == tier_id), lowest)


@dataclass(frozen=True, slots=True)
class Partner:
    id: str
    name: str
    tier: str
    status: Status
    own_domains: tuple[str, ...]
    """Never identify a customer of this partner."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    id: str
    partner_id: str
    name: str
    email: str
    """Lower-case; belongs to one user of all partners."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be known of a key after the moment it was made."""

    id: str
    name: str
    hint: str
    """The key's first characters, to tell keys apart."""
    created_at: datetime
    last_used_at: datetime | None
    """Exact to the hour."""


def normalise_email(text: str) -> str:
    """Raises ValueError, in words for the person who typed it."""
    email = text.strip().lower()
    if len(email) > _LONGEST_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise ValueError("Write an e-mail address such as name@example.com.")
    return email


def program_to_item(program: Program) -> Item:
    return {"pk": "PROGRAM", "sk": "PROGRAM", **asdict(program)}


def program_from_item(item: Mapping[str, Any]) -> Program:
    """A setting that came to the code after the row was written has its default."""
    stored = {field.name: item[field.name] for field in fields(Program) if field.name in item}
    stored["products"] = tuple(Product(**product) for product in item["products"])
    stored["tiers"] = tuple(_tier_from_item(tier) for tier in item["tiers"])
    stored["approvers"] = Approvers(**item["approvers"])
    stored["own_domains"] = tuple(item.get("own_domains", ()))
    return Program(**stored)


def _tier_from_item(item: Mapping[str, Any]) -> Tier:
    limit = item["auto_approve_limit"]
    return replace(Tier(**item), auto_approve_limit=Money(**limit) if limit else None)


def partner_to_item(partner: Partner) -> Item:
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
    }


def partner_from_item(item: Mapping[str, Any]) -> Partner:
    return Partner(
        id=item["id"],
        name=item["name"],
        tier=item["tier"],
        status=item["status"],
        own_domains=tuple(item["own_domains"]),
        created_at=times.from_text(item["created_at"]),
    )


def user_to_item(user: User) -> Item:
    return {
        "pk": f"PARTNER#{user.partner_id}",
        "sk": f"USER#{user.id}",
        "id": user.id,
        "partner_id": user.partner_id,
        "name": user.name,
        "email": user.email,
        "created_at": times.to_text(user.created_at),
    }


def user_from_item(item: Mapping[str, Any]) -> User:
    return User(
        id=item["id"],
        partner_id=item["partner_id"],
        name=item["name"],
        email=item["email"],
        created_at=times.from_text(item["created_at"]),
    )
