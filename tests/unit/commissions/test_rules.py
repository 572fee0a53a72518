"""Which rule pays for what: conditions, buckets, windows, additions, versions, currencies and splits."""

import pytest

from tests.unit.commissions.samples import (
    Json,
    amounts,
    answer,
    chargeback,
    history,
    payment,
    plan,
    posted,
    refund,
    rule,
)

FLAT = {"flat": "50.00"}
RATES = [
    {"date": "2026-02-01", "from": "USD", "to": "EUR", "rate": "0.9"},
    {"date": "2026-02-02", "from": "USD", "to": "EUR", "rate": "0.8125"},
    {"date": "2026-02-03", "from": "USD", "to": "EUR", "rate": "0.7"},
]
BOTH = [{"partner_id": "p1", "percent": "75"}, {"partner_id": "p2", "percent": "25"}]
OTHER = [{"partner_id": "p2", "percent": "100"}]


def lines_of(*amounts: tuple[str, str]) -> list[dict[str, str]]:
    return [{"product": product, "family": product[:1], "amount": amount} for product, amount in amounts]


class TestConditions:
    @pytest.mark.parametrize(
        ("when", "pays"),
        [
            ({"tier": ["gold"]}, True),
            ({"tier": ["silver"]}, False),
            ({"type": ["upsell"]}, False),  # the deal has none
            ({"product": ["analytics", "other"]}, True),
            ({"family": ["payments"]}, False),
            ({"kind": ["renewal"]}, False),
            ({"paid": {"from": "2026-02-02", "before": "2026-02-03"}}, True),
            ({"paid": {"before": "2026-02-02"}}, False),
            ({"paid": {"from": "2026-02-02"}}, True),
            ({"paid": {"from": "2026-02-03"}}, False),
            ({"months": {"from": 0}}, True),
            ({"months": {"from": 1}}, False),
            ({"first_sales": 1}, True),
        ],
    )
    def test_all_that_are_given_must_hold(self, when: dict[str, object], pays: bool) -> None:
        found = posted(payment("in_1", "100.00"), plans=[plan(rule(when=when))])
        assert found == (["p1 10.00 payment"] if pays else ["p1 0.00 no_rule"])

    def test_the_first_that_matches_a_line_pays_for_it(self) -> None:
        own = rule(id="own", when={"product": ["a"]}, rate={"percent": "20"})
        sold = payment("in_1", "300.00", lines=lines_of(("a", "100.00"), ("b", "200.00")))
        assert amounts(sold, plans=[plan(own, rule())]) == ["20.00", "20.00"]

    def test_an_addition_pays_on_top(self) -> None:
        more = rule(id="more", adds=True, rate={"percent": "1"})
        assert amounts(payment("in_1", "100.00"), plans=[plan(more, rule())]) == ["1.00", "10.00"]

    def test_an_addition_takes_no_line_from_the_others_and_gives_none_back(self) -> None:
        more = rule(id="more", adds=True, rate={"percent": "1"}, when={"product": ["a"]})
        sold = payment("in_1", "150.00", lines=lines_of(("a", "100.00"), ("b", "50.00")))
        assert amounts(sold, plans=[plan(more, rule(), rule(id="rest"))]) == ["1.00", "15.00"]
        assert amounts(sold, plans=[plan(rule(), more, rule(id="rest"))]) == ["15.00", "1.00"]

    def test_a_credit_is_set_off_against_the_other_rules(self) -> None:
        new, rest = rule(id="new", when={"product": ["a"]}, rate={"percent": "20"}), rule()
        sold = payment("in_1", "60.00", lines=lines_of(("a", "100.00"), ("b", "-40.00")))
        assert amounts(sold, plans=[plan(new, rest)]) == ["12.00"]


