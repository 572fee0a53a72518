"""What the facts of a billing event say, for a person who is to tell which deal it means. Pure.

They come from senders: what is missing or of another form is left out.
"""

from collections.abc import Mapping
from typing import Any

from dealreg.platform.foreign_json import list_in, object_in
from dealreg.platform.money import parse_money
from dealreg.platform.text import money, one_line

_TITLES = {
    "payment.succeeded": "A payment",
    "payment.refunded": "Money went back",
    "payment.chargeback": "A chargeback",
    "deal.closed_won": "A deal was won",
    "subscription.changed": "A subscription changed",
}
_KINDS = {"new": "a first sale", "renewal": "a renewal", "change": "a change", "one_off": "a single sale"}
_MOST_LINES = 20
Rows = list[tuple[str, str]]


def title(fact: Mapping[str, Any]) -> str:
    return _TITLES.get(str(fact.get("type")), "Something else")


def rows(fact: Mapping[str, Any]) -> Rows:
    """Names and values in the order in which they are read; only what there is."""
    data = object_in(fact.get("data"))
    sale = object_in(data.get("sale"))
    currency = _text(object_in(data.get("amount")).get("currency"))
    found: Rows = [
        ("Amount", _amount(data.get("amount"))),
        *_of_customer(object_in(data.get("customer")) or object_in(sale.get("customer"))),
        ("Deal named", _text(data.get("deal_id")) or _text(data.get("deal_number")) or _text(sale.get("deal_id"))),
        *_of_sale(sale, currency),
        ("Sale", _text(data.get("sale_id"))),
        ("Subscription", _text(data.get("subscription_id")) or _text(sale.get("subscription_id"))),
        ("Payment", _text(data.get("payment_id"))),
        ("State", _text(data.get("status"))),
        *((name, _text(data.get(field))) for name, field in _MOMENTS),
    ]
    return [(name, value) for name, value in found if value]


_MOMENTS = (
    ("Paid", "paid_at"),
    ("Went back", "refunded_at"),
    ("Opened", "opened_at"),
    ("Closed", "closed_at"),
    ("Ends", "ends_at"),
)


def _of_customer(customer: Mapping[str, Any]) -> Rows:
    return [
        ("Customer", _text(customer.get("name"))),
        ("E-mail", _text(customer.get("email"))),
        ("Tax id", _text(customer.get("tax_id"))),
        ("Customer at the sender", _text(customer.get("billing_id"))),
    ]


def _of_sale(sale: Mapping[str, Any], currency: str) -> Rows:
    """Its amounts are in the currency of the payment."""

    def shown(amount: object) -> str:
        return _amount({"amount": amount, "currency": currency})

    lines = [object_in(line) for line in list_in(sale.get("lines"))[:_MOST_LINES]]
    sold = [f"{_text(line.get('product')) or 'No product'}: {shown(line.get('amount'))}" for line in lines]
    kind = _KINDS.get(str(sale.get("kind")), "")
    return [
        ("Sale", ", ".join(filter(None, (_text(sale.get("id")), kind)))),
        ("Total with tax", shown(sale.get("total"))),
        ("Tax", shown(sale.get("tax"))),
        ("Sold", "\n".join(sold)),
    ]


def _amount(value: object) -> str:
    given = object_in(value)
    try:
        return money(parse_money(_text(given.get("amount")), _text(given.get("currency")), signed=True))
    except ValueError:
        return ""


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""
