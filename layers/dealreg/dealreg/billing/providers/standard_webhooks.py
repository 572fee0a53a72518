"""Senders of Standard Webhooks write the facts themselves: only what may be written in two ways is put into one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dealreg.billing.facts import Fact, Names, Translated, Unreadable, moment
from dealreg.billing.providers.event import Event, Handler, dispatch
from dealreg.billing.providers.parts import deal_in, shown, written
from dealreg.platform.foreign_json import list_in, object_in

_WON = "deal.closed_won"
_SALE = ("id", "kind", "total", "tax", "lines", "subscription_id", "customer")
_CUSTOMER = ("billing_id", "name", "email", "tax_id")


def translate(event: Event) -> Translated:
    return dispatch(HANDLERS, event)


def _told(event: Event, *members: str, required: tuple[str, ...] = ()) -> Translated:
    data = event.body.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data: Give an object.")
    said = object_in(data)
    if missing := [name for name in required if said.get(name) is None]:
        raise Unreadable(" ".join(f"data.{name}: This is required." for name in missing))
    told = {name: _member(event, name, said[name]) for name in members if name in said}
    if "deal_id" in members:
        told["deal_id"] = deal_in(said)
    timestamp = event.body.get("timestamp", moment(event.received_at))
    fact: Fact = {"type": event.type_name, "timestamp": timestamp, "data": told}
    return Translated(event.type_name, (fact,), _names(object_in(told.get("sale")) or told))


def _member(event: Event, name: str, value: Any) -> Any:
    match name:
        case "amount":
            return _money(event, value)
        case "sale" if isinstance(value, dict):
            return _sale(event, object_in(value))
        case "customer" if isinstance(value, dict):
            return {name: shown(object_in(value).get(name)) for name in _CUSTOMER}
        case _:
            return value


def _sale(event: Event, said: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: _member(event, name, said[name]) for name in _SALE if name in said}
    if isinstance(told.get("lines"), list):
        told["lines"] = [_line(event, line) for line in list_in(told["lines"])]
    return told | {"deal_id": deal_in(said)}


def _line(event: Event, line: Any) -> Any:
    if not isinstance(line, dict):
        return line
    told = {name: value for name, value in object_in(line).items() if name in ("product", "amount")}
    if isinstance(product := told.get("product"), str):
        told["product"] = event.product(product, None)
    return told


def _money(event: Event, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    said = object_in(value)
    told = {name: said[name] for name in ("amount", "currency") if name in said}
    if event.type_name == _WON:
        told["amount"] = _amount(told.get("amount"))
    if isinstance(currency := told.get("currency"), str):
        told["currency"] = currency.strip().upper()
    return told


def _amount(value: Any) -> Any:
    """Of a won deal a number may stand where a decimal text should. Of money that pays somebody none may: 11900 could
    be cents.
    """
    return written(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _names(said: Mapping[str, Any]) -> Names:
    customer = object_in(said.get("customer"))
    named = {name: shown(customer.get(name)) for name in _CUSTOMER}
    return Names(said.get("deal_id"), shown(said.get("subscription_id")), **named)


def _payment(event: Event) -> Translated:
    return _told(event, "payment_id", "also", "cumulative", "amount", "paid_at", "sale", "sale_id")


def _refund(event: Event) -> Translated:
    return _told(event, "refund_id", "payment_id", "sale_id", "amount", "refunded_at", "status")


def _chargeback(event: Event) -> Translated:
    named = ("chargeback_id", "payment_id", "sale_id")
    return _told(event, *named, "amount", "opened_at", "closed_at", "status")


def _closed_won(event: Event) -> Translated:
    return _told(event, "deal_id", "amount", "customer", "subscription_id", required=("amount",))


def _subscription(event: Event) -> Translated:
    return _told(event, "subscription_id", "deal_id", "customer", "status", "ends_at")


HANDLERS: Mapping[str, Handler] = {
    "payment.succeeded": _payment,
    "payment.refunded": _refund,
    "payment.chargeback": _chargeback,
    _WON: _closed_won,
    "subscription.changed": _subscription,
}
