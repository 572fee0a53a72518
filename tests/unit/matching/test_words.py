"""How far two words are apart, and what of them is alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from dealreg.matching.names.words import allowed_slips, common_start, grams, grams_of, slips, sound

WORDS = st.text("abc", max_size=7)


def test_slips_are_counted_as_others_count_them() -> None:
    """Every two words of up to four letters, and longer ones by chance below."""
    words = ["".join(letters) for letters in _words(4)]
    for one in words:
        for other in words:
            apart = OSA.distance(one, other)
            counted = [min(slips(one, other, most), most + 1) for most in (1, 2)]
            assert counted == [min(apart, 2), min(apart, 3)], (one, other)


@given(WORDS, WORDS, st.integers(0, 3))
def test_so_they_are_in_longer_words(one: str, other: str, most: int) -> None:
    assert min(slips(one, other, most), most + 1) == min(OSA.distance(one, other), most + 1)


def _words(longest: int) -> list[str]:
    words, last = [""], [""]
    for _ in range(longest):
        last = [word + letter for word in last for letter in "ab"]
        words += last
    return words


def test_a_longer_word_may_have_more_slips() -> None:
    assert [allowed_slips(length) for length in range(1, 9)] == [0, 0, 0, 1, 1, 2, 2, 2]


@given(st.text("abcde", min_size=1, max_size=9))
def test_runs_of_three_letters_mark_the_ends(word: str) -> None:
    marked = f"^{word}$"
    assert grams(word) == {"".join(run) for run in zip(marked, marked[1:], marked[2:], strict=False)}


def test_the_runs_of_words_are_those_of_each() -> None:
    assert grams_of(("ab", "c")) == {"^ab", "ab$", "^c$"}


@pytest.mark.parametrize(
    ("one", "other", "count"), [("", "", 0), ("a", "", 0), ("abc", "abd", 2), ("abc", "ab", 2), ("x", "y", 0)]
)
def test_what_two_words_begin_with(one: str, other: str, count: int) -> None:
    assert common_start(one, other) == common_start(other, one) == count


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        ("mueller", "mlr"),
        ("muller", "mlr"),
        ("philipp", "flp"),
        ("schmidt", "smdt"),
        ("schmitt", "smt"),
        ("acker", "akr"),
        ("thoma", "tm"),
        ("zwack", "svk"),
        ("cash", "ks"),
        ("quad", "kt"),
        ("yes", "is"),
        ("joey", "i"),
        ("goethe", "gt"),
        ("saeed", "st"),
    ],
)
def test_what_spellings_differ_in_is_not_heard(word: str, heard: str) -> None:
    assert sound(word) == heard
