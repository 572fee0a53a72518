"""What a partner would earn by payments from today on: as the plan and the buckets are now. Posts nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from dealreg.commissions import preview, words
from dealreg.commissions.buckets import Bucket, BucketKey
from dealreg.commissions.days import local_day
from dealreg.commissions.ledger import Line
from dealreg.commissions.plans import Version
from dealreg.commissions.preview import Payments
from dealreg.commissions.pricing import NO_RATE, DayRate, rate_on
from dealreg.commissions.splits import Deal
from dealreg.deals import model, store
from dealreg.ledger import rows, terms
from dealreg.ledger.preview_inputs import PreviewInput, PreviewLineView, PreviewView, context_of
from dealreg.partners import partners, reach
from dealreg.partners.program import current_program
from dealreg.partners.rows import table
from dealreg.platform import dynamo, limits
from dealreg.platform.errors import InvalidInput, TooLarge
from dealreg.platform.http import Caller
from dealreg.platform.limits import Limit
from dealreg.platform.money import Money
from dealreg.platform.rights import Right
from dealreg.platform.validation import parse, parse_values

LIMIT = "previews"
PER_HOUR = 60
MAX_LINES = 1000
_RATE_DAYS = 8
_NO_DEAL = "preview"


@dataclass(frozen=True, slots=True)
class Preview:
    partner_id: str
    paid: Payments
    version: Version | None
    rate: Fraction | None
    lines: Sequence[Line]
    """The partner's own."""


def answer(body: bytes, caller: Caller, now: datetime) -> tuple[PreviewView, Mapping[str, str]]:
    """With headers that tell of the limit. Raises InvalidInput, NotFound, RateLimited, or TooLarge."""
    asked = parse(PreviewInput, body, context_of(caller))
    if asked.partner_id:
        reach.require(caller, Right.SEE_EARNINGS, asked.partner_id)
    allowance = Limit(table(), LIMIT, caller.partner_id or caller.user_id, PER_HOUR, now).read()
    told = view(preview_of(asked, asked.partner_id or caller.partner_id, now))
    limits.transact([], allowance)
    return told, allowance.headers()


def of_deal(deal: model.Deal, caller: Caller, now: datetime) -> PreviewView | None:
    """Of one payment of all that was registered; None without a plan. Uncounted: a few reads, whatever the deal."""
    said = {"deal_id": deal.id, "products": products(deal.products), "amount": deal.amount.to_wire()}
    try:
        asked = parse_values(PreviewInput, said, context_of(caller))
    except InvalidInput:  # of products that are offered no more
        return None
    found = preview_of(asked, deal.partner_id, now)
    return view(found) if found.version else None


def products(chosen: Sequence[str]) -> Sequence[str]:
    """As a registration means them: where all are of one family, none is all."""
    program = current_program()
    return chosen or ([product.id for product in program.products] if program.has_one_family else [])


def preview_of(asked: PreviewInput, partner_id: str, now: datetime) -> Preview:
    """Raises NotFound, or TooLarge."""
    paid = _payments(asked, partner_id, now)
    plan, today = terms.plan_of(paid.deal.plan, now), local_day(now, paid.zone)
    version = preview.version_of(plan, paid.deal, today, paid.zone)
    rate = _rate(paid.amount.currency, version, today)
    _, keys = preview.price(paid, version, rate, {})
    own = _buckets(key for key in keys if key.partner_id == partner_id)
    found, _ = preview.price(paid, version, rate, own)
    lines = [line for line in found if line.partner_id == partner_id]
    if len(lines) > MAX_LINES:
        raise TooLarge(f"This would be more than {MAX_LINES} lines: ask for fewer months.")
    return Preview(partner_id, paid, version, rate, lines)


def _payments(asked: PreviewInput, partner_id: str, now: datetime) -> Payments:
    deal, program = _deal(asked, partner_id, now), current_program()
    families = {product.id: product.family for product in program.products if product.id in asked.products}
    in_order = {product: families[product] for product in asked.products}
    return Payments(deal, in_order, asked.amount.to_money(), asked.kind, asked.months, now, terms.zone())


