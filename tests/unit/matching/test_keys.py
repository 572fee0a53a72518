"""Where look-alikes meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching.names.keys import MAX_READ, MAX_WRITTEN, read_keys, read_keys_of, written_keys
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
        ("Genesis Energy Limited", "geesis eneergy"),
        ("Intradel", "intgadel"),
        ("Sports Direct International plc", "sportsdirect.com"),
        ("North Wind Trading Company International Ltd", "www.northwindtrading.com"),
        ("Lake View Medical Group of Ohio Inc", "lakeviewmedicalgroup.com"),
    ],
)
def test_a_name_and_how_it_is_mistyped_meet(registered: str, checked: str):
    assert set(written_keys(normalise(registered))) & set(read_keys(normalise(checked)))


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_of_several_names_each_is_looked_for_and_the_cost_is_that_of_one(names: list[str]):
    each = [normalise(name) for name in names]
    keys = read_keys_of(each, "DE")
    assert len(keys) == len(set(keys)) <= MAX_READ
    assert {read_keys(name, "DE")[0] for name in each} <= set(keys)
    assert len(keys) == min(MAX_READ, len({key for name in each for key in read_keys(name, "DE")}))


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
