"""What is read of an id, to the last field."""

import pytest
from stdnum import luhn
from stdnum.gb import vat
from stdnum.it import iva

from dealreg.matching.identifiers import Identifier, Scheme, duns, lei, tax_id
from dealreg.matching.written_ids import WrittenId, is_made_up

VAT, NATIONAL, DUNS, LEI = Scheme.VAT, Scheme.NATIONAL, Scheme.DUNS, Scheme.LEI
REGISTER = "HRB 12345 is a number of a register, which others may have too, and no tax id"
UNKNOWN = "nobody can tell of which country the tax id {} is"


@pytest.mark.parametrize(
    ("text", "country", "read"),
    [
        ("HRB 12345", None, Identifier(NATIONAL, "DE", "DEHRB12345", REGISTER)),
        ("HRB 12345", "AT", Identifier(NATIONAL, "AT", "ATHRB12345", REGISTER)),
        ("pending", None, Identifier(NATIONAL, "", "PENDING", "pending is no tax id", is_nobodys=True)),
        ("pending 7", "FR", Identifier(NATIONAL, "FR", "PENDING7", "pending 7 is no tax id", is_nobodys=True)),
        ("XI110305879", "GB", Identifier(VAT, "GB", "GB110305879", "the check digits of 110305879 (GB) are wrong")),
        ("GR094014202", None, Identifier(VAT, "GR", "EL094014202", "the check digits of 094014202 (GR) are wrong")),
        ("DE136695970", None, Identifier(VAT, "DE", "DE136695970", "the check digits of 136695970 (DE) are wrong")),
        ("DE136695970", "US", Identifier(NATIONAL, "US", "USDE136695970")),
        ("DE1366", None, Identifier(VAT, "DE", "DE1366", "1366 has not the form of a VAT id of DE")),
        ("EL094014201", None, Identifier(VAT, "GR", "EL094014201")),
        ("US", None, Identifier(NATIONAL, "", "US", "US is no tax id", is_nobodys=True)),
        ("US7391", None, Identifier(NATIONAL, "US", "US7391")),
        ("9X7", None, Identifier(NATIONAL, "", "9X7", UNKNOWN.format("9X7"), is_nobodys=True)),
        ("9X74", None, Identifier(NATIONAL, "", "9X74", UNKNOWN.format("9X74"))),
        ("4B1", "BR", Identifier(NATIONAL, "BR", "BR4B1", "4B1 is no tax id", is_nobodys=True)),
        ("4B12", "BR", Identifier(NATIONAL, "BR", "BR4B12")),
    ],
)
def test_a_tax_id_is_read_as_what_it_is(text: str, country: str | None, read: Identifier) -> None:
    assert tax_id(text, country) == read


def test_so_are_the_ids_of_the_whole_world() -> None:
    assert duns("15-048") == Identifier(DUNS, "", "15048", "15048 is not a DUNS number")
    assert duns("--") == Identifier(DUNS, "", "", "-- is not a DUNS number", is_nobodys=True)
    wrong = "529900T8BM49AURSDO56"
    assert lei(wrong) == Identifier(LEI, "", wrong, f"{wrong} is not a valid LEI")


@pytest.mark.parametrize(
    ("text", "whole", "signs", "country"),
    [
        ("DE 13-6695976", "DE136695976", "DE136695976", None),
        ("NO 7", "NO7", "NO7", None),
        ("VAT NO 7", "VATNO7", "7", None),
        ("VAT", "VAT", "VAT", None),
        ("VAT1", "VAT1", "1", None),
        ("VATA123", "VATA123", "A123", None),
        ("123 MWST", "123MWST", "123", None),
        ("1 MWST 2", "1MWST2", "1MWST2", None),
        ("EIN981654321", "EIN981654321", "981654321", "US"),
        ("P. I. V. A. 00743110157", "PIVA00743110157", "00743110157", "IT"),
    ],
)
def test_labels_are_taken_off_and_say_a_country(text: str, whole: str, signs: str, country: str | None) -> None:
    written = WrittenId(text)
    assert (written.whole, written.signs, written.country) == (whole, signs, country)


@pytest.mark.parametrize(
    "digits", "00000012 0000001 123 321 111 55555 12121212 99999998 123123123 98765 00000000".split()
)
def test_digits_that_somebody_made_up(digits: str) -> None:
    assert is_made_up(digits)


@pytest.mark.parametrize("digits", "0000012 00000125 135 13579 1212121 123412341234 9999998 24680246".split())
def test_digits_that_may_be_somebodys(digits: str) -> None:
    assert not is_made_up(digits)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("ATU1358562", VAT),
        ("CY1025903P", VAT),
        ("ESB5837843", VAT),
        ("DE13669597", VAT),
        ("DE13669597X", NATIONAL),
        ("PL8567346215X", NATIONAL),
        ("ATLANTIC 12", NATIONAL),
    ],
)
def test_what_begins_like_a_vat_id_is_one_with_a_slip_or_something_else(text: str, scheme: Scheme) -> None:
    read = tax_id(text, None)
    assert (read.scheme, bool(read.problem)) == (scheme, True)


@pytest.mark.parametrize("office", [0, 1, 2, 99, 100, 101, 119, 120, 121, 122, 887, 888, 889, 998, 999])
def test_italian_offices_are_those_that_exist(office: int) -> None:
    for number in ("0074311", "0000000", "0000001"):
        whole = luhn.calc_check_digit(f"{number}{office:03}")
        text = f"{number}{office:03}{whole}"
        assert (tax_id(text, "IT").problem is None) == iva.is_valid(text)


@pytest.mark.parametrize("first", ["0999999", "1000000", "1000001", "1000037", "1010000"])
def test_british_numbers_from_a_hundred_on_have_three_series(first: str) -> None:
    numbers = [f"{first}{check:02}" for check in range(97)]
    assert [tax_id(one, "GB").problem is None for one in numbers] == [vat.is_valid(one) for one in numbers]