def _deal(asked: PreviewInput, partner_id: str, now: datetime) -> Deal:
    if asked.deal_id:
        registered = store.load(partner_id, asked.deal_id)
        key = rows.money_key(registered.id)
        item = dynamo.get(key.table, key.pk, key.sk) if key else None
        known = terms.from_item(item) if item else None
        money = known if known and known.is_paid else terms.of_registration(registered, known)
        deal = money.deal
    else:
        partner = partners.load(partner_id)
        deal = Deal(_NO_DEAL, partner.id, partner.plan, partner.tier, None, now)
    return replace(deal, tier=asked.tier or deal.tier, type=asked.type or deal.type)


def _rate(own: str, version: Version | None, today: date) -> Fraction | None:
    into = version.currency_of(own) if version else own
    days = [today - timedelta(days=back) for back in range(_RATE_DAYS)] if into != own else []
    found = dynamo.batch_get(rows.rate_key(own, into, day) for day in days) if days else {}
    known = [DayRate(date.fromisoformat(item["date"]), Fraction(item["rate"])) for item in found.values()]
    return rate_on({(own, into): sorted(known, key=lambda rate: rate.day)}, own, into, today)


def _buckets(keys: Iterator[BucketKey]) -> dict[BucketKey, Bucket]:
    by_row = {rows.bucket_key(key): key for key in keys}
    found = dynamo.batch_get(by_row) if by_row else {}
    return {by_row[row]: rows.bucket_from_item(item) for row, item in found.items()}


# ---- what it looks like ---------------------------------------------------------------------------------------------


def view(of: Preview) -> PreviewView:
    own = of.paid.amount.currency
    currency = of.version.currency_of(own) if of.version else own
    lines = [_line(line, of.paid) for line in of.lines]
    return {
        "lines": lines or [*_waiting(of.paid, currency, of.rate)],
        "total": Money(sum(line.amount.minor for line in of.lines), currency).to_wire(),
        "plan": of.paid.deal.plan,
        "version": of.version.number if of.version else None,
        "assumes": [*_assumes(of, currency)],
    }


def _line(line: Line, paid: Payments) -> PreviewLineView:
    held = local_day(line.available_at, paid.zone) - local_day(paid.start, paid.zone)
    steps = words.steps(line)
    if line.because:
        rate = words.rate(line.because.entry.rule, line.because.key.currency)
        steps = [f"Tier {line.tier or 'none'}, {', '.join(paid.families)}: {rate}.", *steps]
    return {
        "month": paid.month_of(line),
        "amount": line.amount.to_wire(),
        "rule": line.rule,
        "available_in_days": held.days,
        "steps": steps,
    }


def _waiting(paid: Payments, currency: str, rate: Fraction | None) -> Iterator[PreviewLineView]:
    """Without a rate nothing is posted until there is one."""
    if rate is None:
        why = f"No rate from {paid.amount.currency} to {currency} of the last seven days is known ({NO_RATE})."
        for month, fact in enumerate(paid.facts()):
            days = (local_day(fact.paid_at, paid.zone) - local_day(paid.start, paid.zone)).days
            nothing = Money(0, currency).to_wire()
            yield {"month": month, "amount": nothing, "rule": None, "available_in_days": days, "steps": [why]}


def _assumes(of: Preview, currency: str) -> Iterator[str]:
    paid = of.paid
    again = f", and each month, {paid.months} times in all" if paid.months > 1 else ""
    yield f"{paid.amount} is paid today{again}."
    yield "No tax, no refunds, no chargebacks."
    yield (
        "The first payment is of kind new, those after it renewals."
        if paid.kind is None
        else (f"Every payment is of kind {paid.kind}.")
    )
    if len(paid.families) > 1:
        yield "Each payment is divided equally among the products."
    registered = "as stamped on the deal" if paid.deal.id != _NO_DEAL else "for a deal registered today"
    yield f"Tier {paid.deal.tier or 'none'} and plan {paid.deal.plan}, {registered}."
    if of.version:
        yield f"Version {of.version.number} of the plan, in force today, for all months."
    if currency != paid.amount.currency and of.rate is not None:
        yield f"Today's rate of {paid.amount.currency} to {currency}, {words.number(of.rate)}, for all months."
    yield "Nothing was paid of the deal before; months, quarters and years begin with what they hold today."
    yield "No other sale is paid in them."
    if paid.deal.splits:
        yield "The deal's shares stay as they are set; this is the partner's own."
