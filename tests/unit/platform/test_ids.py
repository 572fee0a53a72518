from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import ids

moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds the zone
entropies = st.integers(0, 2**80 - 1)


@given(moments, entropies)
def test_an_id_is_one_of_its_kind_only(now: datetime, entropy: int) -> None:
    made = ids.make_id("deal", now, entropy)
    assert ids.is_id("deal", made)
    assert not ids.is_id("part", made)
    assert not ids.is_id("deal", made.lower())


@given(moments, moments, entropies, entropies)
def test_ids_sort_as_their_moments_do(one: datetime, other: datetime, first: int, second: int) -> None:
    if int(one.timestamp() * 1000) < int(other.timestamp() * 1000):
        assert ids.make_id("deal", one, first) < ids.make_id("deal", other, second)


@given(moments, entropies, entropies)
def test_different_bits_make_different_ids(now: datetime, first: int, second: int) -> None:
    assert (ids.make_id("evt", now, first) == ids.make_id("evt", now, second)) == (first == second)


@given(moments, entropies)
def test_a_number_leads_back_to_its_deal(now: datetime, entropy: int) -> None:
    deal_id = ids.make_id("deal", now, entropy)
    assert ids.locator_of_number(ids.deal_number(deal_id)) == ids.deal_locator(deal_id)


@given(moments, entropies)
def test_a_number_may_be_typed_as_people_type(now: datetime, entropy: int) -> None:
    number = ids.deal_number(ids.make_id("deal", now, entropy))
    typed = number.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert ids.locator_of_number(f" {typed} ") == ids.locator_of_number(number)


@given(st.text())
def test_other_text_is_no_number(text: str) -> None:
    locator = ids.locator_of_number(text)
    assert locator is None or set(locator) <= set(ids.ALPHABET)


def test_the_alphabet_has_no_letters_that_are_misread() -> None:
    assert not set("ILOU") & set(ids.ALPHABET)
    assert len(set(ids.ALPHABET)) == 32
