"""VAT ids, LEI and DUNS."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching.identifiers import duns, lei, tax_id
from dealreg.matching.identities import differing_number, identify, problems_of

VALID = (
    "ATU13585627 BE0428759497 BG175074752 CY10259033P CZ25123891 DE136695976 DK13585628 EE100931558 EL094259216"
    " ESA28015865 ES54362315K ESX2482300W FI20774740 FR40303265045 FR83404833048 GB980780684 HR33392005961 HU12892312"
    " IE6433435F IE8D79739I IT00743110157 LT119511515 LT100001919017 LU15027442 LV40003521600 MT11679112"
    " NL004495445B01 NL123456782B90 PL8567346215 PT501964843 RO18547290 SE556188840401 SI50223054 SK2022749619"
    " CHE107787577 NO995525828"
).split()


@pytest.mark.parametrize("number", VALID)
def test_a_valid_vat_id_claims(number: str):
    assert identify([], {"tax_id": number}).claims == (f"tax#{number}",)


def test_a_trader_of_northern_ireland_has_one_number_with_two_prefixes():
    assert tax_id("XI110305878", None).key == tax_id("GB110305878", None).key


@given(st.sampled_from(["DE136695976", "IT00743110157", "FR83404833048", "PL8567346215", "SE556188840401"]), st.data())
def test_one_wrong_digit_warns_and_claims_nothing(number: str, data: st.DataObject):
    place = data.draw(st.integers(4, len(number) - 3))
    digit = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != number[place]]))
    typed = number[:place] + digit + number[place + 1 :]
    wrong = identify([], {"tax_id": typed})
    assert (wrong.claims, wrong.numbers) == ((), {})
    assert wrong.hints == (f"tax#{typed}",)
    assert "tax_id" in problems_of({"tax_id": typed})


@pytest.mark.parametrize(
    ("typed", "country", "key"),
    [
        ("136 695 976", "DE", "tax#DE136695976"),
        ("CHE-107.787.577 MWST", None, "tax#CHE107787577"),
        ("107.787.577", "CH", "tax#CHE107787577"),
        ("995 525 828 MVA", "NO", "tax#NO995525828"),
        ("094259216", "GR", "tax#EL094259216"),
        ("12-3456780", "US", "tax#US123456780"),
    ],
)
def test_it_is_read_as_people_write_it(typed: str, country: str | None, key: str):
    assert tax_id(typed, country).key == key


def test_lei_and_duns():
    assert lei("5299 00T8BM49AURSDO55").key == "lei#529900T8BM49AURSDO55"
    assert lei("529900T8BM49AURSDO56").problem
    assert duns("15-048-3782").key == "duns#150483782"
    assert duns("15-048").problem


def numbers(**fields: str) -> Mapping[str, str]:
    return identify([], fields).numbers


def test_two_valid_ids_of_one_country_that_differ_are_two_companies():
    assert differing_number(numbers(tax_id="DE136695976"), numbers(tax_id="DE811569869")) == "vat/DE"


def test_and_so_they_are_whatever_else_is_the_same():
    lei_, one, other = "529900T8BM49AURSDO55", "DE136695976", "DE811569869"
    assert differing_number(numbers(lei=lei_, tax_id=one), numbers(lei=lei_, tax_id=other)) == "vat/DE"


@pytest.mark.parametrize("other", ["DE136695976", "DE136695970", "IT00743110157"])
def test_the_same_a_wrong_or_a_foreign_id_says_nothing_against(other: str):
    assert differing_number(numbers(tax_id="DE136695976"), numbers(tax_id=other)) is None


def test_an_lei_with_one_digit_or_letter_wrong_is_no_lei():
    right = "529900T8BM49AURSDO55"
    assert (lei(right).country, lei(right).problem) == ("", None)
    for place, sign in enumerate(right):
        other = ("1" if sign != "1" else "2") if sign.isdigit() else ("A" if sign != "A" else "B")
        wrong = right[:place] + other + right[place + 1 :]
        assert lei(wrong).problem == f"{wrong} is not a valid LEI"
