"""Ids as people write them, with the examples of python-stdnum as the real forms of each country."""

import doctest
import pkgutil
import re
from typing import Any

import pytest
import stdnum
from hypothesis import given
from hypothesis import strategies as st
from stdnum import get_cc_module

from dealreg.matching.identifiers import Scheme, duns, lei, tax_id
from dealreg.matching.identities import identify, problems_of
from dealreg.matching.vat import VAT
from dealreg.platform.countries import countries

EXAMPLE = re.compile(r"(?:validate|is_valid|compact)\('([^']+)'\)")
LEFT_OUT = {"1630615123457", "M-1234567-L", "024165", "121J"}
"""A Romanian's own number, one that is counted up, and two that python-stdnum itself shortens or fills."""
FORMS = ["{}", "{} ", "VAT No.: {}", "Tax ID {}", "vat {}"]


def examples() -> list[tuple[str, str]]:
    """Numbers that python-stdnum gives as valid, by country."""
    found: list[tuple[str, str]] = []
    for package in pkgutil.iter_modules(stdnum.__path__):
        country = package.name.strip("_").upper()
        module: Any = get_cc_module(package.name, "vat") if package.ispkg and country in countries() else None
        for example in doctest.DocTestParser().get_examples(module.__doc__ or "") if module else []:
            text = EXAMPLE.match(example.source)
            if text and module.is_valid(text[1]) and text[1] not in LEFT_OUT:
                found.append((country, text[1]))
    return sorted(found)


EXAMPLES = examples()
VAT_COUNTRIES = {prefix: {"EL": "GR", "XI": "GB", "CHE": "CH"}.get(prefix, prefix) for prefix in VAT}


def compact(country: str, text: str) -> str:
    module: Any = get_cc_module(country.lower(), "vat")
    return module.compact(text)


def claim(text: str, country: str | None) -> tuple[str, ...]:
    return identify([], {"tax_id": text, "country": country}).claims


def test_there_is_a_large_set_of_examples() -> None:
    assert len({country for country, _ in EXAMPLES}) > 70
    assert len(EXAMPLES) > 110


@pytest.mark.parametrize(("country", "text"), EXAMPLES)
def test_a_number_is_one_however_it_is_written(country: str, text: str) -> None:
    bare = compact(country, text)
    grouped = " ".join(bare[start : start + 3] for start in range(0, len(bare), 3))
    whole = [text, bare, bare.lower(), grouped]
    whole += [] if bare[:2].isalpha() else [f"{country} {bare}", f"{country}{bare}"]
    written = [form.format(one) for one in whole for form in FORMS]
    keys = {one: tax_id(one, country).key for one in written}
    assert set(keys.values()) == {tax_id(bare, country).key}, keys
    said = identify([], {"tax_id": text, "country": country})
    assert said.claims or tax_id(text, country).is_nobodys


@pytest.mark.parametrize(("country", "text"), [one for one in EXAMPLES if one[0] in VAT_COUNTRIES.values()])
def test_a_valid_vat_id_is_known_whatever_the_country(country: str, text: str) -> None:
    own = tax_id(text, country)
    if own.problem is None:
        assert own.scheme is Scheme.VAT
        assert {tax_id(own.value, other).key for other in (None, "US", "JP", country)} == {own.key}


@pytest.mark.parametrize(
    ("country", "one", "others"),
    [
        ("GR", "EL094014201", ["GR094014201", "094014201", "94014201", "ΑΦΜ: 094014201", "ΕΛ 094 014 201"]),
        ("BE", "BE0403170701", ["BE 403.170.701", "403170701", "BE (0)403.170.701", "btw be 0403.170.701"]),
        (
            "DE",
            "DE136695976",
            ["USt-IdNr.: DE 136 695 976", "USt.-ID-Nr. DE136695976", "USTID136695976", "１３６６９５９７６"],
        ),
        ("CH", "CHE116281710", ["CH-116.281.710", "CHE-116.281.710 MWST", "UID: CHE-116.281.710", "116281710 TVA"]),
        ("AT", "ATU13585627", ["UID-Nr.: ATU 1358 5627", "13585627", "U13585627"]),
        ("FR", "FR40303265045", ["SIRET 303 265 045 00012", "SIREN 303265045", "303 265 045", "TVA FR 40 303265045"]),
        ("SE", "SE556188840401", ["556188-8404", "org.nr. 556188-8404", "SE 5561888404-01"]),
        ("HU", "HU12892312", ["12892312-2-41", "HU-12892312", "adószám: 12892312-2-41"]),
        ("NL", "NL004495445B01", ["NL4495445B01", "BTW-nummer NL 0044.95.445.B.01"]),
        ("IT", "IT00743110157", ["P.IVA 00743110157", "Partita IVA: IT00743110157", "p. iva it 00743110157"]),
        ("ES", "ESB58378431", ["CIF B-58378431", "N.I.F.: B58378431", "ES B-58378431"]),
        ("FI", "FI20774740", ["2077474-0", "Y-tunnus: 2077474-0"]),
        ("NO", "NO995525828", ["Org.nr. 995 525 828", "NO 995 525 828 MVA"]),
        ("MC", "FR53000004605", ["53 0000 04605", "FR 53 000 004 605"]),
        ("GB", "GB980780684", ["VAT Reg No. 980 7806 84", "UK 980780684", "VATGB980780684"]),
        ("MX", "MXDEA940720TA5", ["DEA-940720-TA5", "RFC: DEA 940720 TA5", "dea940720ta5"]),
        ("MX", "MXCHE800102AK3", ["CHE 800102 AK3", "CHE800102AK3"]),
        ("MX", "MXMXA940720TA5", ["MXA940720TA5", "MXA-940720-TA5", "RFC MXA940720TA5"]),
        ("US", "US981654321", ["98-1654321", "EIN 98-1654321", "EIN98-1654321", "us 98-1654321"]),
        ("AU", "AU83914571673", ["ABN 83 914 571 673", "ABN: 83914571673"]),
        ("JP", "JP5835678256246", ["T5835678256246", "5-8356-7825-6246", "T 5835678256246"]),
        ("CA", "CA123026635", ["12302 6635 RC 0001", "BN 123026635RT0001"]),
        ("RU", "RU7707083893", ["ИНН 7707083893", "ИНН/КПП 7707083893/773601001"]),
    ],
)
def test_what_people_leave_out_or_add_makes_no_other_number(country: str, one: str, others: list[str]) -> None:
    assert {other: claim(other, country) for other in others} == dict.fromkeys(others, (f"tax#{one}",))


