"""Names of any writing in lower-case ASCII letters, and their words."""

import pytest

from dealreg.matching.names.letters import is_inside, split, to_ascii


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Kestrel", "kestrel"),
        ("Żabka", "zabka"),
        ("Łódź", "lodz"),
        ("Großmann", "grossmann"),
        ("A\u0301vila", "avila"),
        ("Ωμέγα", "omega"),
        ("Київ", "kiiv"),
        ("東京", "dongjing"),
        ("Zwack東京", "zwackdongjing"),
        ("カラ", "kara"),
        ("ガス", "gasu"),
        ("서울", "seoul"),
        ("ﬁn", "fin"),
        ("Ⅷ", "viii"),
        ("１２", "12"),
        ("Żak & Co.", "zak & co."),
    ],
)
def test_every_letter_is_written_in_ascii(text: str, letters: str) -> None:
    assert to_ascii(text) == letters


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Kestrel-Mills, Kiel", ["kestrel", "mills", "kiel"], id="signs part words"),
        pytest.param("K'estrel’s`x", ["kestrelsx"], id="an apostrophe does not"),
        pytest.param("Kestrel S.p.A. Otter", ["kestrel", "spa", "otter"], id="initials with dots are one word"),
        pytest.param("Kestrel S.p.A.Otter", ["kestrel", "spa", "otter"], id="even where no space follows"),
        pytest.param("Kestrel S.p.A. X", ["kestrel", "spa", "x"], id="and a letter behind them another"),
        pytest.param("U.S.A", ["usa"], id="without the last dot too"),
        pytest.param("A.O.-Kestrel", ["ao", "kestrel"], id="beside another sign"),
        pytest.param("s p a Kestrel", ["spa", "kestrel"], id="lone letters in a row are one word"),
        pytest.param("Kestrel a b Otter c", ["kestrel", "ab", "otter", "c"], id="each row by itself"),
        pytest.param("a 1 b c 2 3", ["a", "1", "bc", "2", "3"], id="digits are not joined"),
    ],
)
def test_names_are_split_into_words(text: str, words: list[str]) -> None:
    assert split(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("東京電", "東京電力", id="its beginning"),
        pytest.param("京電力", "東京電力", id="its end"),
        pytest.param("京電力", "東京電力会", id="its middle"),
        pytest.param("東京電力", "東京西電力", id="two signs at either end"),
        pytest.param("東京電力会", "東京西電力会", id="two at the beginning, three at the end"),
        pytest.param("東京電力会", "東京電西力会", id="three at the beginning, two at the end"),
        pytest.param("株式会社東京電", "東京電力(株)", id="without legal forms"),
        pytest.param("東京電機", "東京電機ABC", id="letters are signs too"),
    ],
)
def test_a_name_in_han_is_inside_another(one: str, other: str) -> None:
    assert is_inside(one, other)
    assert is_inside(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("東京", "東京電力", id="two signs"),
        pytest.param("東京電力", "東京電力", id="the same name"),
        pytest.param("東京電", "東西京電", id="one sign at the beginning"),
        pytest.param("東京電力会", "東西京電力会", id="even of five"),
        pytest.param("東京電力会", "東京電力西会", id="one sign at the end"),
        pytest.param("東京電力", "西東京北電力", id="another beginning"),
        pytest.param("東京電力", "東京西電力北", id="another end"),
        pytest.param("ABC", "ABC東京電", id="letters inside a name in Han"),
        pytest.param("ABC", "ABCD", id="letters inside letters"),
    ],
)
def test_a_name_is_not_inside_another(one: str, other: str) -> None:
    assert not is_inside(one, other)
    assert not is_inside(other, one)
