"""Histories for tests, in the form that `simulate` takes: one partner, one deal, sales without tax in euros."""

from typing import Any

from dealreg.commissions.simulate import simulate

Json = dict[str, Any]


def plan(*rules: Json, **changes: Any) -> Json:
    version: Json = {"version": 1, "effective_from": "2026-01-01", "currency": "EUR", "hold_days": 0, "rules": [*rules]}
    return {"id": "standard", "versions": [version | changes]}


def rule(**changes: Any) -> Json:
    return {"id": "base", "rate": {"percent": "10"}} | changes


def payment(
    sale: str, amount: str, paid_at: str = "2026-02-02", *, lines: list[Json] | None = None, **changes: Any
) -> Json:
    """Of a whole sale, under its own id; `changes` are of the sale."""
    at = paid_at if "T" in paid_at else f"{paid_at}T10:00:00Z"
    currency = changes.pop("currency", "EUR")
    sold: Json = {"id": sale, "deal_id": "d1", "kind": "new", "total": amount, "tax": "0"}
    sold["lines"] = lines or [{"product": "analytics", "family": "data", "amount": amount}]
    paid = changes.pop("paid", amount)
    data: Json = {"payment_id": f"pay_{sale}", "amount": {"amount": paid, "currency": currency}, "paid_at": at}
    return {"id": f"m_{sale}", "type": "payment.succeeded", "timestamp": at, "data": data | {"sale": sold | changes}}


def refund(sale: str, amount: str, at: str = "2026-03-02", *, number: int = 1, **changes: Any) -> Json:
    moment = f"{at}T10:00:00Z"
    data: Json = {"refund_id": f"re_{sale}_{number}", "sale_id": sale, "amount": {"amount": amount, "currency": "EUR"}}
    data |= {"refunded_at": moment, "status": "succeeded"} | changes
    said = f"m_re_{sale}_{number}_{data['status']}"
    return {"id": said, "type": "payment.refunded", "timestamp": moment, "data": data}


def chargeback(sale: str, status: str, at: str, amount: str) -> Json:
    moment = f"{at}T10:00:00Z"
    closed = None if status == "open" else moment
    data: Json = {"chargeback_id": f"du_{sale}", "sale_id": sale, "amount": {"amount": amount, "currency": "EUR"}}
    data |= {"opened_at": "2026-02-10T10:00:00Z", "closed_at": closed, "status": status}
    return {"id": f"m_du_{sale}_{status}", "type": "payment.chargeback", "timestamp": moment, "data": data}


def history(*events: Json, plans: list[Json] | None = None, **changes: Any) -> Json:
    deal: Json = {"id": "d1", "partner_id": "p1", "tier": "gold", "registered_at": "2026-01-15T09:00:00Z"}
    told: Json = {
        "program": {"time_zone": "Europe/Berlin", "minimum_payout": {}},
        "plans": plans or [plan(rule())],
        "partners": [{"id": "p1"}, {"id": "p2"}],
        "deals": [deal | changes.pop("deal", {})],
        "exchange_rates": [],
        "events": [*events],
        "balances_at": [],
    }
    return told | changes


def answer(*events: Json, **changes: Any) -> Json:
    return dict(simulate(history(*events, **changes)).to_wire())


def posted(*events: Json, **changes: Any) -> list[str]:
    """Each line's partner, amount and reason, in the order of posting."""
    lines = answer(*events, **changes)["lines"]
    return [f"{line['partner_id']} {line['amount']['amount']} {line['reason_code']}" for line in lines]


def amounts(*events: Json, **changes: Any) -> list[str]:
    return [line["amount"]["amount"] for line in answer(*events, **changes)["lines"]]
