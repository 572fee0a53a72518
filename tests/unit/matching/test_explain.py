"""A score in words: each reason with the words of the names that it is about."""

import pytest

from dealreg.matching.names.align import align
from dealreg.matching.names.explain import explain, summary
from dealreg.matching.names.normalise import Name, normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Score
from tests.unit.matching.names import named

ONE, OTHER = named("Kestrel"), named("Kestrel Otter")


def scored(parts: dict[Reason, float], one: Name = ONE, other: Name = OTHER) -> Score:
    return Score(1.0, parts, align(one, other))


def told(reason: Reason, one: str | Name, other: str | Name) -> str:
    left, right = (normalise(name) if isinstance(name, str) else name for name in (one, other))
    return explain(scored({reason: 1.0}, left, right))[0].text


def test_the_weightiest_reasons_come_first_whether_they_speak_for_or_against() -> None:
    parts = {Reason.WORD_ORDER: 0.2, Reason.LETTERS: -0.9, Reason.NUMBER: 0.5}
    assert [(one.reason, one.points) for one in explain(scored(parts))] == [
        (Reason.LETTERS, -0.9),
        (Reason.NUMBER, 0.5),
        (Reason.WORD_ORDER, 0.2),
    ]


def test_what_hardly_counts_is_not_told() -> None:
    parts = {Reason.WORD_ORDER: 0.15, Reason.LETTERS: -0.15, Reason.NUMBER: 0.14, Reason.ACRONYM: -0.14}
    assert [one.reason for one in explain(scored(parts))] == [Reason.WORD_ORDER, Reason.LETTERS]


def test_a_summary_has_the_four_weightiest_in_one_line() -> None:
    parts = {
        Reason.WORD_ORDER: 0.2,
        Reason.NAME_EQUAL: 2.0,
        Reason.COUNTRY: 1.5,
        Reason.NUMBER: 1.2,
        Reason.LEGAL_FORM: 1.0,
    }
    assert summary(scored(parts), "HU", "HU") == (
        "names equal but for form, case and order; same country HU; same numbers; no legal form"
    )


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("HU", "HU", "same country HU"),
        ("HU", "AT", "country differs: HU, AT"),
        ("HU", None, "country unknown"),
        (None, "AT", "country unknown"),
        (None, None, "country unknown"),
    ],
)
def test_countries(one: str | None, other: str | None, text: str) -> None:
    score = scored({Reason.COUNTRY: 1.0})
    assert explain(score, one, other)[0].text == summary(score, one, other) == text


