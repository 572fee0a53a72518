"""The kinds of values that several inputs share."""

from datetime import UTC, date, datetime
from importlib import resources
from string import ascii_uppercase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dealreg.platform import fields
from dealreg.platform.errors import InvalidInput
from dealreg.platform.fields import Amount, PositiveAmount
from dealreg.platform.money import Money
from dealreg.platform.validation import parse_values


def is_accepted(kind: Any, text: str) -> bool:
    try:
        TypeAdapter[Any](kind).validate_python(text)
    except ValueError:
        return False
    return True


addresses = st.from_regex(r"[a-z.@ <>-]{0,12}@[a-z0-9.-]{0,12}", fullmatch=True) | st.text(min_size=1, max_size=20)


@given(addresses)
def test_what_is_an_address_does_not_depend_on_whose_it_is(text: str) -> None:
    assert is_accepted(fields.Email, text) == is_accepted(fields.ContactEmail, text)


def test_a_contacts_address_stays_as_it_was_typed() -> None:
    assert TypeAdapter(fields.ContactEmail).validate_python("J.Weiss@Acme.example") == "J.Weiss@Acme.example"
    assert TypeAdapter(fields.Email).validate_python("J.Weiss@Acme.example") == "j.weiss@acme.example"


@pytest.mark.parametrize(("typed", "kept"), [("DE", "DE"), ("de", "DE"), ("UK", "GB"), ("EL", "GR")])
def test_a_country_is_kept_in_capitals(typed: str, kept: str) -> None:
    assert TypeAdapter(fields.Country).validate_python(typed) == kept


@pytest.mark.parametrize("typed", ["", "D", "DEU", "D1", "ДЕ", "Germany", "XX", "EU", "ZZ", "SU", "ß"])
def test_what_is_no_country_is_refused(typed: str) -> None:
    assert not is_accepted(fields.Country, typed)


def test_every_country_of_the_time_zone_data_is_one() -> None:
    lines = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8").splitlines()
    codes = {line.split("\t")[0] for line in lines if not line.startswith("#")}
    pairs = {one + other for one in ascii_uppercase for other in ascii_uppercase}
    assert {code for code in pairs if is_accepted(fields.Country, code)} == codes | {"UK", "EL"}


@pytest.mark.parametrize("kind", [Amount, PositiveAmount])
def test_the_fault_of_an_amount_is_where_it_was_made(kind: type[Amount]) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_values(kind, {"currency": "EURO", "amount": "12,50"})
    assert [fault.field for fault in refused.value.errors] == ["currency", "amount"]


@pytest.mark.parametrize("amount", ["0", "0.00", "000"])
def test_nothing_is_an_amount_but_not_what_a_deal_is_worth(amount: str) -> None:
    assert parse_values(Amount, {"currency": "EUR", "amount": amount}).to_money() == Money(0, "EUR")
    with pytest.raises(InvalidInput, match="need your attention"):
        parse_values(PositiveAmount, {"currency": "EUR", "amount": amount})


@given(st.dates(date(1970, 1, 1), date(2200, 12, 31)))
def test_a_day_is_written_in_one_way(day: date) -> None:
    assert TypeAdapter(fields.Day).validate_python(day.isoformat()) == day
    assert TypeAdapter(fields.Day).validate_json(f'"{day.isoformat()}"') == day


@pytest.mark.parametrize(
    "sent",
    ['"1795737600"', "1795737600", "0", '"2027-01-01T00:00:00+14:00"', '"20270101"', '"2027-1-1"', '"2027-02-30"'],
)
def test_whatever_else_could_be_read_as_a_day_is_none(sent: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        TypeAdapter(fields.Day).validate_json(sent)


@given(st.datetimes(datetime(1971, 1, 2), datetime(2199, 12, 30)))  # noqa: DTZ001  # the zone is added
def test_a_moment_is_read_in_utc(moment: datetime) -> None:
    read = TypeAdapter[datetime](fields.Moment).validate_python(f"{moment.isoformat()}+01:30")
    assert read == datetime.fromisoformat(f"{moment.isoformat()}+01:30")
    assert read.tzinfo == UTC


@pytest.mark.parametrize(
    "sent",
    ["1795765243", "-1", "2027-01-01", "2027-01-01T00:00:00", "2027-02-30T00:00:00Z",
     "2027-11-27T25:00:00Z"],
)  # fmt: skip
def test_a_moment_has_its_offset_and_is_in_the_calendar(sent: str) -> None:
    with pytest.raises(ValueError, match="Write the time as 2026-11-27T10:00:00Z"):
        TypeAdapter(fields.Moment).validate_python(sent)


@pytest.mark.parametrize("year", ["0001", "0027", "1969", "2201", "9999"])
def test_years_that_nobody_means_are_a_fault(year: str) -> None:
    with pytest.raises(ValueError, match="Write a year from 1970 to 2200"):
        TypeAdapter(fields.Day).validate_python(f"{year}-02-28")
    for offset in ("Z", "+23:59", "-23:59"):
        with pytest.raises(ValueError, match="Write a year from 1970 to 2200"):
            TypeAdapter(fields.Moment).validate_python(f"{year}-12-31T23:59:59{offset}")


@pytest.mark.parametrize(
    "typed",
    ["mailto:a@b.de", "http://user:pw@x.de/", "https://user@x.de", "ftp://x.de", "javascript:x.de", "user:pw@x.de",
     "a@b@x.de", "data:text/html,x.de"],
)  # fmt: skip
def test_a_website_is_a_place_and_nothing_else(typed: str) -> None:
    assert not is_accepted(fields.Website, typed)
    assert not is_accepted(fields.Domain, typed)


@pytest.mark.parametrize("typed", ["x.de", "HTTPS://X.de/@handle?mail=a@b.de", "x.de:8080", "www.x.de/a:b", "j@x.de"])
def test_a_website_as_people_copy_it(typed: str) -> None:
    assert is_accepted(fields.Website, typed)


@pytest.mark.parametrize("typed", ["a\n@c.de", "@c.de", "a@b@c.de", "http://x@c.de/", "a@c", "a b@c.de", "a@c.de\0"])
def test_what_is_no_address_is_none_anywhere(typed: str) -> None:
    assert not is_accepted(fields.Email, typed)
    assert not is_accepted(fields.ContactEmail, typed)


def test_lines_end_in_one_way() -> None:
    read = TypeAdapter[str](fields.Comment).validate_python
    assert read("one\r\ntwo\rthree\u2028four\tfive") == "one\ntwo\nthree\nfour\tfive"
    assert len(read("\r\n".join("x" * 39 for _ in range(100)))) == 3_999


@pytest.mark.parametrize("name", ["喜", "Šín-Ťav", "مريم\u200c", "A\u00a0B", "ก็", "👩\u200d💻"])
def test_people_write_names_with_more_than_letters(name: str) -> None:
    assert TypeAdapter[str](fields.Name).validate_python(name) == name
