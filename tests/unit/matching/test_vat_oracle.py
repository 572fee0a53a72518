"""VAT ids against python-stdnum: what it takes for valid we do too, and nothing else but where a difference is meant.

The numbers are drawn by chance, always the same; so many of each form that there are valid ones among them.
"""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest
from stdnum import get_cc_module, luhn

from dealreg.matching.vat import VAT

DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIGNS = {"d": DIGITS, "l": LETTERS, "x": LETTERS + DIGITS}
FORMS = {
    "AT": ["Udddddddd"],
    "BE": ["0ddddddddd", "1ddddddddd", "dddddddddd"],
    "BG": ["ddddddddd", "dddddddddd"],
    "CHE": ["ddddddddd"],
    "CY": ["ddddddddl", "12ddddddl"],
    "CZ": ["dddddddd", "9ddddddd", "ddddddddd", "6dddddddd", "dddddddddd"],
    "DE": ["ddddddddd"],
    "DK": ["dddddddd"],
    "EE": ["ddddddddd"],
    "EL": ["ddddddddd"],
    "ES": ["ldddddddd", "ldddddddl", "ddddddddl"],
    "FI": ["dddddddd"],
    "GB": ["ddddddddd", "0dddddddd", "dddddddddddd", "GDddd", "HAddd"],
    "HR": ["ddddddddddd"],
    "HU": ["dddddddd"],
    "IE": ["dddddddl", "dddddddll", "dldddddl", "dxdddddl"],
    "IT": ["ddddddddddd", "ddddddd0ddd"],
    "LT": ["ddddddddd", "dddddddddddd"],
    "LU": ["dddddddd"],
    "LV": ["ddddddddddd", "32ddddddddd", "0ddddd1dddd"],
    "MT": ["dddddddd"],
    "NL": ["dddddddddBdd"],
    "NO": ["ddddddddd"],
    "PL": ["dddddddddd"],
    "PT": ["ddddddddd"],
    "RO": ["d" * size for size in range(2, 11)],
    "SE": ["dddddddddd01", "dddddddddddd"],
    "SI": ["dddddddd"],
    "SK": ["dddddddddd", "dd2ddddddd"],
    "XI": ["ddddddddd", "dddddddddddd"],
}
"""`d` is any digit, `l` any letter, `x` either."""
NEVER_VALID = {"12ddddddl", "9ddddddd"}
SAMPLES = 700
MEANT: dict[str, Callable[[str], bool]] = {
    "BE": lambda number: not 1 <= int(number[8:]) <= 97,
    "IE": lambda number: len(number) == 9 and number[8] in "JKLMNOPQRSTUV",
    "SE": lambda number: number[10:] != "01",
}
"""Where we differ on purpose: Belgium gives check digits from 01 to 97, stdnum reckons modulo 97; Ireland's second
letters are A to I and W, stdnum takes every letter of the check; Sweden's last two digits are 02 for a person's second
business, stdnum wants 01. GD8888 and HA8888, by which EU systems know British offices, nobody types."""


def ours(prefix: str, number: str) -> bool:
    return bool(VAT[prefix].shape.fullmatch(number)) and VAT[prefix].check(number)


def theirs(prefix: str, number: str) -> bool:
    whole = {"CHE": f"CHE{number}MWST", "NO": f"NO{number}MVA"}.get(prefix, number)
    return oracle(prefix).is_valid(whole)


@cache
def oracle(prefix: str) -> Any:
    return get_cc_module({"EL": "gr", "XI": "gb", "CHE": "ch"}.get(prefix, prefix.lower()), "vat")


def drawn(form: str, random: Random) -> str:
    return "".join(random.choice(SIGNS.get(sign, sign)) for sign in form)


def test_every_country_is_compared() -> None:
    assert {*FORMS, "FR"} == set(VAT)


@pytest.mark.parametrize(("prefix", "form"), [(prefix, form) for prefix, forms in FORMS.items() for form in forms])
def test_both_take_the_same_numbers_for_valid(prefix: str, form: str) -> None:
    random = Random(form)
    numbers = [drawn(form, random) for _ in range(SAMPLES)]
    differing = [number for number in numbers if ours(prefix, number) != theirs(prefix, number)]
    assert [number for number in differing if not MEANT.get(prefix, lambda _: False)(number)] == []
    assert form in NEVER_VALID or any(ours(prefix, number) for number in numbers)


@pytest.mark.parametrize("form", ["dd", "xd", "dl", "lx", "ll"])
def test_a_french_key_fits_its_siren_or_not(form: str) -> None:
    random = Random(form)
    for _ in range(SAMPLES):
        body = random.choice(["000", drawn("ddd", random)]) + drawn("ddddd", random)
        siren = random.choice([body + luhn.calc_check_digit(body), body + "0"])
        number = drawn(form, random) + siren
        assert ours("FR", number) == theirs("FR", number), number


def test_one_siren_has_a_key_in_digits_and_some_with_letters() -> None:
    siren, signs = "303265045", DIGITS + LETTERS
    valid = [one + other for one in signs for other in signs if ours("FR", one + other + siren)]
    assert [key for key in valid if theirs("FR", key + siren)] == valid
    assert [key for key in valid if key.isdigit()] == ["40"]
    assert len(valid) > 50


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        ("BE0428759497", True),
        ("BE1470316298", False),
        ("IE6433435OA", True),
        ("IE6433435FW", True),
        ("IE1932861WS", False),
        ("SE556188840401", True),
        ("SE556188840402", True),
    ],
)
def test_where_we_differ_on_purpose(number: str, is_valid: bool) -> None:
    assert ours(number[:2], number[2:]) is is_valid
