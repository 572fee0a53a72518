"""Names as the matcher sees them."""

import pytest
from hypothesis import example, given

from dealreg.matching.names.normalise import normalise
from tests.unit.matching.names import FORMS, NAMES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Müller Maschinenbau GmbH & Co. KG", "muller maschinenbau"),
        ("PT Perdana Karya Perkasa Tbk", "perdana karya perkasa"),
        ("Svenska Handelsbanken AB (publ)", "sweden handelsbanken"),
        ("Universität für Bodenkultur", "university bodenkultur"),
        ("A. O. Smith", "ao smith"),
        ("AT&T INC.", "att"),
        ("MESA LABORATORIES INC /CO/", "mesa laboratory"),
        ("Ташкентский Университет", "tashkentskiy university"),
        ("Ελληνική Τράπεζα", "elliniki bank"),
        ("West Coast University (WCU)", "west coast university"),
        ("MediLink Therapeutics (Suzhou) Co., Ltd.", "medilink therapeutic suzhou"),
        ("Fund VIII", "fund 8"),
        ("(Otter) GmbH", "otter"),
    ],
)
def test_legal_forms_marks_and_scripts_are_put_aside(name: str, words: str):
    assert " ".join(normalise(name).words) == words


def test_traditional_and_simplified_characters_are_the_same():
    assert normalise("永和豆漿").words == normalise("永和豆浆").words


def test_the_original_is_kept():
    assert normalise("Żabka Polska S.A.").original == "Żabka Polska S.A."


def test_a_name_of_nothing_but_a_legal_form_keeps_it():
    assert normalise("Limited").words == ("limited",)


def test_words_of_a_script_that_no_table_has_are_words():
    one, other = normalise("ᚑᚌᚐᚋ GmbH"), normalise("ᚁᚂᚃ GmbH")
    assert one.forms == other.forms == {"gmbh"}
    assert len(one.words) == len(other.words) == 1
    assert one.words == normalise("ᚑᚌᚐᚋ").words != other.words


@example("Zwack S&P of")
@given(NAMES)
def test_what_is_normalised_is_normal(name: str):
    once = " ".join(normalise(name).words)
    assert " ".join(normalise(once).words) == once


@given(NAMES)
def test_there_is_always_a_word(name: str):
    assert all(normalise(name).words)


@given(NAMES, FORMS)
def test_a_legal_form_behind_a_name_changes_no_word(name: str, form: str):
    plain = " ".join(normalise(name).written)
    assert normalise(f"{plain} {form}").words == normalise(plain).words
