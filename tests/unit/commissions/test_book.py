"""What moves a sale: which line says so, by whose deal and shares, and what of its price stays as it was."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dealreg.commissions.book import Book, Terms
from dealreg.commissions.buckets import Bucket
from dealreg.commissions.facts import Claim, Payment, SaleContent, SaleLine
from dealreg.commissions.plans import Months, Plan, Rate, Rule, Step, Version, When
from dealreg.commissions.posting import OTHER_DEAL, SALE_UNKNOWN, Cause, Move, post
from dealreg.commissions.pricing import NO_RATE, DayRate, rate_on
from dealreg.commissions.splits import Deal, Share, Split

ZONE = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 2, 2, 10, tzinfo=UTC)
LATER = FIRST + timedelta(days=3)
TENTH, FIFTH = (Rule("base", 0, Rate((Step(0, Fraction(1, parts)),))) for parts in (10, 5))
HOLD = timedelta(days=30)


def version(*rules: Rule, number: int = 1, since: date = date(2026, 1, 1)) -> Version:
    return Version("standard", number, since, "new_payments", "EUR", HOLD.days, rules)


def deal(name: str, partner: str, **changes: Any) -> Deal:
    return replace(Deal(name, partner, "standard", f"tier of {name}", None, FIRST - HOLD), **changes)


def book(*rules: Rule, **splits: tuple[Split, ...]) -> tuple[Book, dict[str, Any]]:
    """With two deals; and what it goes by, which a test may change."""
    deals = {"d1": deal("d1", "p1", **splits), "d2": deal("d2", "p2")}
    plans = {"standard": Plan("standard", (version(*(rules or (TENTH,))),))}
    rates: dict[tuple[str, str], list[DayRate]] = {}
    return Book(Terms(ZONE, plans, deals, rates)), {"deals": deals, "plans": plans, "rates": rates}


def paid(sale: str = "s1", total: int = 10_000, **changes: Any) -> Payment:
    deal_id, currency = changes.pop("deal", "d1"), changes.pop("currency", "EUR")
    content = SaleContent(sale, "new", currency, total, 0, (SaleLine(total, "analytics"),), deal_id)
    of_all = Payment(f"pay_{sale}", sale, total, currency, FIRST, FIRST, f"evt_{sale}", content=content)
    return replace(of_all, **changes)


def refund(amount: int, sale: str = "s1") -> Claim:
    return Claim("refund", f"re_{sale}", "succeeded", amount, "EUR", LATER, LATER, "evt_re", sale_id=sale)


def told(lines: Any) -> list[tuple[str, int, str, str]]:
    return [(line.partner_id, line.amount.minor, line.kind, line.reason_code) for line in lines]


def shares(first: str, second: str) -> tuple[Share, ...]:
    return Share("p1", Fraction(first)), Share("p2", Fraction(second))


class TestWhatWaited:
    def test_is_a_payment_when_its_rate_is_known(self) -> None:
        one, terms = book()
        assert one.add_payment(paid(currency="USD")) == []
        terms["rates"]["USD", "EUR"] = [DayRate(FIRST.date(), Fraction(9, 10))]
        assert told(one.settle("s1")) == [("p1", 900, "accrual", "payment")]

    def test_says_nothing_when_another_sale_moves_it(self) -> None:
        one, terms = book(replace(TENTH, when=When(first_sales=1)), splits=(Split(LATER, shares("0", "100")[1:]),))
        one.add_payment(paid("late", currency="USD", paid_at=LATER))
        terms["rates"]["USD", "EUR"] = [DayRate(FIRST.date(), Fraction(9, 10))]
        assert [line.sale_id for line in one.add_payment(paid("early"))] == ["early"]

    def test_without_a_plan_there_is_nothing_to_wait_for(self) -> None:
        one, terms = book()
        terms["plans"].clear()
        assert told(one.add_payment(paid())) == [("p1", 0, "accrual", "no_plan")]


class TestInstalments:
    def test_each_is_held_from_its_own_day(self) -> None:
        one, _ = book()
        half = paid(amount=5_000)
        lines = [*one.add_payment(half), *one.add_payment(replace(half, id="second", paid_at=LATER))]
        assert told(lines) == [("p1", 500, "accrual", "payment")] * 2
        assert [line.available_at for line in lines] == [datetime(2026, 3, day, 23, tzinfo=UTC) for day in (3, 6)]

    def test_of_several_sales_each_says_why_it_moves_nothing(self) -> None:
        one, _ = book()
        for sale in ("s1", "s2"):
            one.add_payment(paid(sale, total=4))
        known, new = one.moves
        cause = Cause("payment", FIRST, ["s1", "s2"], takes=False)
        moves = [Move("s1", known.after, known.after), new]
        found = post(cause, moves, lambda _: Bucket(), ZONE)
        assert [(line.sale_id, line.reason_code) for line in found.lines] == [("s2", "rounds_to_zero")]
        assert {key.name for key in found.buckets} == {"sale:s2"}


class TestWhatComesBack:
    def test_of_a_refund_that_fails(self) -> None:
        one, _ = book()
        one.add_payment(paid())
        one.add_claim(refund(5_000))
        failed = replace(refund(5_000), status="failed", said_at=LATER + HOLD)
        assert told(one.add_claim(failed)) == [("p1", 500, "adjustment", "refund_failed")]

    def test_of_a_chargeback_that_is_won(self) -> None:
        one, _ = book()
        one.add_payment(paid())
        lost = replace(refund(5_000), kind="chargeback", status="lost")
        assert told(one.add_claim(lost)) == [("p1", -500, "clawback", "chargeback_lost")]
        won = replace(lost, status="won", said_at=LATER + HOLD)
        assert told(one.add_claim(won)) == [("p1", 500, "adjustment", "chargeback_won")]


class TestWhatLeaves:
    """What was posted is taken back from who had it, by the deal that it was posted for, and says why."""

    def left(self, lines: Any) -> list[tuple[Any, ...]]:
        return [(line.partner_id, line.amount.minor, line.deal_id, line.tier, line.because.left) for line in lines]

    def test_for_another_deal(self) -> None:
        one, _ = book()
        one.add_payment(paid())
        lines = one.add_payment(paid(deal="d2", said_at=LATER))
        assert self.left(lines) == [("p2", 1000, "d2", "tier of d2", ""), ("p1", -1000, "d1", "tier of d1", OTHER_DEAL)]
        assert {(line.kind, line.reason_code) for line in lines} == {("adjustment", "payment_changed")}

    def test_for_another_sale(self) -> None:
        one, _ = book()
        one.add_payment(paid())
        again = replace(paid("s2", said_at=LATER, paid_at=LATER), id="pay_s1")
        lines = [line for line in one.add_payment(again) if line.sale_id == "s1"]
        assert self.left(lines) == [("p1", -1000, "d1", "tier of d1", SALE_UNKNOWN)]
        assert [line.available_at for line in lines] == [datetime(2026, 3, 3, 23, tzinfo=UTC)]

    def test_for_want_of_a_rate(self) -> None:
        one, _ = book()
        one.add_payment(paid())
        lines = one.add_payment(paid(currency="USD", said_at=LATER))
        assert self.left(lines) == [("p1", -1000, "d1", "tier of d1", NO_RATE)]

    def test_what_only_becomes_less_has_not_left(self) -> None:
        one, _ = book()
        one.add_payment(paid())
        assert self.left(one.add_claim(refund(5_000))) == [("p1", -500, "d1", "tier of d1", "")]


class TestShares:
    CHANGED = (Split(None, shares("60", "40")), Split(LATER, shares("0", "100")[1:]))

    def test_an_earlier_payment_goes_by_the_shares_of_its_time(self) -> None:
        one, _ = book(splits=self.CHANGED)
        late = paid(paid_at=LATER)
        assert told(one.add_payment(late)) == [("p2", 1000, "accrual", "payment")]
        moved = one.add_payment(replace(late, paid_at=FIRST, said_at=LATER))
        assert told(moved) == [
            ("p1", 600, "adjustment", "payment_changed"),
            ("p2", -600, "adjustment", "payment_changed"),
        ]

    def test_who_shares_no_more_gives_back_all(self) -> None:
        one, _ = book(splits=self.CHANGED)
        one.add_payment(paid())
        moved = one.add_payment(paid(paid_at=LATER, said_at=LATER))
        assert [(line.partner_id, line.amount.minor) for line in moved] == [("p2", 600), ("p1", -600)]

    def test_shares_that_were_wrong_from_the_beginning_move_with_the_buckets_next_sale(self) -> None:
        """Who shared by mistake gives back by a line of a sale of which they never had a share."""
        one, terms = book(replace(TENTH, per="deal"))
        one.add_payment(paid())
        terms["deals"]["d1"] = deal("d1", "p1", splits=(Split(None, shares("0", "100")[1:]),))
        first_time = one.add_payment(paid("s2"))
        one.add_claim(refund(5_000))  # of the sale that is divided as it was
        again = one.add_claim(refund(5_000, "s2"))
        for lines, amount, net in ((first_time, -1000, 10_000), (again, -1500, 5_000)):
            (back,) = (line for line in lines if line.partner_id == "p1")
            assert back.because
            assert (back.sale_id, back.amount.minor, back.because.left) == ("s2", amount, "")
            assert back.because.priced.sale.net == net

    def test_one_whose_share_of_a_cent_stays_does_not_keep_the_next_from_theirs(self) -> None:
        one, _ = book(splits=(Split(None, shares("50", "50")),))
        one.add_payment(paid(total=10))
        assert told(one.add_payment(paid(total=20, said_at=LATER))) == [
            ("p2", 1, "accrual", "payment"),
            ("p1", 0, "accrual", "rounds_to_zero"),
        ]

    def test_a_partners_own_bucket_that_keeps_its_base_is_left_alone(self) -> None:
        splits = (Split(None, shares("60", "40")), Split(LATER, shares("70", "30")))
        one, _ = book(replace(TENTH, per="month"), splits=splits)
        one.add_payment(paid(total=1))
        one.add_payment(paid(total=1, paid_at=LATER, said_at=LATER))
        cause = Cause("payment", LATER, ["s1"], takes=False)
        assert post(cause, one.moves[-1:], lambda _: Bucket(), ZONE).buckets == {}


class TestWindows:
    def test_all_that_an_earlier_sale_moves_out_of_a_bucket_is_one_line(self) -> None:
        at_first = replace(TENTH, per="year", when=When(months=Months(before=1)))
        one, _ = book(at_first)
        in_a_year = [FIRST + timedelta(days=370 + day) for day in (0, 1)]
        for place, at in enumerate(in_a_year):
            one.add_payment(paid(f"late_{place}", paid_at=at))
        lines = one.add_payment(paid("early", 7_000))
        assert [(line.sale_id, line.amount.minor, line.reason_code) for line in lines] == [
            ("early", 700, "payment"),
            ("late_0", -2000, "recalculated"),
        ]
        assert [line.kind for line in lines] == ["accrual", "adjustment"]

    def test_a_line_of_one_bucket_names_the_sale_that_moved_the_others(self) -> None:
        one, _ = book(replace(TENTH, per="deal", when=When(first_sales=1)))
        one.add_payment(paid("late", paid_at=LATER))
        lines = one.add_payment(paid("early", 7_000))
        assert [(line.sale_id, line.amount.minor) for line in lines] == [("early", -300)]


class TestWhatStays:
    """A sale is priced once: what it was priced by stays, whatever the program says later."""

    def test_the_version_of_the_plan(self) -> None:
        one, terms = book()
        one.add_payment(paid())
        terms["plans"]["standard"] = Plan("standard", (version(TENTH), version(FIFTH, number=2)))
        assert told(one.add_claim(refund(5_000))) == [("p1", -500, "clawback", "refund")]

    def test_but_not_on_another_day(self) -> None:
        one, _ = book()
        second = replace(version(FIFTH, number=2, since=LATER.date()), hold_days=0)
        two, terms = book()
        terms["plans"]["standard"] = Plan("standard", (version(TENTH), second))
        for each in (one, two):
            each.add_payment(paid())
        moved = two.add_payment(paid(paid_at=LATER, said_at=LATER))
        assert [(line.version, line.amount.minor) for line in moved] == [(1, -1000), (2, 2000)]
        assert [line.available_at for line in moved] == [datetime(2026, 3, 6, 23, tzinfo=UTC), LATER]
        assert told(one.add_payment(paid(paid_at=LATER, said_at=LATER))) == []

    def test_the_rate_of_its_day(self) -> None:
        one, terms = book()
        terms["rates"]["USD", "EUR"] = [DayRate(FIRST.date(), Fraction(9, 10))]
        one.add_payment(paid(currency="USD"))
        terms["rates"]["USD", "EUR"] = [DayRate(FIRST.date(), Fraction(1, 2))]
        lines = one.add_claim(replace(refund(5_000), currency="USD"))
        assert told(lines) == [("p1", -450, "clawback", "refund")]

    def test_but_not_of_another_currency(self) -> None:
        one, terms = book()
        terms["rates"] |= {(code, "EUR"): [DayRate(FIRST.date(), Fraction(rate))] for code, rate in RATES.items()}
        one.add_payment(paid(currency="USD"))
        moved = one.add_payment(paid(currency="GBP", said_at=LATER))
        assert told(moved) == [("p1", 300, "adjustment", "payment_changed")]

    def test_the_shares_of_its_moment(self) -> None:
        one, terms = book()
        one.add_payment(paid())
        terms["deals"]["d1"] = deal("d1", "p1", splits=(Split(None, shares("0", "100")[1:]),))
        assert told(one.add_claim(refund(5_000))) == [("p1", -500, "clawback", "refund")]


RATES = {"USD": "0.9", "GBP": "1.2"}
KNOWN = {("USD", "EUR"): [DayRate(date(2026, 2, day), Fraction(day)) for day in (10, 20)]}


class TestRates:
    @pytest.mark.parametrize(
        ("day", "rate"), [(9, None), (10, 10), (17, 10), (18, None), (20, 20), (27, 20), (28, None)]
    )
    def test_a_rate_is_that_of_its_day_or_of_the_seven_before(self, day: int, rate: int | None) -> None:
        assert rate_on(KNOWN, "USD", "EUR", date(2026, 2, day)) == rate

    def test_money_is_worth_itself(self) -> None:
        assert rate_on({}, "EUR", "EUR", FIRST.date()) == 1
