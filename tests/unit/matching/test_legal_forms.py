"""Which words of a name are its legal form, which are its own, and how its words are taken apart."""

import pytest

from dealreg.matching.names.normalise import initials, kinds_of, normalise, singular


def read(name: str) -> tuple[str, str]:
    """Its own words as they are written, and its legal forms."""
    named = normalise(name)
    return " ".join(named.written), " ".join(sorted(named.forms))


@pytest.mark.parametrize(
    ("name", "words", "forms"),
    [
        pytest.param("Kestrel GmbH", "kestrel", "gmbh", id="at the end"),
        pytest.param("Kestrel Pty Ltd", "kestrel", "pty_ltd", id="of two words, as one"),
        pytest.param("Kestrel S.A. de C.V.", "kestrel", "sa_de_cv", id="of three"),
        pytest.param("Kestrel GmbH & Co. KG", "kestrel", "co_kg gmbh", id="two forms, the & between them gone"),
        pytest.param("Kestrel AG & Co. KGaA", "kestrel", "ag co kgaa", id="a short form is not one word with Co"),
        pytest.param("Kestrel SE&Co. KG", "kestrel", "co_kg se", id="nor without spaces"),
        pytest.param("H & M Kestrel", "hm kestrel", "", id="two short words are one name"),
        pytest.param("Kestrel AG and", "kestrel", "ag", id="a little word behind a form goes"),
        pytest.param("Kestrel Mills and", "kestrel mills", "", id="a little word at the end is none and goes"),
        pytest.param("OOO PT Kestrel", "kestrel", "ooo pt", id="at the beginning"),
        pytest.param("PT", "pt", "", id="a form at the beginning alone is the name"),
        pytest.param("Limited", "limited", "", id="so is one at the end"),
        pytest.param("Pty Ltd", "pty", "ltd", id="of a form of two words the first"),
        pytest.param("PT Ltd", "pt", "ltd", id="of two the first is the name"),
        pytest.param("The Ltd", "the", "ltd", id="even a little word"),
        pytest.param("Limited Kestrel", "limited kestrel", "", id="most forms do not stand in front"),
        pytest.param("Kestrel (GmbH)", "kestrel", "gmbh", id="in brackets"),
        pytest.param("Kestrel GmbH (Otter AG)", "kestrel otter", "ag gmbh", id="there and before them"),
        pytest.param("(Otter) GmbH", "otter", "gmbh", id="beside a name in brackets"),
        pytest.param("(Otter)", "otter", "", id="a name in brackets alone"),
        pytest.param("Kestrel Ltd Kiel", "kestrel", "ltd", id="what is behind a form is a place"),
        pytest.param("Kestrel Pty Ltd Kiel Otter", "kestrel", "pty_ltd", id="or several words"),
        pytest.param(
            "Kestrel Limited Liability Co Kiel", "kestrel", "limited_liability_co", id="a form of three words"
        ),
        pytest.param("Kestrel Mills Inc Ltd Kiel", "kestrel mills", "inc", id="behind the first of two forms"),
        pytest.param("Kestrel AG Ltd Kiel", "kestrel", "ag ltd", id="a form before it is one too"),
        pytest.param("Ltd Kestrel Ltd Kiel", "ltd kestrel", "ltd", id="but the first word is no form"),
        pytest.param("Kestrel GmbH & Co. KG Kiel", "kestrel", "gmbh", id="behind a form with partners"),
        pytest.param("Kestrel GmbH Kiel KG", "kestrel", "gmbh kg", id="before the second of two forms"),
        pytest.param("Kestrel GmbH Co KG Otter Fund", "kestrel gmbh co kg otter fund", "", id="a fund behind partners"),
        pytest.param("Kestrel GmbH & Co. KG Fund", "kestrel gmbh co kg fund", "", id="or its bare word"),
        pytest.param("Kestrel GmbH & Co. Objekt KG", "kestrel gmbh co objekt", "kg", id="a company of its own"),
        pytest.param("Kestrel GmbH Objekt KG Kiel", "kestrel", "gmbh", id="no partners, no company of its own"),
        pytest.param("Kestrel Ltd Otter Fund", "kestrel ltd otter fund", "", id="a fund is named behind its company"),
        pytest.param("Kestrel Ltd Income", "kestrel ltd income", "", id="by any word for one"),
        pytest.param("Kestrel Ltd Stiftung", "kestrel ltd stiftung", "", id="and so is a foundation"),
        pytest.param("Kestrel Ltd 3", "kestrel ltd 3", "", id="a number behind a form is another company"),
        pytest.param("Kestrel Ltd III", "kestrel ltd iii", "", id="a Roman one too"),
    ],
)
def test_legal_forms_are_told_from_the_name(name: str, words: str, forms: str) -> None:
    assert read(name) == (words, forms)


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        pytest.param("R+V Kestrel", "rv kestrel", id="letters joined by a plus"),
        pytest.param("H & M Kestrel", "hm kestrel", id="by an ampersand, with spaces"),
        pytest.param("Ä&Ö Kestrel", "ao kestrel", id="with marks"),
        pytest.param("Zwack & Otter", "zwack and otter", id="words are not joined"),
        pytest.param("Zwack+Otter", "zwack and otter", id="nor by a plus without spaces"),
        pytest.param("Zwack und Otter", "zwack und otter", id="a word for it stays as it is"),
        pytest.param("★★", "u26052605", id="signs alone are a word"),
        pytest.param(" ★ ", "u2605", id="spaces around them are no part of it"),
        pytest.param("★" * 17, "u" + "2605" * 16, id="of sixteen signs at most"),
        pytest.param("www.silver-otter.com", "silver otter", id="a domain stands for the name in it"),
        pytest.param("X.com", "x com", id="not for one letter"),
        pytest.param("silver otter.com", "silver otter com", id="but not behind another word"),
    ],
)
def test_a_name_is_taken_apart_into_what_is_spoken(name: str, spoken: str) -> None:
    assert " ".join(normalise(name).spoken) == spoken


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("mills", "mill"),
        ("companies", "company"),
        ("flies", "fly"),
        ("cars", "cars"),
        ("glass", "glass"),
        ("corpus", "corpus"),
        ("tennis", "tennis"),
        ("otter", "otter"),
    ],
)
def test_a_plural_is_told_from_a_word_in_s(word: str, one: str) -> None:
    assert singular(word) == one


def test_initials_are_of_all_words_and_of_those_that_count() -> None:
    assert initials(["university", "of", "zwack"]) == ("uoz", "uz")


def test_words_say_kinds_of_organisation() -> None:
    assert kinds_of(["kestrel", "academy", "bank"]) == {"edu", "sci", "bank"}
