"""From a history's models to what the engine works on; every fault is said at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from dealreg.commissions import history
from dealreg.commissions.book import Terms
from dealreg.commissions.facts import Claim, Payment, SaleContent, SaleLine
from dealreg.commissions.plan_faults import faults_of, with_rule_id
from dealreg.commissions.plan_inputs import exact
from dealreg.commissions.plans import Plan
from dealreg.commissions.pricing import DayRate
from dealreg.commissions.splits import Deal, Share, Split
from dealreg.partners.partners import DEFAULT_PLAN
from dealreg.platform import foreign_json
from dealreg.platform.errors import FieldError, InvalidInput, Malformed, TooLarge
from dealreg.platform.foreign_json import list_in, object_in
from dealreg.platform.money import parse_money
from dealreg.platform.validation import parse_values

_MAX_FAULTS = 50
_AHEAD = timedelta(days=1)
Fault = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class History:
    said: history.HistoryInput
    events: Sequence[history.Event]
    terms: Terms


class Unreadable(ValueError):
    """A fact that is well-formed and cannot be meant."""


def read_json(body: bytes) -> History:
    """Raises InvalidInput, Malformed or TooLarge."""
    try:
        return read(foreign_json.parse(body, max_bytes=history.MAX_BODY))
    except foreign_json.ForeignJsonFault:
        raise Malformed("The body is not JSON, or it has more or stranger things in it than we take.") from None


def read(content: Any) -> History:
    """Raises InvalidInput with every fault, or TooLarge."""
    body = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    sent = list_in(body.get("events"))
    if len(sent) > history.MAX_EVENTS:
        raise TooLarge(f"A history may have {history.MAX_EVENTS} events at most.")
    faults: list[FieldError] = []
    said = _parsed(history.HistoryInput, _history(body) if body else content, "", faults)
    faults += _of_plans(body)
    events = [_event(one, f"events.{number}.", faults) for number, one in enumerate(sent)]
    if said:
        faults += [FieldError(at, message) for at, message in _of_names(said)]
    if said is None or faults:
        raise InvalidInput(list({fault.field: fault for fault in reversed(faults)}.values())[::-1][:_MAX_FAULTS])
    return History(said, [event for event in events if event], terms_of(said))


def _history(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in body.items() if name not in history.OF_A_SCENARIO}


def _parsed(model: Any, content: Any, prefix: str, faults: list[FieldError]) -> Any:
    try:
        return parse_values(model, content)
    except InvalidInput as refused:
        faults += [FieldError(f"{prefix}{fault.field}", fault.message) for fault in refused.errors]
        return None


def _event(content: Any, prefix: str, faults: list[FieldError]) -> history.Event | None:
    kind = cast("dict[str, Any]", content).get("type") if isinstance(content, dict) else None
    model = history.EVENTS.get(kind) if isinstance(kind, str) else None
    if model is None:
        faults.append(FieldError(f"{prefix}type", f"Use one of {', '.join(history.EVENTS)}."))
        return None
    event = _parsed(model, content, prefix, faults)
    if isinstance(event, history.PaymentEvent):
        faults += [FieldError(f"{prefix}data.{at}", message) for at, message in faults_of_sale(event.data)]
    return event


def faults_of_sale(said: history.PaymentData) -> Iterator[tuple[str, str]]:
    """Amounts of a sale are in its payment's currency."""
    if said.sale is None or said.sale.total is None:
        return
    amounts = [("sale.total", said.sale.total, False), ("sale.tax", said.sale.tax, True)]
    amounts += [(f"sale.lines.{place}.amount", line.amount, True) for place, line in enumerate(said.sale.lines)]
    for at, amount, signed in amounts:
        try:
            parse_money(amount, said.amount.currency, signed=signed)
        except ValueError as fault:
            yield at, str(fault)
    if said.sale.kind is None:
        yield "sale.kind", "This is required."


def _of_plans(body: Mapping[str, Any]) -> list[FieldError]:
    found: list[FieldError] = []
    for place, plan in enumerate(list_in(body.get("plans"))):
        versions = list_in(object_in(plan).get("versions"))
        for number, version in enumerate(versions):
            told = (with_rule_id(fault, version) for fault in faults_of(version))
            found += [FieldError(f"plans.{place}.versions.{number}.{fault.field}", fault.message) for fault in told]
    return found


def _of_names(said: history.HistoryInput) -> Iterator[tuple[str, str]]:
    """Ids that are given twice, or to nothing; splits that do not come to 100; minimums of no such amount."""
    yield from _doubles("plans", [plan.id for plan in said.plans], "id")
    yield from _doubles("partners", [partner.id for partner in said.partners], "id")
    yield from _doubles("deals", [deal.id for deal in said.deals], "id")
    for place, plan in enumerate(said.plans):
        yield from _doubles(f"plans.{place}.versions", [version.version for version in plan.versions], "version")
    partners = {partner.id for partner in said.partners}
    for place, deal in enumerate(said.deals):
        if deal.partner_id not in partners:
            yield f"deals.{place}.partner_id", "There is no such partner."
        for number, split in enumerate(deal.splits):
            at = f"deals.{place}.splits.{number}.shares"
            yield from ((at, told) for told in faults_of_split(split.shares, partners))
    for currency, amount in said.program.minimum_payout.items():
        try:
            parse_money(amount, currency)
        except ValueError as fault:
            yield f"program.minimum_payout.{currency}", str(fault)


