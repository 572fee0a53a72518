"""The vendor's settings of the partner program: what is stored of them, and the calls that read and set them."""

import logging
import math
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, Literal

from dealreg.matching.rules import OWNERSHIP_VERDICTS
from dealreg.partners import routing_text
from dealreg.partners.routing import Routing
from dealreg.partners.rows import table
from dealreg.platform import dynamo, http, outbox, times
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion
from dealreg.platform.money import Money, parse_money
from dealreg.platform.text import shown_by
from dealreg.platform.working_time import DEFAULT, Calendar

logger = logging.getLogger(__name__)
_PROGRAM_KEPT_SECONDS = 60
KIND = _KEY = "PROGRAM"
_VERSION = "VERSION#"
SAVED = "SAVED#"
"""Of the row that tells who saved a version, and when."""
VERSION_DIGITS = 6
_TRIES = 5
Extensions = Literal["off", "once", "unlimited"]


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
    open_limit: int | None = None
    """How many of its deals a partner may have open at once; None: as many as it likes."""
    extensions: Extensions | None = None
    """None: the program's word, as for the days."""
    extension_days: int | None = None


@dataclass(frozen=True, slots=True)
class Approvers:
    """E-mail addresses; None only while the program is not set: then the admin API alone decides."""

    first: str | None = None
    escalation: str | None = None
    """Asked when the first does not answer."""


@dataclass(frozen=True, slots=True)
class MoneySettings:
    """Of paying commissions out."""

    minimum_payout: Mapping[str, str] = field(default_factory=dict[str, str])
    """By currency; a smaller sum waits for the next run."""
    close_after_days: int | None = None
    """After the end of a month; None: months are closed by hand."""
    payout_approver: str | None = None
    """The address that is asked to approve a run."""
    four_eyes: bool = False
    """Who made a run may not approve it."""

    def minimum(self, currency: str) -> int:
        """In minor units."""
        return parse_money(self.minimum_payout.get(currency, "0"), currency).minor


@dataclass(frozen=True, slots=True)
class Program:
    """The vendor's settings. Its defaults make a fresh deployment work before anybody has set anything."""

    version: int = field(default=0, compare=False)
    """Grows with each change; 0 until somebody has set it."""
    name: str = "Partner program"
    products: tuple[Product, ...] = (Product("general", "General", "general"),)
    tiers: tuple[Tier, ...] = (Tier("registered", "Registered", rank=1),)
    approvers: Approvers = Approvers()
    decide_within_days: int = 2
    """Business days."""
    remind_after_hours: int = 24
    """Of the clock, as if it ran on working days alone: 24 are one working day."""
    escalate_after_hours: int = 48
    extensions: Extensions = "once"
    """How often a partner may extend a protection itself."""
    extension_days: int = 30
    expiring_notice_days: tuple[int, ...] = (14,)
    """Before the end of a protection; a notice whose time is past when the protection begins is none."""
    answer_within_days: int = 10
    """Working days that a partner has to answer a reviewer's question."""
    appeal_within_days: int = 14
    """Days after a rejection."""
    stale_after_days: int | None = None
    """Days without any act of its partner after which an approved deal is asked for a sign of life; None: never."""
    digest_from: int = 3
    """Open questions of one approver from which on a daily mail lists them."""
    colour: str = "#0d6350"
    """Of the vendor, on pages and in mails."""
    ownership_verdicts: Mapping[str, str] = field(default_factory=lambda: dict(OWNERSHIP_VERDICTS))
    """What a registration of one of the vendor's own accounts is told, by the account's ownership."""
    own_domains: tuple[str, ...] = ()
    """The vendor's, which never identify a customer."""
    checks_per_hour: int = 60
    """How often a partner may ask after a customer without registering. The limits below, too, are of each partner."""
    registrations_per_hour: int = 2000
    changes_per_hour: int = 5000
    """Of its deals: edits, stages, answers to the reviewer, extensions, withdrawals and losses."""
    comments_per_hour: int = 2000
    endpoints_per_hour: int = 200
    """Webhook endpoints made or changed, and secrets rotated; the vendor's own too, as are the two below."""
    replays_per_hour: int = 60
    resends_per_hour: int = 2000
    """Single deliveries sent again."""
    possible_match_percent: int | None = None
    """From which likelihood a like name is shown to a reviewer; None: what the weights come with."""
    partner_emails: bool = True
    """Whether partners get e-mails about their deals."""
    import_removal_percent: int = 10
    """Of a source's accounts: a full import that would remove more of them asks a person,"""
    import_removal_minimum: int = 5
    """if it would remove so many at least."""
    money: MoneySettings = MoneySettings()
    written: str = ""
    """Of the rules and what they are made of, what an admin wrote, in JSON; empty if nothing."""
    worked: str = ""
    """What that comes to, holidays included: see `routing_text`."""

    @property
    def routing(self) -> Routing | None:
        """As it was written: without rules, and without a last step of appeals, where none were."""
        if not self.worked:
            return None
        return routing_text.from_text(self.worked, self.approvers.first, self.decide_within_days)

    @property
    def calendar(self) -> Calendar:
        """By which promises are made and days are named."""
        return self.routing.calendar if self.routing else DEFAULT

    @property
    def deal_types(self) -> tuple[str, ...]:
        return self.routing.deal_types if self.routing else ()

    @property
    def possible_points(self) -> float | None:
        percent = self.possible_match_percent
        return math.log(percent / (100 - percent)) if percent else None

    @property
    def has_one_family(self) -> bool:
        """Then a registration that names no product is about all of them, which are claimed together anyway."""
        return len({product.family for product in self.products}) <= 1

    def product(self, product_id: str) -> Product | None:
        return next((product for product in self.products if product.id == product_id), None)

    def tier(self, tier_id: str) -> Tier:
        """The lowest tier for one that the program no longer has."""
        lowest = min(self.tiers, key=lambda tier: tier.rank)
        return next((tier for tier in self.tiers if tier.id == tier_id), lowest)

    def extensions_of(self, tier_id: str) -> tuple[Extensions, int]:
        """How often a partner of that tier may extend a protection itself, and by how many days."""
        tier = self.tier(tier_id)
        return tier.extensions or self.extensions, tier.extension_days or self.extension_days


