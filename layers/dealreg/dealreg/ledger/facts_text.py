"""What is kept of the facts of one sale: short JSON, compressed, so that a sale's row seldom fills a second kilobyte.

Ids are the provider's own; the source is in the row's key. Pure.
"""

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions.facts import Claim, Payment, SaleContent, SaleLine
from dealreg.ledger.ids import claim_of_source, payment_of_source, provider_id_of

Written = Mapping[str, Any]


def pack(payments: Collection[Payment], claims: Collection[Claim]) -> bytes:
    """In the order of ids, so that the same facts are the same bytes."""
    contents: list[Written] = []
    paid = [_payment(one, contents) for one in sorted(payments, key=lambda one: one.id)]
    went_back = [_claim(one) for one in sorted(claims, key=lambda one: (one.kind, one.id))]
    told = {"contents": contents, "payments": paid, "claims": went_back}
    return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def unpack(packed: bytes, source_id: str) -> tuple[list[Payment], list[Claim]]:
    told: Mapping[str, list[Any]] = json.loads(zlib.decompress(packed))
    contents = [_read_content(one) for one in told["contents"]]
    payments = [payment_of_source(_read_payment(one, contents), source_id) for one in told["payments"]]
    return payments, [claim_of_source(_read_claim(one), source_id) for one in told["claims"]]


def _payment(of: Payment, contents: list[Written]) -> Written:
    content = _content(of.content) if of.content else None
    if content is not None and content not in contents:
        contents.append(content)
    told: dict[str, Any] = {
        "id": provider_id_of(of.id),
        "sale": provider_id_of(of.sale_id),
        "amount": of.amount,
        "currency": of.currency,
        "paid_at": of.paid_at.isoformat(),
        "said_at": of.said_at.isoformat(),
        "event": of.event_id,
        "also": [provider_id_of(name) for name in of.also],
        "cumulative": of.cumulative,
        "reading": of.reading,
        "content": None if content is None else contents.index(content),
    }
    return _short(told)


def _read_payment(told: Written, contents: Sequence[SaleContent]) -> Payment:
    content: int | None = told.get("content")
    return Payment(
        id=told["id"],
        sale_id=told["sale"],
        amount=told["amount"],
        currency=told["currency"],
        paid_at=datetime.fromisoformat(told["paid_at"]),
        said_at=datetime.fromisoformat(told["said_at"]),
        event_id=told["event"],
        also=tuple(told.get("also", ())),
        cumulative=told.get("cumulative", False),
        content=None if content is None else contents[content],
        reading=told.get("reading", 0),
    )


def _content(of: SaleContent) -> Written:
    told: dict[str, Any] = {
        "id": provider_id_of(of.id),
        "kind": of.kind,
        "currency": of.currency,
        "total": of.total,
        "tax": of.tax,
        "lines": [[line.amount, line.product, line.family] for line in of.lines],
        "deal": of.deal_id,
        "subscription": provider_id_of(of.subscription_id or ""),
        "customer": provider_id_of(of.billing_id or ""),
    }
    return _short(told)


def _read_content(told: Written) -> SaleContent:
    return SaleContent(
        id=told["id"],
        kind=told["kind"],
        currency=told["currency"],
        total=told["total"],
        tax=told["tax"],
        lines=tuple(SaleLine(*line) for line in told.get("lines", ())),
        deal_id=told.get("deal"),
        subscription_id=told.get("subscription"),
        billing_id=told.get("customer"),
    )


def _claim(of: Claim) -> Written:
    told: dict[str, Any] = {
        "kind": of.kind,
        "id": provider_id_of(of.id),
        "status": of.status,
        "amount": of.amount,
        "currency": of.currency,
        "at": of.at.isoformat(),
        "said_at": of.said_at.isoformat(),
        "event": of.event_id,
        "payment": provider_id_of(of.payment_id or ""),
        "sale": provider_id_of(of.sale_id or ""),
        "closed_at": of.closed_at.isoformat() if of.closed_at else None,
    }
    return _short(told)


def _read_claim(told: Written) -> Claim:
    return Claim(
        kind=told["kind"],
        id=told["id"],
        status=told["status"],
        amount=told["amount"],
        currency=told["currency"],
        at=datetime.fromisoformat(told["at"]),
        said_at=datetime.fromisoformat(told["said_at"]),
        event_id=told["event"],
        payment_id=told.get("payment"),
        sale_id=told.get("sale"),
        closed_at=datetime.fromisoformat(told["closed_at"]) if "closed_at" in told else None,
    )


def _short(told: Mapping[str, Any]) -> Written:
    """Without what is empty; a tax of 0 is something."""
    return {name: value for name, value in told.items() if value or type(value) is int}
