"""What a line says besides its amount: its cause, its sale, when its money is free; and that it is paid once."""

from tests.unit.commissions.samples import Json, answer, payment, plan, posted, rule

MONTHLY = [plan(rule(per="month"), hold_days=30)]


def raised(event: Json, amount: str, at: str, **changes: object) -> Json:
    """A newer word on the same payment."""
    data = event["data"] | {"amount": {"amount": amount, "currency": "EUR"}} | changes
    return event | {"id": f"{event['id']}_{amount}", "timestamp": at, "data": data}


class TestConversion:
    def test_a_rate_of_one_moves_the_point_between_currencies_of_other_digits(self) -> None:
        rates = [{"date": "2026-02-02", "from": "KWD", "to": "JPY", "rate": "1"}]
        sold = payment("in_1", "120.000", currency="KWD")
        found = answer(sold, plans=[plan(rule(), currency="JPY")], exchange_rates=rates)
        assert [(line["amount"]["amount"], line["base_after"]) for line in found["lines"]] == [("12", "120")]


class TestPayouts:
    def test_a_run_of_an_earlier_time_does_not_pay_what_another_has_claimed(self) -> None:
        later, earlier = ({"type": "admin.payout_run", "at": f"2026-0{month}-01T10:00:00Z"} for month in (5, 4))
        runs = answer(payment("in_1", "100.00"), later, earlier)["payout_runs"]
        assert [run["payouts"] != [] for run in runs] == [True, False]
        assert [one["reason_code"] for one in runs[1]["excluded"]] == ["nothing_payable"]


class TestCauses:
    def test_an_amount_that_grows_is_a_payment_and_one_that_shrinks_a_change(self) -> None:
        sold = payment("in_1", "100.00", paid="40.00")
        more, less = raised(sold, "100.00", "2026-02-03T10:00:00Z"), raised(sold, "60.00", "2026-02-04T10:00:00Z")
        assert posted(sold, more, less) == ["p1 4.00 payment", "p1 6.00 payment", "p1 -4.00 payment_changed"]


class TestHolds:
    def test_what_leaves_a_bucket_is_held_by_the_first_payment_as_it_is_known_now(self) -> None:
        sold = payment("in_1", "100.00", "2026-03-10")
        moved = raised(sold, "100.00", "2026-03-11T10:00:00Z", paid_at="2026-02-02T10:00:00Z")
        lines = answer(sold, moved, plans=MONTHLY)["lines"]
        assert [(line["bucket"], line["amount"]["amount"], line["available_at"]) for line in lines[1:]] == [
            ("month:2026-02", "10.00", "2026-03-03T23:00:00Z"),
            ("month:2026-03", "-10.00", "2026-03-03T23:00:00Z"),
        ]


class TestWindows:
    def test_a_line_that_another_sale_causes_names_the_sale_whose_window_moved(self) -> None:
        first = [plan(rule(per="month", when={"first_sales": 1}))]
        lines = answer(payment("in_2", "100.00", "2026-03-10"), payment("in_1", "50.00"), plans=first)["lines"]
        assert [(line["reason_code"], line["sale_id"], line["amount"]["amount"]) for line in lines] == [
            ("payment", "in_2", "10.00"),
            ("payment", "in_1", "5.00"),
            ("recalculated", "in_2", "-10.00"),
        ]

    def test_a_sale_without_base_there_does_not_name_it(self) -> None:
        """A payment of which the bucket has nothing moved another's window, no more."""
        rules = [
            rule(id="first", per="deal", when={"first_sales": 1, "product": ["analytics"]}),
            rule(id="rest", rate={"percent": "1"}),
        ]
        lines_of = [
            {"product": "analytics", "family": "data", "amount": "0.00"},
            {"product": "other", "family": "data", "amount": "50.00"},
        ]
        early = payment("in_1", "50.00", lines=lines_of)
        lines = answer(payment("in_2", "100.00", "2026-03-10"), early, plans=[plan(*rules)])["lines"]
        named = [(line["rule"], line["reason_code"], line["sale_id"]) for line in lines]
        assert named == [
            ("first", "payment", "in_2"),
            ("first", "recalculated", "in_2"),
            ("rest", "payment", "in_1"),
            ("rest", "recalculated", "in_2"),
        ]