@pytest.mark.parametrize(
    ("reason", "one", "other", "text"),
    [
        (Reason.RARE_WORD, "Kestrel", "Otter", "no word in both"),
        (Reason.RARE_WORD, "Velmadon", "Velmadot", "no word in both"),
        (Reason.RARE_WORD, named("Zwack Igel", 11, 9), named("Zwack Igel", 11, 9), "rare word zwack in both"),
        (
            *(Reason.RARE_WORD, named("Igel Zwack Otter", 12, 15, 9), named("Igel Zwack Otter", 12, 15, 9)),
            "rare words zwack, igel in both",
        ),
        (
            *(Reason.RARE_WORD, named("Zwack Igel", 10, 9), named("Igel Zwack", 9, 10)),
            "only common words in both: zwack, igel",
        ),
        (Reason.RARE_WORD, named("Software"), named("Soft Ware"), "rare word software in both"),
        (Reason.RARE_WORD, named("Otter Kestrels"), named("Kestrel"), "rare word kestrels in both"),
        (Reason.FIRST_WORD, "Kestrel Otter", "Kestrel Igel", "first words belong together"),
        (Reason.FIRST_WORD, "Otter Kestrel", "Kestrel Igel", "first words differ"),
        (Reason.FIRST_WORD, "Kestrel Igel", "Otter Kestrel", "first words differ"),
        (Reason.SAME_WORDS, "Kestrel Otter Igel", "Kestrel Zwack", "1 of 3 and 1 of 2 words belong together"),
        (Reason.SAME_WORDS, "Software", "Soft Ware", "1 of 1 and 2 of 2 words belong together"),
        (Reason.EXTRA_WORDS, "Kestrel", "Kestrel", "no word is left over"),
        (Reason.EXTRA_WORDS, "Kestrel Otter Igel", "Kestrel", "only one has otter, igel"),
        (Reason.EXTRA_WORDS, "Kestrel", "Kestrel Otters", "only one has otters"),
        (Reason.EXTRA_WORDS, "Kestrel Otter", "Kestrel Igel", "otter in one, igel in the other"),
        (Reason.PLACE_DIFFERS, "Kestrel France", "Kestrel Otter Italy", "place france, italy in one name"),
        (Reason.PLACE_DIFFERS, "Kestrel Otter", "Kestrel", "no place differs"),
        (Reason.KIND, "Kestrel", "Otter", "no kind of organisation is named"),
        (Reason.KIND, "Kestrel Bank", "Kestrel", "kind of organisation: bank"),
        (Reason.KIND, "Kestrel", "University Hospital", "kind of organisation: edu, med"),
        (Reason.KIND, "Kestrel Bank", "Otter Bank", "kind of organisation: bank"),
        (Reason.KIND, "University Hospital", "Kestrel Bank", "one is of the kind edu, med, the other bank"),
        (Reason.KIND, "Kestrel Bank", "University Hospital", "one is of the kind bank, the other edu, med"),
        (Reason.LEGAL_FORM, "Kestrel", "Kestrel", "no legal form"),
        (Reason.LEGAL_FORM, "Kestrel GmbH & Co. KG", "Kestrel", "only one has a legal form: co_kg, gmbh"),
        (Reason.LEGAL_FORM, "Kestrel", "Kestrel AG", "only one has a legal form: ag"),
        (Reason.LEGAL_FORM, "Kestrel GmbH & Co. KG", "Otter GmbH & Co. KG", "same legal form co_kg, gmbh"),
        (Reason.LEGAL_FORM, "Kestrel GmbH & Co. KG", "Kestrel AG", "legal form differs: co_kg, gmbh, ag"),
        (Reason.NUMBER, "Kestrel 3", "Kestrel III", "same numbers"),
        (Reason.NUMBER, "Kestrel 3", "Kestrel 7 9", "numbers differ: 3, 7, 9"),
        (Reason.NUMBER, "Kestrel 3", "Kestrel", "numbers differ: 3, none"),
        (Reason.NUMBER, "Kestrel", "Kestrel 3", "numbers differ: none, 3"),
        (Reason.SPELLING, "Kestrel Telson", "Kestrel Tel", "no slip of the keys"),
        (Reason.SPELLING, "Kestrel Velmadon", "Kestrel Velmadots", "other spelling: velmadon ~ velmadots"),
        (Reason.SPELLING, "Philipp", "Filip", "other spelling: philipp ~ filip"),
        (Reason.TRANSLATED, "Kestrel Bank", "Kestrel Bank", "nothing is translated"),
        (Reason.TRANSLATED, "Kestrel Velmadon", "Kestrel Velmadot", "nothing is translated"),
        (Reason.TRANSLATED, "Kestrel Banque", "Bank Kestrel", "the same in other words: banque ~ bank"),
        (Reason.LETTERS, "Zwick", "Zwicken", "66 % of the letters are alike"),
        (Reason.LETTERS, "Kestrel", "Kestrel", "100 % of the letters are alike"),
        (Reason.WORD_ORDER, "Kestrel Otter", "Kestrel Otter", "same word order"),
        (Reason.WORD_ORDER, "Kestrel Otter", "Otter Kestrel", "other word order"),
        (Reason.ACRONYM, "Kestrel", "Kestrel", "no initials of the other name"),
        (Reason.ACRONYM, "Kestrel Otter Badger", "KOB", "initials: kestrel otter badger ~ kob"),
        (Reason.ACRONYM, "KO Zwack", "Zwack Kestrel Otter", "initials: ko ~ kestrel otter"),
    ],
)
def test_each_reason_names_the_words_it_is_about(reason: Reason, one: str | Name, other: str | Name, text: str) -> None:
    assert told(reason, one, other) == text


def test_every_reason_has_words() -> None:
    assert len(explain(scored(dict.fromkeys(Reason, 1.0)))) == len(Reason)
