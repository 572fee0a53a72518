"""Whatever the plan, the deal, its shares and the past: a preview is what booking that payment posts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dealreg.commissions import plan_store
from dealreg.commissions.days import local_day
from dealreg.commissions.history import PaymentEvent
from dealreg.commissions.reading import payment_of
from dealreg.deals import commands, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.ledger import booking, lines, preview, rows, splits, terms
from dealreg.ledger.preview_inputs import PreviewInput, context_of
from dealreg.ledger.splits import SplitsInput
from dealreg.partners import partners, routing_text
from dealreg.partners.program import Product, Program, Tier, save_program
from dealreg.partners.routing import Routing
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from dealreg.platform.validation import parse_values
from tests import moto_resources
from tests.conftest import forget_cached
from tests.integration.conftest import body
from tests.integration.ledger.replay import SOURCE
from tests.unit.commissions import histories

Json = dict[str, Any]
NOW = datetime(2026, 8, 31, 21, 59, 59, tzinfo=UTC)
PRODUCTS = {"analytics": "data", "reports": "data", "storage": "cloud"}
SHARES: list[list[str]] = [[], [], ["100"], ["50", "50"], ["33.33", "66.67"], ["0.01", "99.99"]]
"""Of the deal's partner, then of another."""


@dataclass(frozen=True)
class Asked:
    plan: Json
    products: list[str]
    amount: Money
    type: str | None
    kind: str | None
    tier: str
    shares: list[str]
    earlier: list[int]
    """Payments of another deal of the partner, in euro cents."""
    rates: list[str]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    products = draw(st.lists(st.sampled_from([*PRODUCTS]), min_size=1, max_size=2, unique=True))
    currency = draw(st.sampled_from(["EUR", "EUR", "USD"]))
    minor = draw(histories.minor_units(currency)) * len(products)  # it is divided into equal parts
    return Asked(
        plan=draw(histories.plans("standard")),
        products=products,
        amount=Money(minor, currency),
        type=draw(st.sampled_from([None, "resale", "referral"])),
        kind=draw(st.sampled_from([None, *histories.KINDS])),
        tier=draw(st.sampled_from(["gold", "silver"])),
        shares=draw(st.sampled_from(SHARES)),
        earlier=draw(st.lists(histories.minor_units("EUR"), max_size=2)),
        rates=draw(st.sampled_from([[], ["EUR", "USD"], ["EUR", "USD"]])),
    )


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: NOW)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],  # a shrink on AWS in memory takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=asked())
def test_a_preview_is_what_booking_that_payment_posts(aws: None, case: Asked) -> None:
    moto_resources.put_back()
    forget_cached()
    deal = staged(case)
    caller = Caller("partner", deal.partner_id, "user_1", frozenset())
    told = {"deal_id": deal.id, "products": case.products, "amount": case.amount.to_wire(), "kind": case.kind}
    said = parse_values(PreviewInput, told, context_of(caller))
    answer = preview.view(preview.preview_of(said, deal.partner_id, NOW))

    commands.win(deal, case.amount, commands.context_at(NOW), "billing bsrc_1")
    outcome = pay("in_last", deal.id, case.amount, case.products, case.kind or "new")

    posted = [
        line
        for item in dynamo.every(rows.table(), f"PARTNER#{deal.partner_id}", rows.LINE)
        if (line := lines.from_item(item)).deal_id == deal.id
    ]
    if outcome.reason:  # there is no rate
        assert (posted, answer["total"]["amount"].strip("0.")) == ([], "")
        return
    today = local_day(NOW, terms.zone())
    assert [(line["amount"], line["rule"], line["available_in_days"]) for line in answer["lines"]] == [
        (line.amount.to_wire(), line.rule, (local_day(line.available_at, terms.zone()) - today).days) for line in posted
    ]


def staged(case: Asked) -> Deal:
    """Approved, with its plan, its shares, rates, and what its partner's periods hold already."""
    products = tuple(Product(name, name.capitalize(), family) for name, family in PRODUCTS.items())
    tiers = (Tier("silver", "Silver", 1), Tier("gold", "Gold", 2))
    worked = routing_text.to_text(Routing((), None, 2, deal_types=("resale", "referral")))
    save_program(Program(products=products, tiers=tiers, worked=worked), by="test")
    for version in case.plan["versions"]:
        written = {name: value for name, value in version.items() if name != "version"}
        plan_store.add("standard", written, times.to_text(NOW), "test")
    for source in case.rates:
        for into in ("EUR", "JPY", "KWD"):
            key = rows.rate_key(source, into, date(2026, 8, 30))
            item = {"from": source, "to": into, "date": "2026-08-30", "rate": "1.5"}
            dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item))
    own, other = (partners.create(name, case.tier, [], NOW, by="test").id for name in ("North", "South"))
    if case.earlier:
        before = registered(own, case, "Other GmbH", "other.example")
        commands.win(before, case.amount, commands.context_at(NOW), "billing bsrc_1")
        for number, minor in enumerate(case.earlier):
            pay(f"in_{number}", before.id, Money(minor, "EUR"), case.products[:1], "new")
    deal = registered(own, case, "Quarz GmbH", "quarz.example")
    if case.shares:
        shares = [
            {"partner_id": one, "percent": percent} for one, percent in zip((own, other), case.shares, strict=False)
        ]
        splits.save(deal.id, parse_values(SplitsInput, {"from": None, "shares": shares}), "test", NOW)
    return deal


def registered(partner_id: str, case: Asked, name: str, domain: str) -> Deal:
    customer = {"name": name, "domain": domain}
    told = body(customer=customer, products=case.products, amount=case.amount.to_wire(), type=case.type)
    new = parse_values(NewDeal, told | {"partner_reference": None}, register.validation_context())
    context, caller = commands.context_at(NOW), Caller("partner", partner_id, "user_1", frozenset())
    register.register(caller, new, None, context)
    deal = next(one for one in store.newest_of_partner(partner_id, 5) if one.customer["name"] == name)
    return store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example"))


def pay(sale: str, deal_id: str, amount: Money, products: list[str], kind: str) -> booking.Outcome:
    each = Money(amount.minor // len(products), amount.currency).amount
    sold = [{"product": product, "family": PRODUCTS[product], "amount": each} for product in products]
    at = NOW.isoformat()
    data: Json = {"payment_id": f"pay_{sale}", "amount": amount.to_wire(), "paid_at": at}
    data["sale"] = {"id": sale, "deal_id": deal_id, "kind": kind, "total": amount.amount, "tax": "0", "lines": sold}
    told = {"id": f"m_{sale}", "type": "payment.succeeded", "timestamp": at, "data": data}
    return booking.take(SOURCE, payment_of(parse_values(PaymentEvent, told)), NOW)
