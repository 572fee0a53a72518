"""Bodies are strangers': whatever is in them, and in what their APIs answer, the translation says something."""

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.billing.facts import Translated
from dealreg.billing.model import SourceKind
from dealreg.billing.providers import translate
from dealreg.commissions import history
from dealreg.commissions.reading import claim_of, payment_of
from dealreg.platform.foreign_json import list_in, object_in
from dealreg.platform.validation import parse_values
from tests.unit.billing.providers import (
    test_chargebee,
    test_paddle,
    test_recurly,
    test_standard_webhooks,
    test_stripe,
    test_zuora,
)  # fmt: skip
from tests.unit.billing.providers.senders import RECEIVED, over_the_wire, source

Sample = tuple[SourceKind, Any, dict[str, Any]]
"""Of a kind of source: a body, and what its API answers."""


def samples() -> Iterator[Sample]:
    for kind, data in test_standard_webhooks.SAMPLES.items():
        yield SourceKind.STANDARD_WEBHOOKS, test_standard_webhooks.event(kind, data), {}
    stripe: dict[str, Any] = {
        "invoice.paid": test_stripe.INVOICE,
        "invoice.updated": test_stripe.OLDER,
        "invoice_payment.paid": test_stripe.INVOICE_PAYMENT,
        "checkout.session.completed": test_stripe.SESSION,
        "refund.updated": test_stripe.REFUND,
        "charge.refunded": {"id": "ch_1", "refunds": {"data": [test_stripe.REFUND]}},
        "charge.dispute.closed": test_stripe.DISPUTE | {"status": "lost"},
        "customer.subscription.updated": test_stripe.SUBSCRIPTION | {"cancel_at_period_end": True},
    }
    for kind, content in stripe.items():
        yield SourceKind.STRIPE, test_stripe.event(kind, content), {}
    paddle: dict[str, Any] = {
        "transaction.paid": test_paddle.TRANSACTION,
        "adjustment.updated": test_paddle.ADJUSTMENT,
        "adjustment.created": test_paddle.ADJUSTMENT | {"action": "chargeback"},
        "subscription.created": test_paddle.SUBSCRIPTION,
    }
    for kind, data in paddle.items():
        yield SourceKind.PADDLE, test_paddle.event(kind, data), {}
    yield from fetched_samples()


def fetched_samples() -> Iterator[Sample]:
    chargebee: dict[str, Any] = {
        "payment_succeeded": test_chargebee.CONTENT,
        "payment_refunded": {"transaction": test_chargebee.REFUND},
        "payment_failed": {"transaction": test_chargebee.TRANSACTION | {"status": "voided"}},
        "subscription_created": test_chargebee.CONTENT,
        "subscription_cancelled": test_chargebee.CONTENT,
    }
    for kind, content in chargebee.items():
        event = {"id": "ev_1", "occurred_at": test_stripe.SAID_UNIX, "event_type": kind, "content": content}
        yield SourceKind.CHARGEBEE, test_chargebee.POSTED, {test_chargebee.PATH: {"event": event}}
    recurly = {
        "/invoices/inv_1": test_recurly.INVOICE,
        "/subscriptions/sub_1": test_recurly.SUBSCRIPTION,
        "/accounts/acc_1": test_recurly.ACCOUNT,
        "/transactions/txn_2": test_recurly.TRANSACTION,
    }
    for kind, event, object_id in [
        ("charge_invoice", "paid", "inv_1"),
        ("payment", "refunded", "txn_2"),
        ("subscription", "created", "sub_1"),
        ("subscription", "canceled", "sub_1"),
    ]:
        yield SourceKind.RECURLY, test_recurly.posted(kind, event, object_id), recurly
    for kind in test_zuora.POSTED:
        yield SourceKind.ZUORA, test_zuora.posted(kind), test_zuora.API


SAMPLES = list(samples())
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBERS = st.integers(-(10**37), 10**37) | st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.just(Decimal("1e-390"))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


def paths_in(content: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    inner = [*object_in(content).items(), *enumerate(list_in(content))]
    for key, value in inner:
        yield from paths_in(value, (*here, key))


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    whole = copy.deepcopy(content)
    part = whole
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return whole


def says_something(found: Translated) -> None:
    """One of the four, which can be kept as JSON; and the engine reads each fact."""
    assert sum(bool(part) for part in (found.facts, found.ignored, found.unreadable, found.needs)) == 1
    json.dumps(found.facts)
    for fact in found.facts:
        said: Any = parse_values(history.EVENTS[fact["type"]], {**fact, "id": "event", "timestamp": fact["timestamp"]})
        said = said.model_copy(update={"timestamp": RECEIVED})
        if isinstance(said, history.PaymentEvent):
            payment_of(said)
        elif isinstance(said, history.RefundEvent | history.ChargebackEvent):
            claim_of(said)


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{kind}-{number}" for number, (kind, _, _) in enumerate(SAMPLES)])
def test_every_sample_is_facts_as_it_stands(sample: Sample) -> None:
    kind, body, fetched = sample
    found = translate(source(kind), over_the_wire(body), received_at=RECEIVED, fetched=over_the_wire(fetched))
    assert found.facts
    says_something(found)


@given(sample=st.sampled_from(SAMPLES), data=st.data(), value=ANYTHING)
def test_a_body_or_an_answer_with_anything_in_it_is_facts_or_says_why_not(
    sample: Sample, data: st.DataObject, value: Any
) -> None:
    kind, body, fetched = sample
    whole = over_the_wire([body, fetched])
    path = data.draw(st.sampled_from([path for path in paths_in(whole) if len(path) > 1 or path == (0,)]))
    body, fetched = changed(whole, path, value)
    says_something(translate(source(kind, api_key="key"), body, received_at=RECEIVED, fetched=fetched))


@given(kind=st.sampled_from(list(SourceKind)), body=ANYTHING, fetched=st.dictionaries(TEXTS, ANYTHING, max_size=2))
def test_anything_at_all_says_something(kind: SourceKind, body: Any, fetched: dict[str, Any]) -> None:
    says_something(translate(source(kind), body, received_at=RECEIVED, fetched=fetched))
