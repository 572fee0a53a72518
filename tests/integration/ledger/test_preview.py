"""What payments would earn: as the same history simulated, from what the periods' buckets hold already."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from commissions.ledger_api import handler
from dealreg.commissions.simulate import simulate
from dealreg.deals import register
from dealreg.deals.model import NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.integration.conftest import body
from tests.integration.ledger.replay import Replay, every_row
from tests.samples import ADMIN, content, sample
from tests.unit.commissions.samples import history, payment, plan, rule

Json = dict[str, Any]
NewPartner = Callable[[str], Caller]
NOW = datetime(2026, 8, 31, 10, tzinfo=UTC)
DAYS = ["2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]
STEPS = [{"from": "0", "percent": "10"}, {"from": "2500.00", "percent": "12.5"}]
RULES: dict[str, list[Json]] = {
    "of each sale": [rule(rate={"percent": "12.3456"})],
    "of the first months, then less": [
        rule(id="first", when={"months": {"before": 3}}, rate={"percent": "20"}),
        rule(id="later", when={"months": {"from": 3}}),
    ],
    "of the first sales": [rule(when={"first_sales": 2})],
    "up to a ceiling of the deal": [rule(per="deal", ceiling="250.00")],
    "in steps of a month": [rule(per="month", rate={"marginal": STEPS})],
    "in steps of a quarter": [rule(per="quarter", rate={"marginal": STEPS})],
    "in whole steps of a year": [rule(per="year", rate={"whole": STEPS})],
    "flat, on top, for new ones": [
        rule(),
        rule(id="spiff", adds=True, when={"kind": ["new"]}, per="quarter", rate={"flat": "50.00"}, ceiling="75.00"),
    ],
    "of another product": [rule(when={"product": ["another"]})],
    "of another tier": [rule(when={"tier": ["gold"]}), rule(id="rest", rate={"percent": "5"})],
}
EARLIER = [payment("in_1", "2000.00", "2026-07-10"), payment("in_2", "2333.33", "2026-08-20")]


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: NOW)


def ask(caller: Caller, **changes: Any) -> Json:
    asked = {"products": ["general"], "amount": {"amount": "1000.01", "currency": "EUR"}} | changes
    return handler(sample("commissions-ledger-api/preview-commissions", caller=caller, body=asked), None)


def previewed(caller: Caller, **changes: Any) -> Json:
    reply = ask(caller, **changes)
    assert reply["statusCode"] == 200, reply
    return content(reply)


def told(partner_id: str, *events: Json, plans: list[Json]) -> Json:
    own: Json = {"partner_id": partner_id, "registered_at": "2026-05-01T09:00:00Z"}
    registered: Json = {"id": "d1", "tier": "registered"} | own
    deals = [registered, registered | {"id": "d2", "registered_at": NOW.isoformat()}]
    return history(*events, plans=plans, deals=deals, partners=[{"id": partner_id}])


def monthly(kind: str | None = None, count: int = len(DAYS)) -> list[Json]:
    """The payments that a preview is of."""
    lines = [{"product": "general", "family": "general", "amount": "1000.01"}]
    kinds = [kind or ("renewal" if month else "new") for month in range(count)]
    return [
        payment(f"month-{month}", "1000.01", DAYS[month], lines=lines, deal_id="d2", kind=kinds[month])
        for month in range(count)
    ]


def amounts(lines: list[Json]) -> list[tuple[str, str | None]]:
    return [(line["amount"]["amount"], line["rule"]) for line in lines]


@pytest.mark.parametrize("kind", [None, "new"])
@pytest.mark.parametrize("earlier", [[], EARLIER], ids=["nothing before", "periods that hold money"])
@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_it_is_what_the_same_history_comes_to(
    rules: list[Json], earlier: list[Json], kind: str | None, new_partner: NewPartner
) -> None:
    caller = new_partner("North")
    plans = [plan(*rules, hold_days=30)]
    Replay(told(caller.partner_id, *earlier, plans=plans)).run()
    before = every_row()

    answer = previewed(caller, months=len(DAYS), **({"kind": kind} if kind else {}))

    whole = simulate(told(caller.partner_id, *earlier, *monthly(kind), plans=plans)).to_wire()
    expected = [line for line in cast("list[Json]", whole["lines"]) if line["deal_id"] == "d2"]
    assert amounts(answer["lines"]) == amounts(expected)
    assert [line["month"] for line in answer["lines"]] == [int(one["sale_id"].partition("-")[2]) for one in expected]
    sums = sum(round(float(line["amount"]["amount"]) * 100) for line in expected)
    assert round(float(answer["total"]["amount"]) * 100) == sums
    assert every_row() == before


def test_it_says_how_it_comes_about_when_it_is_free_and_what_it_assumes(new_partner: NewPartner) -> None:
    caller = new_partner("North")
    Replay(told(caller.partner_id, plans=[plan(rule(), hold_days=30)])).run()
    answer = previewed(caller, months=2)
    first, second = answer["lines"]
    assert (answer["plan"], answer["version"], answer["total"]["amount"]) == ("standard", 1, "200.00")
    assert (first["available_in_days"], second["available_in_days"]) == (30, 60)
    assert first["steps"][0] == "Tier registered, general: 10 %."
    assert "10 % of 1000.01 EUR = 100.00 EUR." in first["steps"]
    assert "1000.01 EUR is paid today, and each month, 2 times in all." in answer["assumes"]
    assert "Tier registered and plan standard, for a deal registered today." in answer["assumes"]


@pytest.mark.parametrize("rates", [[], [{"date": "2026-08-25", "from": "USD", "to": "EUR", "rate": "0.9"}]])
def test_todays_rate_counts_for_all_months(rates: list[Json], new_partner: NewPartner) -> None:
    caller = new_partner("North")
    Replay(told(caller.partner_id, plans=[plan(rule())]) | {"exchange_rates": rates}).run()
    answer = previewed(caller, months=3, amount={"amount": "100.00", "currency": "USD"})
    each = "9.00" if rates else "0.00"
    assert [line["amount"] for line in answer["lines"]] == [{"amount": each, "currency": "EUR"}] * 3
    assert ("rate" in answer["lines"][0]["steps"][0]) == (not rates)


def test_without_a_plan_it_is_nothing_and_says_why(new_partner: NewPartner) -> None:
    answer = previewed(new_partner("North"), products=["analytics"])
    assert (answer["version"], answer["total"]["amount"]) == (None, "0.00")
    assert answer["lines"][0]["steps"] == ["No version of the plan applies to this sale."]


def test_an_admin_asks_for_a_partner_in_another_tier(new_partner: NewPartner) -> None:
    caller = new_partner("North")
    asked = {"partner_id": caller.partner_id, "tier": "gold", "products": ["analytics"]}
    assert "Tier gold and plan standard, for a deal registered today." in previewed(ADMIN, **asked)["assumes"]


def test_a_deal_is_the_callers_own_or_not_there(new_partner: NewPartner, context: CommandContext) -> None:
    owner, other = new_partner("North"), new_partner("South")
    new = parse_values(NewDeal, body(), register.validation_context())
    deal_id = content({"body": register.register(owner, new, None, context).body})["id"]
    asked = {"deal_id": deal_id, "products": ["analytics"]}
    assert "Tier registered and plan standard, as stamped on the deal." in previewed(owner, **asked)["assumes"]
    assert previewed(ADMIN, partner_id=owner.partner_id, **asked)["plan"] == "standard"
    assert ask(other, **asked)["statusCode"] == 404
    assert ask(ADMIN, partner_id=other.partner_id, **asked)["statusCode"] == 404


def test_every_field_that_is_wrong_is_named(new_partner: NewPartner) -> None:
    wrong: Json = {"products": ["none"], "amount": {"amount": "0", "currency": "EUR"}, "type": "odd", "kind": "odd"}
    reply = ask(new_partner("North"), months=61, partner_id="part_1", tier="gold", **wrong)
    faults = {fault["field"] for fault in content(reply)["errors"]}
    assert reply["statusCode"] == 422
    assert faults == {"products", "amount.amount", "type", "kind", "months", "partner_id", "tier"}
    faults = {fault["field"] for fault in content(ask(ADMIN, products=["analytics"], tier="odd"))["errors"]}
    assert faults == {"partner_id", "tier"}


def test_sixty_an_hour_for_each_partner(new_partner: NewPartner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, other = new_partner("North"), new_partner("South")
    replies = [ask(owner, products=["analytics"]) for _ in range(61)]
    assert [reply["statusCode"] for reply in replies] == [200] * 60 + [429]
    assert content(replies[-1])["code"] == "rate_limited"
    assert previewed(other, products=["analytics"])
    monkeypatch.setattr(times, "now", lambda: NOW.replace(hour=11))
    assert previewed(owner, products=["analytics"])