def current_program() -> Program:
    """The settings, at most a minute old in each environment."""
    return _program_at(int(time.monotonic() // _PROGRAM_KEPT_SECONDS))


def in_its_zone() -> AbstractContextManager[None]:
    """In it times are shown by the program's default calendar."""
    return shown_by(current_program().calendar)


@lru_cache(maxsize=1)
def _program_at(_minute: int) -> Program:
    return stored_program()


def stored_program() -> Program:
    """The settings as they are this moment; the defaults as long as nobody has set them."""
    item = dynamo.get(table(), _KEY, _KEY)
    return from_item(item) if item else Program()


def program_at(version: int) -> Program:
    """As it was saved under that version; as it is now for one that was not kept, and before anybody had saved it."""
    now = current_program()
    if version in (0, now.version):
        return now
    return _kept_version(version) or now


@lru_cache(maxsize=16)
def _kept_version(version: int) -> Program | None:
    item = dynamo.get(table(), _KEY, _version_key(version))
    return from_item(item) if item else None


def load_version(version: int) -> Program:
    """As it was saved under that version. Raises NotFound for one that was not kept."""
    now = stored_program()
    found = now if version == now.version else _kept_version(version)
    if found is None:
        raise NotFound
    return found


def _version_key(version: int) -> str:
    return f"{_VERSION}{version:0{VERSION_DIGITS}}"


def save_program(program: Program, by: str, if_match: str | None = None, version: int | None = None) -> Program:
    """As the next version; what is there already is left as it is. `if_match` and `version` name the one that was seen.

    Raises StaleVersion if that is not the newest; for who names none, if others save again and again; Malformed.
    """
    for _ in range(_TRIES):
        item = dynamo.get(table(), _KEY, _KEY)
        before = from_item(item) if item else Program()
        _require_newest(before, if_match, version)
        if item and before == program:
            return before
        newer = replace(program, version=before.version + 1)
        as_read = "#version = :version" if item and "version" in item else "attribute_not_exists(#version)"
        values = {"version": before.version} if item and "version" in item else {}
        kept = to_item(newer) | {"sk": _version_key(newer.version)}
        try:
            dynamo.transact(
                [
                    dynamo.put(table(), {**to_item(newer), **outbox.MARK}, as_read, values),
                    dynamo.put(table(), kept, dynamo.ABSENT),
                    dynamo.put(table(), _saved(newer.version, by)),
                ]
            )
        except ConditionFailed:
            continue
        _program_at.cache_clear()
        logger.info("program changed", extra={"by": by, "version": newer.version})
        return newer
    raise StaleVersion("Others are saving the program at this moment.")


def _saved(version: int, by: str) -> dynamo.Item:
    """Small, beside the version itself: a list of versions reads none of their holidays."""
    own = {"version": version, "saved_at": times.to_text(times.now()), "saved_by": by}
    return {"pk": _KEY, "sk": f"{SAVED}{version:0{VERSION_DIGITS}}", **own}


def _require_newest(program: Program, if_match: str | None, version: int | None) -> None:
    if not http.matches(if_match, program.version) or version not in (None, program.version):
        told = "Read the program again: it changed since you last saw it."
        raise StaleVersion(told, current_version=program.version)


def to_item(program: Program) -> dynamo.Item:
    return {"pk": _KEY, "sk": _KEY, **asdict(program)}


def from_item(item: Mapping[str, Any]) -> Program:
    """A setting that came to the code after the row was written has its default."""
    stored = {field.name: item[field.name] for field in fields(Program) if field.name in item}
    stored["products"] = tuple(Product(**product) for product in item["products"])
    stored["tiers"] = tuple(_tier_from_item(tier) for tier in item["tiers"])
    stored["approvers"] = Approvers(**item["approvers"])
    stored |= {"money": MoneySettings(**item["money"])} if "money" in item else {}
    stored |= {name: tuple(item[name]) for name in ("own_domains", "expiring_notice_days") if name in item}
    return Program(**stored)


def _tier_from_item(item: Mapping[str, Any]) -> Tier:
    limit = item["auto_approve_limit"]
    return replace(Tier(**item), auto_approve_limit=Money(**limit) if limit else None)
