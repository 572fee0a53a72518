"""Sales in other currencies wait for a rate of their day, and what was converted stays."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest

from commissions.ledger_api import handler
from dealreg.billing.model import EventStatus, Reason
from dealreg.commissions import plan_store
from dealreg.deals.model import Deal
from dealreg.ledger import rates, rows
from tests.integration.aws_calls import lose_race_to
from tests.integration.billing import test_money as money
from tests.integration.billing.conftest import Post
from tests.integration.billing.sales import outcome
from tests.samples import content, sample

DOLLARS = {"amount": "119.00", "currency": "USD"}
FOLDER = "commissions-ledger-api"


@pytest.fixture(autouse=True)
def plan(aws: None) -> None:
    plan_store.add("standard", money.PLAN, "2026-01-01T00:00:00.000Z", "test")


def save(day: str, rate: str = "0.5", source: str = "USD", into: str = "EUR") -> dict[str, Any]:
    items = [{"date": day, "from": source, "to": into, "rate": rate}]
    return handler(sample(f"{FOLDER}/save-rates", body={"items": items}), None)


def test_a_sale_waits_for_a_rate_of_its_day_and_counts_when_there_is_one(
    approved: Deal, post: Post, now: datetime
) -> None:
    back = money.refund(amount={"amount": "59.50", "currency": "USD"})
    early, claim = post(money.payment(amount=DOLLARS)), post(back, "msg_2")
    assert outcome(early) == (EventStatus.WAITING, Reason.NO_RATE)
    assert save("2026-11-12")["statusCode"] == 204
    money.swept(now)
    assert outcome(early) == (EventStatus.WAITING, Reason.NO_RATE), "that one is too old"
    assert save("2026-11-19")["statusCode"] == 204
    money.swept(now)
    assert outcome(early) == outcome(claim) == money.APPLIED
    assert money.earned(approved) == 525


def test_what_is_in_another_currency_than_its_sale_is_kept_for_a_person(approved: Deal, post: Post) -> None:
    post(money.payment())
    back = post(money.refund(amount={"amount": "59.50", "currency": "USD"}), "msg_2")
    assert outcome(back) == (EventStatus.UNMATCHED, Reason.OTHER_CURRENCY)
    assert money.earned(approved) == 2100


def test_what_was_converted_stays(approved: Deal, post: Post) -> None:
    save("2026-11-19")
    post(money.payment(amount=DOLLARS))
    refused = save("2026-11-20", "0.6")
    assert refused["statusCode"] == 409
    assert "2026-11-20" in content(refused)["detail"]
    assert save("2026-11-21", "0.6")["statusCode"] == 204
    post(money.refund(amount={"amount": "59.50", "currency": "USD"}), "msg_2")
    assert money.lines_of(approved)[2:] == ["3 clawback -5.00", "4 clawback -0.25"]


def test_rates_are_listed_by_pair_and_day(aws: None) -> None:
    for day in ("2026-11-20", "2026-11-19"):
        save(day)
    listed = content(handler(sample(f"{FOLDER}/list-rates"), None))["items"]
    assert [(one["date"], one["from"], one["to"], one["rate"]) for one in listed] == [
        ("2026-11-19", "USD", "EUR", "0.5"),
        ("2026-11-20", "USD", "EUR", "0.5"),
    ]


@pytest.mark.parametrize(("rate", "into"), [("0", "EUR"), ("0.12345678901", "EUR"), ("-1", "EUR"), ("1", "USD")])
def test_a_rate_is_more_than_nothing_and_of_two_currencies(rate: str, into: str, aws: None) -> None:
    assert save("2026-11-20", rate, into=into)["statusCode"] == 422


OTHER_CURRENCY = (EventStatus.UNMATCHED, Reason.OTHER_CURRENCY)


class TestSalesOfSeveralCurrencies:
    """A sale is in the currency of its earliest payment that says what was sold; the rest is left to a person."""

    def test_a_later_payment_in_another_currency_does_not_silence_the_first(self, approved: Deal, post: Post) -> None:
        save("2026-11-19")
        first = post(money.payment())
        other = post(money.payment(payment_id="pay_2", amount=DOLLARS, paid_at="2026-11-20T11:00:00Z"), "msg_2")
        assert (outcome(first), outcome(other)) == (money.APPLIED, OTHER_CURRENCY)
        assert money.earned(approved) == 2100

    def test_order_decides_nothing_and_what_counts_no_more_says_so(self, approved: Deal, post: Post) -> None:
        save("2026-11-19")
        back = money.refund(payment_id="pay_2", amount={"amount": "59.50", "currency": "USD"})
        other = post(money.payment(payment_id="pay_2", amount=DOLLARS, paid_at="2026-11-20T11:00:00Z"), "msg_2")
        claim = post(back, "msg_3")
        assert outcome(other) == outcome(claim) == money.APPLIED
        first = post(money.payment(), "msg_1")
        assert (outcome(first), outcome(other), outcome(claim)) == (money.APPLIED, OTHER_CURRENCY, OTHER_CURRENCY)
        assert money.earned(approved) == 2100

    def test_what_was_kept_for_a_person_counts_when_its_sale_is_corrected(self, approved: Deal, post: Post) -> None:
        save("2026-11-19")
        post(money.payment(amount=DOLLARS))
        other = post(money.payment(payment_id="pay_2", paid_at="2026-11-20T11:00:00Z"), "msg_2")
        assert outcome(other) == OTHER_CURRENCY
        corrected = money.payment().replace(b"10:00:05Z", b"10:00:06Z")
        assert outcome(post(corrected, "msg_3")) == outcome(other) == money.APPLIED
        assert money.earned(approved) == 2100


def test_two_rates_of_one_day_and_pair_are_refused(aws: None) -> None:
    items = [{"date": "2026-11-20", "from": "USD", "to": "EUR", "rate": rate} for rate in ("0.5", "0.6")]
    refused = handler(sample(f"{FOLDER}/save-rates", body={"items": items}), None)
    assert refused["statusCode"] == 422
    (fault,) = content(refused)["errors"]
    assert (fault["field"], fault["message"]) == ("items", "Two rates from USD to EUR of 2026-11-20: name one.")


class TestAtTheSameInstant:
    """What is decided is decided on the rates as they were read."""

    @pytest.fixture
    def rate(self) -> rates.DayRatesInput:
        return rates.DayRatesInput.model_validate_json(
            '{"items": [{"date": "2026-11-20", "from": "USD", "to": "EUR", "rate": "0.6"}]}'
        )

    def test_a_rate_that_is_saved_while_a_sale_is_converted_by_an_older_one_counts(
        self,
        approved: Deal,
        post: Post,
        rate: rates.DayRatesInput,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        save("2026-11-19")
        post(money.payment())  # the deal is won
        with monkeypatch.context() as patch:
            lose_race_to(patch, partial(rates.save, rate, "test", now), rows.table())
            post(money.payment("in_2", amount=DOLLARS), "msg_2")
        assert money.lines_of(approved)[2:] == ["3 accrual 12.00", "4 accrual 0.60"]

    def test_a_sale_does_not_begin_to_wait_for_a_rate_that_has_come(
        self,
        approved: Deal,
        post: Post,
        rate: rates.DayRatesInput,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        post(money.payment())
        with monkeypatch.context() as patch:
            lose_race_to(patch, partial(rates.save, rate, "test", now), rows.table())
            paid = post(money.payment("in_2", amount=DOLLARS), "msg_2")
        assert outcome(paid) == money.APPLIED
