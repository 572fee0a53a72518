"""Names for properties: real words with legal forms, marks and other scripts, and any text at all."""

from hypothesis import strategies as st

WORDS = st.sampled_from(
    "Zwack Müller Siemens Nordic Bank Group University of Łódź Tokyo Vision Data Систем 永和 Groupe 3 II S&P".split()
)
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join) | st.text(min_size=1, max_size=40)
FORMS = st.sampled_from(["GmbH", "Ltd.", "Inc.", "S.p.A.", "Co., Ltd.", "AG", "LLC", "B.V.", "Oyj", "Sp. z o.o."])
