"""From a change of the facts to the ledger's next lines: what is owed now, less what is posted already. Pure.

It is given the sales that a cause moves, priced before and after it, and the buckets that these are in; it needs
nothing of anybody's past. The same holds whether those come from memory or from rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Literal

from dealreg.commissions import arithmetic
from dealreg.commissions.buckets import EMPTY, Bucket, BucketKey, Content, Entry, entries, owed
from dealreg.commissions.days import hold_end
from dealreg.commissions.ledger import Because, Line, LineKind
from dealreg.commissions.plans import Rule
from dealreg.commissions.pricing import NO_RATE, Priced
from dealreg.platform.money import Money

_PAYMENT: tuple[LineKind, str] = ("accrual", "payment")
_PAYMENT_CHANGED: tuple[LineKind, str] = ("adjustment", "payment_changed")
_RECALCULATED: tuple[LineKind, str] = ("adjustment", "recalculated")
_BY_CLAIM: Mapping[tuple[str, bool], tuple[LineKind, str]] = {
    ("refund", True): ("clawback", "refund"),
    ("refund", False): ("adjustment", "refund_failed"),
    ("chargeback", True): ("clawback", "chargeback_lost"),
    ("chargeback", False): ("adjustment", "chargeback_won"),
}
"""By the kind of claim, and whether it takes money."""


OTHER_DEAL, SALE_UNKNOWN = "other_deal", "sale_unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """The fact that moves something."""

    kind: Literal["payment", "refund", "chargeback"]
    occurred_at: datetime
    touched: Sequence[str]
    """The sales that it is about."""
    takes: bool
    """A refund that did not fail, a chargeback that is lost."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A sale's price, and what of it stands in the buckets."""

    priced: Priced
    entries: Mapping[BucketKey, Entry]


def standing(priced: Priced) -> Standing:
    return Standing(priced, entries(priced))


@dataclass(frozen=True, slots=True)
class Move:
    """Of one sale; None: it is not known, or of no deal."""

    sale_id: str
    before: Standing | None
    after: Standing | None

    @property
    def is_raised(self) -> bool:
        """By a payment: it made the sale known, or more is paid of it."""
        if self.after is None or self.after.priced.waits:
            return False
        before = self.before.priced if self.before else None
        if before is None or before.waits:
            return True
        after = self.after.priced.sale
        return after.content.currency == before.sale.content.currency and after.net > before.sale.net

    @property
    def first_paid_at(self) -> datetime | None:
        """As it is known now, of a bucket that the sale has left too."""
        side = self.after or self.before
        return side.priced.sale.first_paid_at if side else None

    def entry(self, key: BucketKey) -> tuple[Entry | None, Entry | None]:
        return (
            self.before.entries.get(key) if self.before else None,
            self.after.entries.get(key) if self.after else None,
        )


@dataclass(frozen=True, slots=True)
class Posting:
    lines: Sequence[Line]
    """In their order, without numbers and periods."""
    buckets: Mapping[BucketKey, Bucket]
    """Those that changed."""


@dataclass(slots=True)
class _Change:
    """Of one bucket, by all moves."""

    content: Content
    moves: list[Move] = field(default_factory=list[Move])

    def add(self, move: Move, before: Entry | None, after: Entry | None) -> None:
        self.content = self.content.changed(before.content if before else EMPTY, after.content if after else EMPTY)
        self.moves.append(move)


def post(cause: Cause, moves: Sequence[Move], bucket: Callable[[BucketKey], Bucket], zone: tzinfo) -> Posting:
    """Moves of the cause's own sales come first, and name a bucket's lines; `bucket` gives each as it is."""
    changes = _changes(moves, bucket)
    lines: list[tuple[tuple[object, ...], Line]] = []
    after: dict[BucketKey, Bucket] = {}
    for key, change in changes.items():
        known = bucket(key)
        posted = dict(known.posted)
        for order, line in _lines(cause, key, change, known, zone):
            posted[line.partner_id] = posted.get(line.partner_id, 0) + line.amount.minor
            lines.append((order, line))
        after[key] = Bucket(change.content, posted)
    moved = [line for _, line in sorted(lines, key=lambda one: one[0])]
    zeros = _zero_lines(cause, moves, {line.partner_id for line in moved}, after.get, bucket, zone)
    return Posting([*moved, *zeros], after)


def _changes(moves: Sequence[Move], bucket: Callable[[BucketKey], Bucket]) -> dict[BucketKey, _Change]:
    found: dict[BucketKey, _Change] = {}
    for move in moves:
        for key in dict.fromkeys((*_keys(move.before), *_keys(move.after))):
            before, after = move.entry(key)
            if _stays(key, before, after):
                continue
            if key not in found:
                found[key] = _Change(bucket(key).content)
            found[key].add(move, before, after)
    return found


def _stays(key: BucketKey, before: Entry | None, after: Entry | None) -> bool:
    """A sale without base is as if it were not in the bucket."""
    contents = [entry.content if entry else EMPTY for entry in (before, after)]
    is_reshared = before and after and not key.partner_id and before.shares != after.shares
    return contents[0] == contents[1] and not is_reshared


def _keys(standing: Standing | None) -> Sequence[BucketKey]:
    return [*standing.entries] if standing else []


