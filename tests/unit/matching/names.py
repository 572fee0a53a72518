"""Names for tests: made-up ones, and for properties real words with legal forms, other scripts, and any text at all."""

from dataclasses import replace

from hypothesis import strategies as st

from dealreg.matching.names.normalise import Name, normalise

WORDS = st.sampled_from(
    "Zwack Müller Siemens Nordic Bank Group University of Łódź Tokyo Vision Data Систем 永和 Groupe 3 II S&P".split()
)
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join) | st.text(min_size=1, max_size=40)
FORMS = st.sampled_from(["GmbH", "Ltd.", "Inc.", "S.p.A.", "Co., Ltd.", "AG", "LLC", "B.V.", "Oyj", "Sp. z o.o."])
UNKNOWN = 15
"""Bits of a word that no table has."""


def named(text: str, *bits: int) -> Name:
    """A name of made-up words; `bits` where it matters how rare each is."""
    name = normalise(text)
    assert len(bits) in (0, len(name.words)), name.words
    return replace(name, bits=bits or (UNKNOWN,) * len(name.words))
