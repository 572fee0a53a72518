"""A history, as `simulate` takes it, fed fact by fact through the rows of the ledger; and what lies there then."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from dealreg.commissions import history, plan_store, views
from dealreg.commissions.facts import Claim, Payment
from dealreg.commissions.ledger import Line, period_of
from dealreg.commissions.reading import History, Unreadable, claim_of, payment_of, read
from dealreg.commissions.splits import Deal
from dealreg.ledger import booking, heads, lines, names, rows, terms
from dealreg.ledger.booking import Outcome
from dealreg.ledger.ids import provider_id_of, qualified
from dealreg.ledger.terms import MoneyOfDeal
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing
from dealreg.platform import aws, dynamo, times
from dealreg.platform.money import parse_money
from dealreg.platform.working_time import Calendar

Json = dict[str, Any]
SOURCE = "bsrc_01JD8V4M2T7QK3N5P9XWZRB6YC"
NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
FACTS = ("payment.succeeded", "payment.refunded", "payment.chargeback", "deal.closed_won", "subscription.changed")
KEPT = (*FACTS, "admin.adjust", "admin.close_period")


def without_payouts(told: Json) -> Json:
    """Payout runs have rows of their own."""
    return told | {"events": [event for event in told["events"] if event["type"] in KEPT]}


def stored_id(deal_id: str) -> str:
    """Ids of histories are short; those of rows sort in the same order."""
    letters = "".join(f"{ord(letter) % 32:02}" for letter in deal_id)
    return f"deal_{'0' * (26 - len(letters))}{letters}"


class Replay:
    """On an empty program."""

    def __init__(self, told: Json) -> None:
        self.told: History = read(with_stored_ids(told))
        self.said: dict[str, Payment | Claim] = {}
        self.outcomes: dict[str, Outcome] = {}
        _save_terms(self.told)

    def run(self) -> None:
        for event in self.told.events:
            self.take(event)

    def go_on(self, told: Json) -> None:
        """By further events, with what was said before."""
        for event in read(with_stored_ids(told)).events:
            self.take(event)

    def take(self, event: history.Event) -> None:
        match event:
            case history.PaymentEvent() | history.RefundEvent() | history.ChargebackEvent():
                try:
                    fact = payment_of(event) if isinstance(event, history.PaymentEvent) else claim_of(event)
                except Unreadable:
                    return
                self.said[event.id] = fact
                self.apply(event.id)
            case history.SubscriptionEvent():
                billing_id = event.data.customer.billing_id if event.data.customer else None
                told = [("subscription", event.data.subscription_id), ("customer", billing_id)]
                if event.data.deal_id:
                    named = [(kind, qualified(SOURCE, name)) for kind, name in told if name]
                    self.settle(names.teach(named, event.data.deal_id, NOW))
            case history.Adjustment():
                by_hand(event)
            case history.PeriodClosing():
                key = rows.periods_key()
                dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk, "closed_until": event.period}))
            case _:
                raise AssertionError(event)

    def apply(self, event_id: str) -> None:
        fact = self.said[event_id]
        self.outcomes[event_id] = outcome = booking.take(SOURCE, fact, NOW)
        self.settle(outcome.taught)

    def settle(self, named: Iterable[names.Name]) -> None:
        for name in named:
            for waits, events in names.waiting(name):
                for event_id in events:
                    self.outcomes[event_id] = booking.take(SOURCE, self.said[event_id], NOW)
                names.let_go(waits)


def by_hand(event: history.Adjustment) -> None:
    amount = parse_money(event.amount.amount, event.amount.currency, signed=True)
    key = rows.head_key(event.partner_id)
    head = dynamo.get(key.table, key.pk, key.sk)
    zone = terms.zone()
    month = event.at.astimezone(zone).strftime("%Y-%m")
    closed = (dynamo.get(key.table, "PERIODS", "PERIODS") or {}).get("closed_until", "")
    period = period_of(month, closed) if closed else month
    line = Line(event.partner_id, "adjustment", event.reason_code, amount, event.at, event.at)
    number = head["number"] + 1 if head else 1
    dynamo.transact([*heads.post(event.partner_id, head, [replace(line, number=number, period=period)], NOW)])


def with_stored_ids(told: Json) -> Json:
    deals = {deal["id"]: stored_id(deal["id"]) for deal in told["deals"]}

    def event(of: Json) -> Json:
        data = dict(of.get("data", {}))
        if data.get("deal_id") in deals:
            data["deal_id"] = deals[data["deal_id"]]
        if sale := data.get("sale"):
            data["sale"] = sale | ({"deal_id": deals[sale["deal_id"]]} if sale.get("deal_id") in deals else {})
        return of | ({"data": data} if data else {})

    renamed = [deal | {"id": deals[deal["id"]]} for deal in told["deals"]]
    return told | {"deals": renamed, "events": [event(one) for one in told["events"]]}


def _save_terms(told: History) -> None:
    zone = told.said.program.time_zone
    calendars = {"default": Calendar(frozenset(range(5)), timedelta(hours=9), timedelta(hours=17), zone)}
    save_program(Program(worked=routing_text.to_text(Routing((), None, 2, calendars=calendars))), by="test")
    _save_plans(told)
    for deal in told.terms.deals.values():
        save_money(deal)
    for rate in told.said.exchange_rates:
        key = rows.rate_key(rate.source, rate.into, rate.day)
        item = {"from": rate.source, "to": rate.into, "date": rate.day.isoformat(), "rate": rate.rate}
        dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item))


def save_plans(told: Json, since: int = 1) -> None:
    """Versions from that number on."""
    _save_plans(read(with_stored_ids(told)), since)


def _save_plans(told: History, since: int = 1) -> None:
    for plan in told.said.plans:
        for version in sorted(plan.versions, key=lambda one: one.version):
            written = version.model_dump(mode="json", by_alias=True, exclude={"version"}, exclude_none=True)
            if version.version >= since:
                plan_store.add(plan.id, written | {"currency": version.currency}, times.to_text(NOW), "test")


def save_money(deal: Deal) -> None:
    key = rows.money_key(deal.id)
    assert key
    item = terms.to_item(MoneyOfDeal(deal, "Quarz GmbH")) | {"revision": 1}
    dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item))


# ---- what lies there ------------------------------------------------------------------------------------------------


def posted(told: Json) -> list[Json]:
    """As `simulate` answers, by partner and number."""
    ids = {stored_id(deal["id"]): deal["id"] for deal in told["deals"]}
    partners = [partner["id"] for partner in told["partners"]]
    return [_shown(item, ids) for partner in sorted(partners) for item in items_of(partner)]


def items_of(partner_id: str) -> Iterator[dynamo.Item]:
    return dynamo.every(rows.table(), f"PARTNER#{partner_id}", rows.LINE)


def _shown(item: dynamo.Item, ids: dict[str, str]) -> Json:
    line = lines.from_item(item)
    shown = cast("Json", dict(views.line(line)))
    shown["sale_id"] = provider_id_of(line.sale_id) if line.sale_id else None
    shown["deal_id"] = ids[line.deal_id] if line.deal_id else None
    if line.bucket and line.deal_id:
        shown["bucket"] = line.bucket.replace(line.deal_id, ids[line.deal_id])
    return shown


def by_number(answer: Json) -> list[Json]:
    return sorted(answer["lines"], key=lambda line: (line["partner_id"], line["number"]))


def totals() -> dict[tuple[str, ...], int]:
    """What the buckets have posted, those that are not zero."""
    found: dict[tuple[str, ...], int] = {}
    for item in every_row():
        if item["sk"] == "BUCKET":
            _count(found, item, item["name"], item)
        if item["sk"] == "SALE":
            for bucket in item["buckets"]:
                _count(found, bucket, f"sale:{item['sale_id']}", bucket)
    return {key: amount for key, amount in sorted(found.items()) if amount}


def _count(found: dict[tuple[str, ...], int], key: Json, name: str, bucket: Json) -> None:
    for partner, minor in bucket["posted"].items():
        told = (partner, key["currency"], key["plan"], str(key["version"]), key["rule"], name)
        found[told] = found.get(told, 0) + minor


def every_row() -> list[Json]:
    reply = aws.client("dynamodb").scan(TableName=rows.table())
    assert "LastEvaluatedKey" not in reply
    return [dynamo.item_from_wire(item) for item in reply["Items"]]


def expected_totals(told: Json, answer: Json) -> dict[tuple[str, ...], int]:
    ids = {deal["id"]: stored_id(deal["id"]) for deal in told["deals"]}
    found: dict[tuple[str, ...], int] = {}
    for total in answer["totals"]:
        kind, _, of = total["bucket"].partition(":")
        name = f"{kind}:{ids.get(of, of)}" if kind == "deal" else total["bucket"]
        key = (
            total["partner_id"],
            total["amount"]["currency"],
            total["plan"],
            str(total["version"]),
            total["rule"],
            name,
        )
        found[key] = parse_money(total["amount"]["amount"], total["amount"]["currency"], signed=True).minor
    return dict(sorted(found.items()))