class TestWindows:
    def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(self) -> None:
        first = rule(when={"months": {"from": 0, "before": 1}})
        sales = [payment("in_1", "100.00", "2026-01-31"), payment("in_2", "100.00", "2026-02-27")]
        later = payment("in_3", "100.00", "2026-02-28")
        assert amounts(*sales, later, plans=[plan(first)]) == ["10.00", "10.00", "0.00"]

    def test_an_earlier_sale_moves_the_first_out_of_the_window(self) -> None:
        once = rule(when={"first_sales": 1})
        found = answer(payment("in_2", "200.00", "2026-03-01"), payment("in_1", "100.00"), plans=[plan(once)])
        told = [
            (line["sale_id"], line["amount"]["amount"], line["kind"], line["reason_code"]) for line in found["lines"]
        ]
        assert told == [
            ("in_2", "20.00", "accrual", "payment"),
            ("in_1", "10.00", "accrual", "payment"),
            ("in_2", "-20.00", "adjustment", "recalculated"),
        ]

    def test_an_earlier_sale_moves_the_months_of_all(self) -> None:
        year = rule(when={"months": {"before": 12}})
        events = [payment("in_2", "100.00", "2027-02-01"), payment("in_1", "100.00", "2026-02-01")]
        assert posted(*events, plans=[plan(year)]) == [
            "p1 10.00 payment",
            "p1 10.00 payment",
            "p1 -10.00 recalculated",
        ]


class TestVersions:
    def test_new_deals_keep_the_version_of_their_registration(self) -> None:
        of_deals, second = plan(rule()), plan(rule(rate={"percent": "20"}), version=2, effective_from="2026-02-01")
        of_deals["versions"] += second["versions"]
        assert amounts(payment("in_1", "100.00", "2026-03-01"), plans=[of_deals]) == ["10.00"]

    def test_new_payments_take_the_version_of_their_day(self) -> None:
        known = plan(rule())
        known["versions"] += plan(
            rule(rate={"percent": "20"}), version=2, effective_from="2026-03-01", applies_to="new_payments"
        )["versions"]
        events = [payment("in_1", "100.00", "2026-02-28"), payment("in_2", "100.00", "2026-03-01")]
        assert amounts(*events, plans=[known]) == ["10.00", "20.00"]

    def test_without_a_version_the_line_says_so(self) -> None:
        found = answer(payment("in_1", "100.00"), plans=[plan(rule(), effective_from="2026-02-01")])
        (line,) = found["lines"]
        assert (line["reason_code"], line["plan"], line["version"]) == ("no_plan", "standard", None)


class TestCurrencies:
    def test_a_sale_is_converted_by_its_days_rate_and_so_is_its_refund(self) -> None:
        events = [payment("in_1", "100.05", currency="USD"), refund("in_1", "100.05")]
        events[1]["data"]["amount"]["currency"] = "USD"
        assert amounts(*events, exchange_rates=RATES) == ["8.13", "-8.13"]

    def test_a_rate_lasts_seven_days(self) -> None:
        days = [
            payment("in_1", "100.00", "2026-02-10", currency="USD"),
            payment("in_2", "9.00", "2026-02-11", currency="USD"),
        ]
        found = answer(*days, exchange_rates=RATES)
        assert [line["sale_id"] for line in found["lines"]] == ["in_1"]
        assert found["unpriced"] == [{"sale_id": "in_2", "reason_code": "no_rate"}]

    def test_a_plan_without_a_currency_pays_in_the_sales_own(self) -> None:
        found = answer(payment("in_1", "1234", currency="JPY"), plans=[plan(rule(), currency=None)])
        assert found["lines"][0]["amount"] == {"amount": "123", "currency": "JPY"}


class TestSplits:
    def test_a_period_is_each_partners_own(self) -> None:
        steps = {"marginal": [{"from": "0", "percent": "0"}, {"from": "50.00", "percent": "10"}]}
        split = {"splits": [{"from": None, "shares": BOTH}]}
        found = posted(payment("in_1", "100.00"), plans=[plan(rule(per="month", rate=steps))], deal=split)
        assert found == ["p1 2.50 payment", "p2 0.00 rounds_to_zero"]

    def test_a_deals_bucket_begins_anew_when_shares_change(self) -> None:
        split = {"splits": [{"from": "2026-03-01T00:00:00Z", "shares": OTHER}]}
        capped = plan(rule(per="deal", ceiling="12.00"))
        events = [
            payment("in_1", "100.00"),
            payment("in_2", "100.00", "2026-03-01"),
            payment("in_3", "100.00", "2026-03-02"),
        ]
        assert posted(*events, plans=[capped], deal=split) == [
            "p1 10.00 payment",
            "p2 10.00 payment",
            "p2 2.00 payment",
        ]

    def test_each_partner_of_a_sale_that_earns_nothing_is_told(self) -> None:
        split = {"splits": [{"from": None, "shares": BOTH[::-1]}]}
        assert posted(payment("in_1", "0.04"), deal=split) == ["p2 0.00 rounds_to_zero", "p1 0.00 rounds_to_zero"]


