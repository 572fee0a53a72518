"""Where look-alikes meet."""

import pytest
from hypothesis import given

from dealreg.matching.names.keys import MAX_READ, MAX_WRITTEN, read_keys, written_keys
from dealreg.matching.names.normalise import normalise
from tests.unit.matching.names import FORMS, NAMES


@pytest.mark.parametrize(
    ("registered", "checked"),
    [
        ("Costain Group PLC", "costaingroup"),
        ("Blackstone Minerals Limited", "blakcstone minerals"),
        ("Funko, Inc.", "fuko"),
        ("Grand Canyon Education, Inc.", "canyon grand education"),
        ("Muro Corporation", "株式会社MURO"),
        ("Vista Gold Corp.", "vista gold France"),
        ("Digital Ocean, Inc.", "DigitalOcean Holdings"),
        ("TotalEnergies SE", "Total"),
        ("Smart Powerr Corp.", "smar powrer"),
    ],
)
def test_a_name_and_how_it_is_mistyped_meet(registered: str, checked: str):
    assert set(written_keys(normalise(registered))) & set(read_keys(normalise(checked)))


def test_a_common_word_alone_is_enough_in_a_small_country():
    registered, checked = normalise("Hospital Agostinho Neto"), normalise("Hospital Central")
    assert set(written_keys(registered, "CV")) & set(read_keys(checked, "CV"))
    assert not set(written_keys(registered, "CV")) & set(read_keys(checked, "PT"))


@given(NAMES)
def test_cost_has_a_limit_whatever_the_name(name: str):
    named = normalise(name)
    for country in (None, "DE"):
        assert 1 <= len(written_keys(named, country)) <= MAX_WRITTEN
        assert 1 <= len(read_keys(named, country)) <= MAX_READ


@given(NAMES, FORMS)
def test_legal_forms_and_case_do_not_part(name: str, form: str):
    plain = " ".join(normalise(name).written)
    typed = normalise(f"{plain.upper()} {form}")
    assert set(written_keys(normalise(plain), "DE")) & set(read_keys(typed))
    assert set(written_keys(typed)) & set(read_keys(normalise(plain), "DE"))
