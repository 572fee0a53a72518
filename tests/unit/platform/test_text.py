"""Values as people read them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.money import CURRENCIES, Money, decimals
from dealreg.platform.text import day, moment, moment_with_weekday, money, one_line, shown_by, spaced, title
from dealreg.platform.working_time import DEFAULT, Calendar

EAST = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("48000.00", "EUR", "EUR 48,000"),
        ("7200.50", "SEK", "SEK 7,200.50"),
        ("1234567.89", "EUR", "EUR 1,234,567.89"),
        ("1900000", "JPY", "JPY 1,900,000"),
        ("7", "EUR", "EUR 7"),
        ("-0.50", "EUR", "EUR -0.50"),
        ("-48000.00", "EUR", "EUR -48,000"),
    ],
)
def test_money_is_easy_to_read(amount: str, currency: str, text: str) -> None:
    assert money({"amount": amount, "currency": currency}) == text


@given(st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES))))
def test_what_people_read_of_money_is_worth_the_same_in_either_form(value: Money) -> None:
    assert money(value) == money(value.to_wire())
    currency, text = money(value).split(" ")
    assert currency == value.currency
    assert Decimal(text.replace(",", "")) * 10 ** decimals(currency) == value.minor


@pytest.mark.parametrize(
    "when",
    [
        "2027-02-08",
        "2027-02-08T23:30:00.000Z",
        date(2027, 2, 8),
        datetime(2027, 2, 9, 0, 30, tzinfo=EAST),
    ],
)
def test_a_day_is_written_out(when: str | date) -> None:
    assert day(when) == "8 Feb 2027"


def test_a_moment_is_told_in_utc() -> None:
    assert moment("2026-11-23T05:37:00.000Z") == "23 Nov 2026, 05:37 UTC"
    assert moment(datetime(2026, 11, 23, 0, 37, tzinfo=EAST)) == "22 Nov 2026, 23:37 UTC"
    assert moment_with_weekday("2026-11-23T05:37:00.000Z") == "Monday, 23 Nov 2026, 05:37 UTC"


BERLIN = Calendar(
    frozenset(range(5)),
    timedelta(hours=9),
    timedelta(hours=17),
    "Europe/Berlin",
    (
        (datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), timedelta(hours=2)),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), timedelta(hours=1)),
    ),
)


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("2026-12-01T16:00:00.000Z", "Tuesday, 1 Dec 2026, 17:00 (Europe/Berlin)"),
        ("2026-07-01T15:00:00.000Z", "Wednesday, 1 Jul 2026, 17:00 (Europe/Berlin)"),
        ("2026-12-01T23:30:00.000Z", "Wednesday, 2 Dec 2026, 00:30 (Europe/Berlin)"),
        (datetime(2026, 12, 1, 17, tzinfo=EAST), "Tuesday, 1 Dec 2026, 17:00 (Europe/Berlin)"),
    ],
)
def test_a_moment_is_told_as_the_clocks_of_a_zone_show_it_and_names_the_zone(when: str | datetime, text: str) -> None:
    assert moment_with_weekday(when, BERLIN) == text
    assert moment(when, BERLIN) == text.partition(", ")[2]


def test_days_and_moments_are_shown_by_the_calendar_of_whoever_shows_them() -> None:
    late = "2026-12-01T23:30:00.000Z"
    with shown_by(BERLIN):
        assert (day(late), day("2026-12-01")) == ("2 Dec 2026", "1 Dec 2026")
        assert moment(late) == "2 Dec 2026, 00:30 (Europe/Berlin)"
        assert moment(late, DEFAULT) == "1 Dec 2026, 23:30 UTC"
    assert (day(late), moment(late)) == ("1 Dec 2026", "1 Dec 2026, 23:30 UTC")


class TestATitle:
    @given(st.text(max_size=300))
    def test_keeps_its_end_however_long_a_name_is(self, name: str) -> None:
        line = title(f"Please decide: {name}, EUR 999,999,999,999.99 (D-BCDE-FGHJ)")
        assert line.startswith("Please decide:")
        assert line.endswith(", EUR 999,999,999,999.99 (D-BCDE-FGHJ)")
        assert len(line) <= 120
        assert line.isprintable()

    def test_of_a_usual_length_stays_as_it_is(self) -> None:
        text = "Approved: Müller & Söhne GmbH & Co. KG (D-BCDE-FGHJ)"
        assert title(text) == text

    def test_shows_where_something_is_missing(self) -> None:
        assert title(f"Won: {'long ' * 40}GmbH (D-BCDE-FGHJ)", 100).count("…") == 1

    def test_turns_no_text_round(self) -> None:
        assert title("Won: \u202egnp.exe\u202c\u2066\u200f (D-BCDE-FGHJ)") == "Won: gnp.exe (D-BCDE-FGHJ)"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("https://evil.example/pay", "https ://evil .example/pay"),
        ("www.evil.example", "www .evil .example"),
        ("pay@evil.example", "pay @evil .example"),
        ("Müller & Söhne GmbH & Co. KG", "Müller & Söhne GmbH & Co. KG"),
    ],
)
def test_a_name_in_a_title_becomes_no_link(name: str, shown: str) -> None:
    assert spaced(name) == shown


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    line = one_line(text, 50)
    assert line.isprintable()
    assert len(line) <= 50
    assert one_line(line, 50) == line