@pytest.mark.parametrize(
    "text",
    [
        *("GR094014201", "EL 094014201", "USt-IdNr.: DE136695976", "CH-116.281.710", "UK980780684"),
        *("BR 16.727.230/0001-97", "SIRET 303 265 045 00012", "P.IVA 00743110157", "CNPJ 16.727.230/0001-97"),
        "EIN 98-1654321",
    ],
)
def test_an_id_that_says_its_country_needs_no_other(text: str) -> None:
    assert claim(text, None)


@pytest.mark.parametrize("prefix", sorted({*VAT, "GR", "CH"}))
def test_letters_that_look_like_a_country_are_the_given_countrys_own(prefix: str) -> None:
    number = f"{prefix:X<3}940720TA5"
    assert claim(number, "MX") == (f"tax#MX{number}",)
    assert all(not known.startswith(f"tax#{prefix}") for known in identify([], {"tax_id": number}).claims)


@pytest.mark.parametrize("text", ["HRB 12345", "HRB12345", "Amtsgericht Hamburg, HRB 12345", "HRB 12345 B"])
def test_a_number_of_a_register_is_worth_a_look_and_claims_nothing(text: str) -> None:
    for country in ("DE", None):
        known = identify([], {"tax_id": text, "country": country})
        assert (known.claims, known.hints, known.numbers) == ((), ("tax#DEHRB12345",), {})
        assert "register" in problems_of({"tax_id": text, "country": country})["tax_id"]


NOBODYS = [
    *(
        "pending",
        "PENDING 2026",
        "not available",
        "n/a",
        "none",
        "unbekannt",
        "folgt bis 12.12.2026",
        "to be confirmed",
    ),
    *("DE000000000", "000000000", "0000", "123456789", "DE123456789", "987654321", "111111111", "999999990"),
    *("00-0000000", "12-3456789", "XX-XXXXXXX", "DEXXXXXXXXX", "1234567890", "012345678", "121212121", "123123123"),
    *("FR00000000000", "ATU12345678", "ATU00000000", "B00000000", "00000000T", "NL000000000B00", "GB000000001"),
    *(
        "XAXX010101000",
        "XEXX010101000",
        "USt-IdNr.: 123456789",
        "----",
        "???",
        "keine USt-ID",
        "DE",
        "tbd",
        "Steuernummer folgt",
    ),
]


@pytest.mark.parametrize("text", NOBODYS)
@pytest.mark.parametrize("country", [None, "DE", "US", "MX", "GR", "CH"])
def test_what_is_nobodys_is_a_warning_and_nothing_else(text: str, country: str | None) -> None:
    company = {"tax_id": text, "country": country}
    known = identify([], company)
    assert (known.claims, known.hints, known.numbers) == ((), (), {})
    assert list(problems_of(company)) == ["tax_id"]


@pytest.mark.parametrize(
    "text", ["000000000", "123456789", "999999999", "pending", "n/a 00", "00-000-0001", "XXXXXXXXX"]
)
def test_so_is_a_duns_number_or_an_lei(text: str) -> None:
    for field in ("duns", "lei"):
        known = identify([], {field: text})
        assert (known.claims, known.hints, known.numbers) == ((), (), {})
        assert list(problems_of({field: text})) == [field]


@given(st.integers(1_000_000, 999_999_999).map("{:09}".format))
def test_a_duns_number_without_its_first_zeros_is_the_same(number: str) -> None:
    written = [number, number.lstrip("0"), f"D-U-N-S {number}", f"DUNS: {number[:2]}-{number[2:5]}-{number[5:]}"]
    assert len({duns(text).key for text in written}) == 1


def test_an_lei_is_the_same_with_its_name_in_front() -> None:
    assert {lei(text).key for text in ("LEI: 529900T8BM49AURSDO55", "lei 5299 00T8 BM49 AURS DO55")} == {
        "lei#529900T8BM49AURSDO55"
    }


@given(st.text(max_size=40), st.none() | st.sampled_from(sorted(countries())))
def test_any_text_is_read_and_read_again_alike(text: str, country: str | None) -> None:
    read = tax_id(text, country)
    assert re.fullmatch(r"[A-Z0-9]*", read.value)
    assert read.problem is None or read.problem
    if read.problem is None:
        assert tax_id(read.value, country).key == read.key