def faults_of_split(shares: Sequence[history.ShareInput], partners: set[str]) -> Iterator[str]:
    if sum(exact(share.percent) for share in shares) != 100:
        yield "Shares sum to 100."
    if len({share.partner_id for share in shares}) < len(shares):
        yield "A partner has two shares."
    if unknown := [share.partner_id for share in shares if share.partner_id not in partners]:
        yield f"There is no partner {unknown[0]}."


def _doubles(at: str, ids: Sequence[object], name: str) -> Iterator[tuple[str, str]]:
    for place, one in enumerate(ids):
        if one in ids[:place]:
            yield f"{at}.{place}.{name}", "Another one has this already."


# ---- what it comes to -----------------------------------------------------------------------------------------------


def terms_of(said: history.HistoryInput) -> Terms:
    plans = {
        plan.id: Plan(plan.id, tuple(version.to_version(plan.id, version.version) for version in plan.versions))
        for plan in said.plans
    }
    plan_of = {partner.id: partner.plan or DEFAULT_PLAN for partner in said.partners}
    deals = {deal.id: _deal(deal, plan_of[deal.partner_id]) for deal in said.deals}
    rates: dict[tuple[str, str], list[DayRate]] = {}
    for rate in sorted(said.exchange_rates, key=lambda rate: rate.day):
        rates.setdefault((rate.source, rate.into), []).append(DayRate(rate.day, exact(rate.rate)))
    return Terms(ZoneInfo(said.program.time_zone), plans, deals, rates)


def _deal(said: history.DealInput, plan: str) -> Deal:
    splits = [
        Split(split.start, tuple(Share(share.partner_id, exact(share.percent)) for share in split.shares))
        for split in said.splits
    ]
    in_order = sorted(splits, key=lambda split: (split.start is not None, split.start or said.registered_at))
    return Deal(said.id, said.partner_id, plan, said.tier, said.type, said.registered_at, tuple(in_order))


def payment_of(event: history.PaymentEvent, received_at: datetime | None = None) -> Payment:
    """Raises Unreadable. `received_at`: when it came, if that is not when it was said."""
    said, amount = event.data, event.data.amount.to_money()
    sale_id = said.sale.id if said.sale else said.sale_id
    if not sale_id:
        raise Unreadable("data.sale: Name the sale, here or in sale_id.")
    if not amount.minor:
        raise Unreadable("data.amount: A payment of nothing is none.")
    _require_past("data.paid_at", said.paid_at, received_at or event.timestamp)
    return Payment(
        id=said.payment_id,
        sale_id=sale_id,
        amount=amount.minor,
        currency=amount.currency,
        paid_at=said.paid_at,
        said_at=event.timestamp,
        event_id=event.id,
        also=tuple(said.also),
        cumulative=said.cumulative,
        content=_content(said.sale, amount.currency) if said.sale else None,
    )


def _require_past(at: str, moment: datetime, received_at: datetime) -> None:
    """The past has no limit, and clocks differ."""
    if moment > received_at + _AHEAD:
        raise Unreadable(f"{at}: This is more than a day ahead.")


def _content(said: history.SaleData, currency: str) -> SaleContent | None:
    """None while no more than its id is said. Raises Unreadable."""
    if said.total is None or said.kind is None:
        return None

    def minor(amount: str) -> int:
        return parse_money(amount, currency, signed=True).minor

    total, tax = minor(said.total), minor(said.tax)
    lines = tuple(SaleLine(minor(line.amount), line.product, line.family) for line in said.lines)
    if sum(line.amount for line in lines) + tax != total:
        raise Unreadable("data.sale.lines: Lines and tax do not come to the total.")
    if not 0 <= tax <= total:
        raise Unreadable("data.sale.tax: The tax is a part of the total.")
    billing_id = said.customer.billing_id if said.customer else None
    return SaleContent(said.id, said.kind, currency, total, tax, lines, said.deal_id, said.subscription_id, billing_id)


def claim_of(event: history.RefundEvent | history.ChargebackEvent, received_at: datetime | None = None) -> Claim:
    """As `payment_of`."""
    said, amount = event.data, event.data.amount.to_money()
    kind: Literal["refund", "chargeback"] = "refund" if isinstance(said, history.RefundData) else "chargeback"
    at = said.refunded_at if isinstance(said, history.RefundData) else said.opened_at
    if not (said.payment_id or said.sale_id):
        raise Unreadable("data.payment_id: Name the payment, or its sale in sale_id.")
    if not amount.minor:
        raise Unreadable(f"data.amount: A {kind} of nothing is none.")
    received_at = received_at or event.timestamp
    _require_past("data.refunded_at" if kind == "refund" else "data.opened_at", at, received_at)
    if isinstance(said, history.ChargebackData) and said.closed_at:
        _require_past("data.closed_at", said.closed_at, received_at)
        if said.closed_at < at:
            raise Unreadable("data.closed_at: This is before opened_at.")
    return Claim(
        kind=kind,
        id=said.refund_id if isinstance(said, history.RefundData) else said.chargeback_id,
        status=said.status,
        amount=amount.minor,
        currency=amount.currency,
        at=at,
        said_at=event.timestamp,
        event_id=event.id,
        payment_id=said.payment_id,
        sale_id=said.sale_id,
        closed_at=None if isinstance(said, history.RefundData) else said.closed_at,
    )
