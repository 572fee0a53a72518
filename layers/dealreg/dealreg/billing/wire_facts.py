"""Bodies of standard-webhooks sources that are facts of money themselves, as the ledger takes them.

Every other provider's are translated into them first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from dealreg.billing.model import MAX_BODY, InboxEvent, Source, SourceKind
from dealreg.commissions import history
from dealreg.commissions.facts import Claim, Payment, SaleContent, names_of_deal
from dealreg.commissions.reading import Unreadable, claim_of, faults_of_sale, payment_of
from dealreg.partners.program import Program
from dealreg.platform.errors import InvalidInput
from dealreg.platform.foreign_json import ForeignJsonFault, parse
from dealreg.platform.validation import parse_values

PAYMENT, REFUND, CHARGEBACK = "payment.succeeded", "payment.refunded", "payment.chargeback"
SUBSCRIPTION = "subscription.changed"
TYPES = (PAYMENT, REFUND, CHARGEBACK, SUBSCRIPTION)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose a subscription or a customer is; it moves no money."""

    deal_reference: str
    names: Sequence[tuple[str, str]]


Fact = Payment | Claim | Subscription


def type_of(event: InboxEvent) -> str:
    """Empty for what is no fact of money."""
    if event.kind is not SourceKind.STANDARD_WEBHOOKS:
        return ""
    try:
        content = _parsed(event.body)
    except Unreadable:
        return ""
    said = content.get("type")
    return said if isinstance(said, str) and said in TYPES else ""


def read(event: InboxEvent, source: Source, program: Program) -> list[Fact]:
    """Raises Unreadable, which says why."""
    content = _parsed(event.body)
    try:
        said = parse_values(history.EVENTS[content["type"]], {**content, "id": event.id})
    except InvalidInput as refused:
        raise Unreadable(" ".join(f"{fault.field}: {fault.message}" for fault in refused.errors)) from None
    match said:
        case history.PaymentEvent():
            if faults := [f"data.{at}: {message}" for at, message in faults_of_sale(said.data)]:
                raise Unreadable(" ".join(faults))
            payment = payment_of(said, event.received_at)
            return [replace(payment, content=_offered(payment.content, source, program))]
        case history.RefundEvent() | history.ChargebackEvent():
            return [claim_of(said, event.received_at)]
        case history.SubscriptionEvent():
            return [Subscription(said.data.deal_id or "", names_in(said.data))]
        case _:
            raise Unreadable


def names_in(said: history.SubscriptionData) -> list[tuple[str, str]]:
    return names_of_deal(said.subscription_id, said.customer.billing_id if said.customer else None)


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        content = parse(body, max_bytes=MAX_BODY)
    except ForeignJsonFault:
        raise Unreadable("The body is not JSON, or it has more or stranger things in it than we take.") from None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _offered(content: SaleContent | None, source: Source, program: Program) -> SaleContent | None:
    """With the program's products, and their families as they are now: later changes move nothing that was sold."""
    if content is None:
        return None
    named = [source.products.get(line.product or "", line.product) for line in content.lines]
    known = [program.product(name) if name else None for name in named]
    lines = [
        replace(line, product=name, family=product.family if product else None)
        for line, name, product in zip(content.lines, named, known, strict=True)
    ]
    return replace(content, lines=tuple(lines))
