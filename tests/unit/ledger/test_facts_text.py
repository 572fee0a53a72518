"""Facts as a sale's row keeps them: whatever they say is read again, and the same facts are the same bytes."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dealreg.commissions.facts import Claim, Payment, SaleContent, SaleLine
from dealreg.ledger.facts_text import pack, unpack
from dealreg.ledger.ids import claim_of_source, payment_of_source

SOURCE = "bsrc_1"
names = st.text("abc_1é€", min_size=1, max_size=4)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds are naive
amounts = st.integers(0, 10**6)
maybe = st.none() | names
contents = st.builds(
    SaleContent,
    id=names,
    kind=st.sampled_from(["new", "renewal", "change", "one_off"]),
    currency=st.sampled_from(["EUR", "JPY"]),
    total=amounts,
    tax=amounts,
    lines=st.lists(st.builds(SaleLine, st.integers(-100, 100), maybe, maybe), max_size=3).map(tuple),
    deal_id=maybe,
    subscription_id=maybe,
    billing_id=maybe,
)
payments = st.builds(
    Payment,
    id=names,
    sale_id=names,
    amount=amounts,
    currency=st.sampled_from(["EUR", "JPY"]),
    paid_at=moments,
    said_at=moments,
    event_id=names,
    also=st.lists(names, max_size=2).map(tuple),
    cumulative=st.booleans(),
    content=st.none() | contents,
    reading=st.integers(0, 3),
)
claims = st.builds(
    Claim,
    kind=st.sampled_from(["refund", "chargeback"]),
    id=names,
    status=st.sampled_from(["pending", "succeeded", "lost"]),
    amount=amounts,
    currency=st.sampled_from(["EUR", "JPY"]),
    at=moments,
    said_at=moments,
    event_id=names,
    payment_id=maybe,
    sale_id=maybe,
    closed_at=st.none() | moments,
)


@given(
    paid=st.lists(payments, max_size=4, unique_by=lambda one: one.id),
    back=st.lists(claims, max_size=3, unique_by=lambda one: (one.kind, one.id)),
)
def test_what_is_kept_is_what_was_said(paid: list[Payment], back: list[Claim]) -> None:
    facts = [payment_of_source(one, SOURCE) for one in paid]
    taken = [claim_of_source(one, SOURCE) for one in back]
    kept = pack(facts, taken)
    assert kept == pack(facts[::-1], taken[::-1])
    read, took = unpack(kept, SOURCE)
    assert sorted(read, key=lambda one: one.id) == sorted(facts, key=lambda one: one.id)
    assert sorted(took, key=lambda one: (one.kind, one.id)) == sorted(taken, key=lambda one: (one.kind, one.id))


@given(one=payments, other=payments, content=contents)
def test_payments_of_one_content_keep_it_once(one: Payment, other: Payment, content: SaleContent) -> None:
    both = [
        payment_of_source(replace(each, id=name, content=content), SOURCE) for each, name in ((one, "1"), (other, "2"))
    ]
    assert {each.content for each in unpack(pack(both, []), SOURCE)[0]} == {both[0].content}
