"""What is kept of the facts of one sale: short JSON, compressed, so that a sale's row seldom fills a second kilobyte.

Ids are the provider's own; the source is in the row's key. Pure.
"""

import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dealreg.commissions.facts import Claim, Payment, SaleContent, SaleLine
from dealreg.ledger.ids import claim_of_source, payment_of_source, provider_id_of

Written = Mapping[str, Any]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class _Kept:
    """How a field is kept. What is empty is left out, and read as the field's default."""

    name: str
    write: Callable[[Any], Any] = _same
    read: Callable[[Any], Any] = _same


def _id(name: str) -> _Kept:
    return _Kept(name, lambda qualified_id: provider_id_of(qualified_id or ""))


def _moment(name: str) -> _Kept:
    return _Kept(name, lambda at: at and at.isoformat(), datetime.fromisoformat)


_PAYMENT: Mapping[str, _Kept] = {
    "id": _id("id"),
    "sale_id": _id("sale"),
    "amount": _Kept("amount"),
    "currency": _Kept("currency"),
    "paid_at": _moment("paid_at"),
    "said_at": _moment("said_at"),
    "event_id": _Kept("event"),
    "also": _Kept("also", lambda names: [provider_id_of(name) for name in names], tuple),
    "cumulative": _Kept("cumulative"),
    "reading": _Kept("reading"),
}
"""Without its content: payments of one sale mostly share it."""
_CONTENT: Mapping[str, _Kept] = {
    "id": _id("id"),
    "kind": _Kept("kind"),
    "currency": _Kept("currency"),
    "total": _Kept("total"),
    "tax": _Kept("tax"),
    "lines": _Kept(
        "lines",
        lambda lines: [[line.amount, line.product, line.family] for line in lines],
        lambda lines: tuple(SaleLine(*line) for line in lines),
    ),
    "deal_id": _Kept("deal"),
    "subscription_id": _id("subscription"),
    "billing_id": _id("customer"),
}
_NO_LINES: Mapping[str, Any] = {"lines": ()}
_CLAIM: Mapping[str, _Kept] = {
    "kind": _Kept("kind"),
    "id": _id("id"),
    "status": _Kept("status"),
    "amount": _Kept("amount"),
    "currency": _Kept("currency"),
    "at": _moment("at"),
    "said_at": _moment("said_at"),
    "event_id": _Kept("event"),
    "payment_id": _id("payment"),
    "sale_id": _id("sale"),
    "closed_at": _moment("closed_at"),
}


def pack(payments: Collection[Payment], claims: Collection[Claim]) -> bytes:
    """In the order of ids, so that the same facts are the same bytes."""
    contents: list[Written] = []
    paid = [_payment(one, contents) for one in sorted(payments, key=lambda one: one.id)]
    went_back = [_written(one, _CLAIM) for one in sorted(claims, key=lambda one: (one.kind, one.id))]
    told = {"contents": contents, "payments": paid, "claims": went_back}
    return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def unpack(packed: bytes, source_id: str) -> tuple[list[Payment], list[Claim]]:
    told: Mapping[str, list[Any]] = json.loads(zlib.decompress(packed))
    contents = [SaleContent(**{**_NO_LINES, **_read(one, _CONTENT)}) for one in told["contents"]]
    payments = [payment_of_source(_read_payment(one, contents), source_id) for one in told["payments"]]
    return payments, [claim_of_source(Claim(**_read(one, _CLAIM)), source_id) for one in told["claims"]]


def _payment(of: Payment, contents: list[Written]) -> Written:
    if of.content is None:
        return _written(of, _PAYMENT)
    content = _written(of.content, _CONTENT)
    if content not in contents:
        contents.append(content)
    return {**_written(of, _PAYMENT), "content": contents.index(content)}


def _read_payment(told: Written, contents: Sequence[SaleContent]) -> Payment:
    place: int | None = told.get("content")
    return Payment(**_read(told, _PAYMENT), content=None if place is None else contents[place])


def _written(of: Payment | SaleContent | Claim, fields: Mapping[str, _Kept]) -> Written:
    """An amount or a tax of 0 is something."""
    told = {kept.name: kept.write(getattr(of, name)) for name, kept in fields.items()}
    return {name: value for name, value in told.items() if value or type(value) is int}


def _read(told: Written, fields: Mapping[str, _Kept]) -> dict[str, Any]:
    return {name: kept.read(told[kept.name]) for name, kept in fields.items() if kept.name in told}