class TestWhatComesBack:
    def test_a_failed_refund_gives_back_what_it_took(self) -> None:
        events = [payment("in_1", "100.00"), refund("in_1", "40.00", status="pending")]
        events.append(refund("in_1", "40.00", "2026-03-05", status="failed"))
        assert posted(*events) == ["p1 10.00 payment", "p1 -4.00 refund", "p1 4.00 refund_failed"]

    def test_a_lost_chargeback_that_is_won_after_all(self) -> None:
        told = [
            chargeback("in_1", status, f"2026-03-0{day}", "100.00")
            for day, status in enumerate(["open", "lost", "won"], 1)
        ]
        assert posted(payment("in_1", "100.00"), *told) == [
            "p1 10.00 payment",
            "p1 -10.00 chargeback_lost",
            "p1 10.00 chargeback_won",
        ]

    def test_a_refund_of_more_than_was_paid_leaves_nothing(self) -> None:
        assert posted(payment("in_1", "100.00"), refund("in_1", "500.00")) == ["p1 10.00 payment", "p1 -10.00 refund"]

    def test_a_refund_that_comes_first_waits_for_its_payment(self) -> None:
        found = answer(refund("in_1", "100.00"), payment("in_1", "100.00"))
        assert [line["reason_code"] for line in found["lines"]] == ["nothing_left"]
        assert found["unpriced"] == []

    def test_a_refund_of_nothing_known_is_told(self) -> None:
        found = answer(refund("in_9", "5.00"))
        assert (found["lines"], found["unpriced"]) == (
            [],
            [{"refund_id": "re_in_9_1", "reason_code": "payment_unknown"}],
        )

    def test_a_second_event_of_one_refund_changes_nothing(self) -> None:
        again = refund("in_1", "40.00") | {"id": "another"}
        assert amounts(payment("in_1", "100.00"), refund("in_1", "40.00"), again) == ["10.00", "-4.00"]


class TestPayments:
    def test_what_was_paid_is_the_larger_of_single_payments_and_the_invoices_own_word(self) -> None:
        half, rest = payment("in_1", "100.00", paid="50.00"), payment("in_1", "100.00", "2026-02-05", paid="50.00")
        rest["data"]["payment_id"] = "second"
        whole = payment("in_1", "100.00", "2026-02-06")
        whole["data"] |= {"payment_id": "in_1", "cumulative": True}
        assert amounts(half, rest | {"id": "m_2"}, whole | {"id": "m_3"}) == ["5.00", "5.00"]

    def test_a_refund_finds_its_payment_by_any_of_its_ids(self) -> None:
        paid, back = payment("in_1", "100.00"), refund("in_1", "100.00")
        paid["data"]["also"] = ["ch_1"]
        back["data"] |= {"sale_id": None, "payment_id": "ch_1"}
        assert amounts(back, paid) == ["0.00"]
        assert amounts(paid, back) == ["10.00", "-10.00"]

    def test_a_payment_waits_until_somebody_says_what_was_sold(self) -> None:
        early = payment("in_1", "100.00", "2026-02-01")
        early["data"] |= {"sale": {"id": "in_1"}, "payment_id": "ipay_1"}
        assert answer(early)["unpriced"] == [{"sale_id": "in_1", "reason_code": "sale_unknown"}]
        assert amounts(early, payment("in_1", "100.00") | {"id": "m_2"}) == ["10.00"]

    def test_a_later_word_on_a_payment_replaces_the_earlier(self) -> None:
        less = payment("in_1", "100.00", paid="60.00") | {"id": "m_2", "timestamp": "2026-02-03T10:00:00Z"}
        assert posted(payment("in_1", "100.00"), less) == ["p1 10.00 payment", "p1 -4.00 payment_changed"]
        assert posted(less, payment("in_1", "100.00")) == ["p1 6.00 payment"]

    def test_a_sale_that_names_no_deal_is_found_by_its_subscription(self) -> None:
        unnamed = payment("in_1", "100.00", deal_id=None, subscription_id="sub_1")
        won = {"deal_id": "d1", "subscription_id": "sub_1", "amount": {"amount": "100.00", "currency": "EUR"}}
        told = {"id": "m_won", "type": "deal.closed_won", "timestamp": "2026-02-04T10:00:00Z", "data": won}
        assert answer(unnamed)["unpriced"] == [{"sale_id": "in_1", "reason_code": "no_deal_reference"}]
        assert posted(unnamed, told) == posted(told, unnamed) == ["p1 10.00 payment"]

    def test_what_does_not_add_up_is_unreadable(self) -> None:
        found = answer(payment("in_1", "100.00", tax="1.00"))
        assert (found["lines"], found["unpriced"]) == ([], [{"event_id": "m_in_1", "reason_code": "unreadable"}])


