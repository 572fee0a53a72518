"""Zuora's invoices, with their items and the account that they are for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from dealreg.billing.facts import Line, Names, Sale, less
from dealreg.billing.providers.event import Event, read
from dealreg.billing.providers.parts import CamelPart, Currency, Exact, Shown, deal_in, of_major, path_of
from dealreg.commissions.facts import Kind
from dealreg.platform.foreign_json import object_in
from dealreg.platform.money import Money

_CUSTOM = "__c"
"""How Zuora ends the names of its users' own fields."""
_MOST_PAGES = 30
_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def _time(value: object) -> object:
    """A day, or a time with or without its zone."""
    if value is None:
        return None
    written = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    try:
        if written and "1970" < written[1][:4] < "2200":
            text = f"{written[1]}T{written[2] or '00:00:00'}{written[3] or '+00:00'}"
            return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:  # the 30th of February
        pass
    raise ValueError("Write the time as 2026-11-27 10:00:00.")


ZuoraTime = Annotated[datetime | None, BeforeValidator(_time)]


def day_at(day: datetime | None, created: datetime | None, said: datetime) -> datetime:
    """A day is told without its time: the time at which it was put in, if that is of the same day."""
    at = created if created and day and created.date() == day.date() else day
    return at or created or said


def deal_of(*fields: Mapping[str, Any]) -> str | None:
    """The deal, from fields of users' own."""
    return deal_in(*({name.removesuffix(_CUSTOM): value for name, value in one.items()} for one in fields))


class _Invoice(CamelPart):
    id: str
    account_id: Shown = None
    currency: Currency
    amount: Exact
    balance: Exact
    tax_amount: Exact | None = None


class _Item(CamelPart):
    charge_amount: Exact
    tax_amount: Exact | None = None
    product_rate_plan_charge_id: Shown = None
    product_name: Shown = None
    subscription_name: Shown = None
    service_start_date: ZuoraTime = None


class _Items(CamelPart):
    invoice_items: list[_Item]
    next_page: Shown = None


class _Subscription(CamelPart):
    subscription_number: str
    account_id: Shown = None
    subscription_start_date: ZuoraTime = None
    subscription_end_date: ZuoraTime = None
    term_end_date: ZuoraTime = None


class _Basic(CamelPart):
    id: Shown = None
    name: Shown = None


class _Contact(CamelPart):
    work_email: Shown = None


class _Tax(CamelPart):
    vat_id: Annotated[Shown, Field(alias="VATId")] = None


class _Account(CamelPart):
    basic_info: _Basic
    bill_to_contact: _Contact | None = None
    tax_info: _Tax | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    names: Names
    account_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Billed:
    sale: Sale
    names: Names
    paid: Money


def invoice_at(event: Event, invoice_id: str) -> Billed:
    """Raises Needed."""
    path = path_of("v1", "invoices", invoice_id)
    content = event.answer(path, lambda answer: answer.get("id") == invoice_id)
    said = read(_Invoice, content, "invoice")
    items = _items(event, invoice_id)
    number = next((item.subscription_name for item in items if item.subscription_name), None)
    subscription = subscription_at(event, number) if number else None

    def money(amount: Any, field: str) -> Money:
        return of_major(amount, said.currency, f"invoice.{field}")

    tax = sum(item.tax_amount or 0 for item in items) if said.tax_amount is None else said.tax_amount
    lines = [
        Line(
            money(item.charge_amount, f"items.{place}.chargeAmount"),
            event.product(item.product_rate_plan_charge_id, item.product_name),
        )
        for place, item in enumerate(items)
    ]
    total = money(said.amount, "amount")
    names = Names(deal_of(content)).or_else(subscription.names if subscription else Names())
    names = names.or_else(of_account(event, said.account_id)) if said.account_id else names
    sale = Sale(said.id, _kind(items, subscription), total, money(tax, "taxAmount"), lines)
    return Billed(sale, names, less(total, money(said.balance, "balance")))


def _kind(items: Sequence[_Item], subscription: Subscription | None) -> Kind:
    """New is what is served from the subscription's first day on."""
    if subscription is None:
        return "one_off"
    starts = [item.service_start_date for item in items if item.service_start_date]
    is_new = starts and subscription.starts_at and min(starts) <= subscription.starts_at
    return "new" if is_new else "renewal"


def subscription_at(event: Event, key: str) -> Subscription:
    """By its id or number. Raises Needed."""
    path = path_of("v1", "subscriptions", key)
    content = event.answer(path, lambda answer: isinstance(answer.get("subscriptionNumber"), str))
    said = read(_Subscription, content, "subscription")
    names = Names(deal_of(content), said.subscription_number)
    ends_at = said.subscription_end_date or said.term_end_date
    return Subscription(names, said.account_id, said.subscription_start_date, ends_at)


def _items(event: Event, invoice_id: str) -> list[_Item]:
    """Raises Needed."""
    base = path_of("v1", "invoices", invoice_id, "items")
    found: list[_Item] = []
    path = f"{base}?pageSize=40"
    for _ in range(_MOST_PAGES):
        page = read(_Items, event.answer(path, lambda it: isinstance(it.get("invoiceItems"), list)), "items")
        found += page.invoice_items
        following = urlsplit(page.next_page or "")
        if following.path != base:
            break
        path = f"{base}?{following.query}"
    return found


def of_account(event: Event, key: str) -> Names:
    """By its id or number. Raises Needed."""
    content = event.answer(path_of("v1", "accounts", key), lambda answer: isinstance(answer.get("basicInfo"), dict))
    said = read(_Account, content, "account")
    return Names(
        deal_of(object_in(content["basicInfo"])),
        None,
        said.basic_info.id,
        said.basic_info.name,
        said.bill_to_contact.work_email if said.bill_to_contact else None,
        said.tax_info.vat_id if said.tax_info else None,
    )