def _lines(
    cause: Cause, key: BucketKey, change: _Change, known: Bucket, zone: tzinfo
) -> Iterator[tuple[tuple[object, ...], Line]]:
    """With what they are ordered by."""
    move = change.moves[0]
    before, after = move.entry(key)
    entry = after or before
    if entry is None:
        return
    owes = owed(key, entry.rule, entry.shares, change.content)
    for place, partner in enumerate(dict.fromkeys((*owes, *known.posted))):
        owes_now, posted = owes.get(partner, 0), known.posted.get(partner, 0)
        if owes_now == posted:
            continue
        priced = _priced(move, key, partner)
        left = _why_left(move, key, partner)
        because = Because(key, entry, priced, known.content, change.content, owes_now, posted, left)
        order = (key.plan, key.version, entry.rule.place, key.name, key.currency, key.split, key.partner_id, place)
        yield order, _line(cause, move, partner, because, zone)


def _priced(move: Move, key: BucketKey, partner: str) -> Priced:
    """As it is now; for who shares no more, or of a version that holds no more, as it was."""
    sides = [side.priced for side in (move.after, move.before) if side and key in side.entries]
    return next((side for side in sides if partner in [share.partner_id for share in side.shares]), sides[0])


def _why_left(move: Move, key: BucketKey, partner: str) -> str:
    before, after = move.entry(key)
    if before is None or (after and partner in [share.partner_id for share in after.shares]):
        return ""
    if move.before is None or move.after is None:
        return SALE_UNKNOWN
    if move.after.priced.waits:
        return NO_RATE
    return OTHER_DEAL if move.after.priced.deal.id != move.before.priced.deal.id else ""


def _line(cause: Cause, move: Move, partner: str, because: Because, zone: tzinfo) -> Line:
    key, priced = because.key, because.priced
    kind, reason = _kind(cause, move)
    days = priced.version.hold_days if priced.version else 0
    return Line(
        partner_id=partner,
        kind=kind,
        reason_code=reason,
        amount=Money(because.owed - because.posted, key.currency),
        occurred_at=cause.occurred_at,
        available_at=_available_at(kind, cause, move.first_paid_at or cause.occurred_at, days, zone),
        deal_id=priced.deal.id,
        sale_id=move.sale_id,
        plan=key.plan,
        version=key.version,
        rule=key.rule,
        bucket=key.name,
        tier=priced.deal.tier,
        base_before=measured(because.entry.rule, because.before, key.currency),
        base_after=measured(because.entry.rule, because.after, key.currency),
        because=because,
    )


def _kind(cause: Cause, move: Move) -> tuple[LineKind, str]:
    if move.sale_id not in cause.touched:
        return _RECALCULATED
    if cause.kind == "payment":
        return _PAYMENT if move.is_raised else _PAYMENT_CHANGED
    return _BY_CLAIM[cause.kind, cause.takes]


def _available_at(kind: LineKind, cause: Cause, first_paid_at: datetime, days: int, zone: tzinfo) -> datetime:
    if kind == "accrual":
        return hold_end(cause.occurred_at, days, zone)
    return max(cause.occurred_at, hold_end(first_paid_at, days, zone))


def measured(rule: Rule, content: Content, currency: str) -> str:
    """What a rate is applied to: money, or a number of sales."""
    return str(content.sales) if rule.rate.counts_sales else Money(content.base, currency).amount


# ---- nothing is silent ----------------------------------------------------------------------------------------------


def _zero_lines(
    cause: Cause,
    moves: Sequence[Move],
    moved: set[str],
    changed: Callable[[BucketKey], Bucket | None],
    bucket: Callable[[BucketKey], Bucket],
    zone: tzinfo,
) -> Iterator[Line]:
    """A payment that moves no line of a sharing partner says why."""
    for move in moves:
        if cause.kind != "payment" or move.sale_id not in cause.touched or not move.is_raised or not move.after:
            continue
        priced, version = move.after.priced, move.after.priced.version
        contents = {key: (changed(key) or bucket(key)).content for key in move.after.entries}
        for share in priced.shares:
            if share.partner_id not in moved:
                yield Line(
                    partner_id=share.partner_id,
                    kind="accrual",
                    reason_code=_why_nothing(move.after, share.partner_id, contents),
                    amount=Money(0, priced.currency),
                    occurred_at=cause.occurred_at,
                    available_at=hold_end(cause.occurred_at, version.hold_days if version else 0, zone),
                    deal_id=priced.deal.id,
                    sale_id=move.sale_id,
                    plan=priced.deal.plan,
                    version=version.number if version else None,
                    tier=priced.deal.tier,
                    nothing_of=priced,
                )


def _why_nothing(standing: Standing, partner_id: str, contents: Mapping[BucketKey, Content]) -> str:
    priced = standing.priced
    if priced.version is None:
        return "no_plan"
    if not priced.parts:
        return "no_rule"
    if not priced.sale.net or not any(part.weight for part in priced.parts):
        return "nothing_left"
    own = {key: entry.rule for key, entry in standing.entries.items() if key.partner_id in ("", partner_id)}
    return "ceiling_reached" if any(_is_full(rule, contents[key]) for key, rule in own.items()) else "rounds_to_zero"


def _is_full(rule: Rule, content: Content) -> bool:
    return rule.ceiling is not None and arithmetic.uncapped(rule, content.base, content.sales) >= rule.ceiling