def test_a_closed_period_takes_no_more_lines() -> None:
    closing = {"type": "admin.close_period", "period": "2026-02"}
    found = answer(payment("in_1", "100.00"), closing, payment("in_2", "100.00", "2026-02-20"))
    assert [line["period"] for line in found["lines"]] == ["2026-02", "2026-03"]


def test_an_adjustment_by_hand_is_payable_at_once_and_paid_by_the_next_run() -> None:
    adjusted: Json = {
        "type": "admin.adjust",
        "at": "2026-02-01T00:00:00Z",
        "partner_id": "p2",
        "reason_code": "goodwill",
    }
    adjusted["amount"] = {"amount": "-5.00", "currency": "EUR"}
    owed = adjusted | {"amount": {"amount": "30.00", "currency": "EUR"}}
    paid = {"type": "admin.payout_run", "at": "2026-02-03T00:00:00Z", "paid_at": "2026-02-04T00:00:00Z"}
    told = answer(adjusted, paid, owed, paid, paid)
    runs = [(run["payouts"], [one["reason_code"] for one in run["excluded"]]) for run in told["payout_runs"]]
    assert runs[0] == ([], ["negative_balance"])
    assert runs[1][0][0]["amount"] == {"amount": "25.00", "currency": "EUR"}
    assert runs[2] == ([], ["nothing_payable"])


@pytest.mark.parametrize(("minimum", "reason"), [("10.00", []), ("10.01", ["below_minimum"])])
def test_the_minimum_itself_is_enough(minimum: str, reason: list[str]) -> None:
    run = {"type": "admin.payout_run", "at": "2026-02-03T10:00:00Z"}
    told = history(payment("in_1", "100.00"), run, program={"minimum_payout": {"EUR": minimum}})
    (made,) = answer(*told["events"], program=told["program"])["payout_runs"]
    assert [one["reason_code"] for one in made["excluded"]] == reason


def test_a_flat_amount_stays_until_the_sale_is_refunded_in_full() -> None:
    events = [payment("in_1", "100.00"), refund("in_1", "99.00"), refund("in_1", "1.00", number=2)]
    assert amounts(*events, plans=[plan(rule(rate=FLAT))]) == ["50.00", "-50.00"]


class TestPayoutRuns:
    def test_a_run_of_an_earlier_day_than_the_last_pays_nothing_twice(self) -> None:
        days = ("2026-05-01T10:00:00Z", "2026-04-01T10:00:00Z")
        runs: list[Json] = [{"type": "admin.payout_run", "at": day, "paid_at": day} for day in days]
        found = answer(payment("s1", "100.00"), *runs)["payout_runs"]
        assert [[payout["amount"]["amount"] for payout in run["payouts"]] for run in found] == [["10.00"], []]


def test_a_sale_whose_payment_was_reported_anew_for_another_is_asked_about_no_more() -> None:
    customer = {"billing_id": "cus_1", "name": "Quarz GmbH"}
    first = payment("s1", "100.00", deal_id=None, customer=customer)
    again = payment("s2", "100.00", deal_id=None)
    again["data"]["payment_id"], again["timestamp"] = "pay_s1", "2026-02-03T10:00:00Z"
    won = {"deal_id": "d1", "amount": {"amount": "100.00", "currency": "EUR"}, "customer": customer}
    taught = {"id": "m_won", "type": "deal.closed_won", "timestamp": "2026-02-04T10:00:00Z", "data": won}
    assert posted(first, again, taught) == []
