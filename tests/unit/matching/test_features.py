"""What two names have in common, as numbers: each case is one question, its answer, and what it shows."""

import pytest

from dealreg.matching.names.align import align
from dealreg.matching.names.features import FEATURES, WordPoints, measure
from dealreg.matching.names.normalise import Name
from tests.unit.matching.names import named

EDU, MED, BANK, SCI, NONE, NO_REST = 0, 1, 4, 5, 9, 10
"""Kinds of organisation in the order in which they count, no kind, and no word that could say one."""
POINTS: WordPoints = {"kestrel": (1, 2, 4), "otter": (10, 20, 40), "igel": (100, 200, 400), "#15": (0.25, 0.5, 8)}
"""Of a word as an extra one, as a replaced one, as a shared one."""


def values(one: Name, other: Name, points: WordPoints | None = None) -> dict[str, float]:
    """The same whichever name comes first, but for rounding and for how many slips above three there are."""
    found, back = (
        dict(zip(FEATURES, measure(align(*pair), points or {}), strict=True)) for pair in ((one, other), (other, one))
    )
    assert found == pytest.approx(back | {"name_slips": found["name_slips"]})
    assert min(found["name_slips"], 4) == min(back["name_slips"], 4)
    return found


def value(feature: str, one: str, other: str) -> float:
    return values(named(one), named(other))[feature]


def test_what_the_links_add_up_to_is_told_as_it_is() -> None:
    """Given two words the same, in the other order, one of them translated, and a word mistyped."""
    said = values(
        named("Kestrel Banque Velmadon Igel", 12, 7, 15, 9), named("Bank Kestrel Velmadno Otter", 7, 12, 10, 8)
    )
    told = (
        *(("top", 12), ("top_first", 1), ("top_over_rest", 12 - 8), ("second", 7), ("shared_bits", 12 + 7 + 8.75)),
        *(("first_bits", 0), ("lead", 0), ("last", 0), ("slips", 1), ("slip_closeness", 0.875), ("slip_length", 8)),
        *(("slip_unknown", 2), ("slip_kind", 1), ("stems", 0), ("translated", 1), ("order", 1), ("acronym", 0)),
    )
    assert [(feature, said[feature]) for feature, _ in told] == list(told)


def test_first_and_last_words() -> None:
    said = values(named("Kestrels Igel"), named("Kestrel Igel"))
    assert (said["first_bits"], said["last"], said["stems"], said["lead"]) == (15, 3, 1, 0)
    assert value("lead", "Kestrel Otter", "Igel Otter") == 2
    assert value("lead", "Kestrel Otter", "Otter Igel") == 1


@pytest.mark.parametrize(
    ("one", "other", "strength"),
    [
        pytest.param(named("Kestrel Otter", 15, 9), named("Kestrel Igel", 15, 9), 3, id="the rarest word of both"),
        pytest.param(named("Kestrel Otter", 15, 9), named("Igel Otter", 15, 9), 0, id="only a less rare one"),
        pytest.param(named("Kestrel Otter", 9, 15), named("Kestrel", 9), 3, id="the rarest of one name is enough"),
        pytest.param(named("Velmadon Otter", 15, 9), named("Velmadot Igel", 15, 9), 2, id="a slip apart"),
        pytest.param(named("Kestrel Telson", 15, 15), named("Tel Igel", 15, 15), 1, id="of two as rare the stronger"),
    ],
)
def test_how_strongly_the_rarest_word_is_linked(one: Name, other: Name, strength: int) -> None:
    assert values(one, other)["rarest_linked"] == strength


def test_how_much_of_either_name_is_linked() -> None:
    """Given 10 of 20 bits in one name the same and 10 of 25 in the other, and a part of half a word beside them."""
    said = values(named("Kestrel Telson Igel", 10, 4, 6), named("Kestrel Tel Otter", 10, 4, 11))
    assert said["same_lo"] == pytest.approx(10 / 25)
    assert (said["covered_lo"], said["covered_hi"]) == pytest.approx((12 / 25, 12 / 20))
    assert said["covered"] == pytest.approx(24 / 45)
    assert said["letters_hi"] == pytest.approx((7 + 3) / 17)
    assert said["words_hi"] == 3
    assert value("words_hi", "Kestrel", "Kestrel Otter") == 2


class TestWordsLeftOver:
    def test_of_one_name_are_extra_of_both_are_replaced_and_the_same_are_shared(self) -> None:
        """By their own points and those of words as rare as they are, as far as there are any."""
        extra = values(named("Kestrel Otter Igel Zwack", 15, 15, 9, 9), named("Kestrel", 15), POINTS)
        assert (extra["rest_points_lo"], extra["rest_points_hi"], extra["shared_points"]) == (0, 10 + 0.25 + 100, 4)
        replaced = values(named("Kestrel Otter", 15, 15), named("Kestrel Igel", 15, 9), POINTS)
        assert (replaced["rest_points_lo"], replaced["rest_points_hi"]) == (20 + 0.5, 200)
        both = values(named("Kestrel Otter Zwack"), named("Otter Kestrel"), POINTS)
        assert both["shared_points"] == 44

    def test_count_by_their_bits(self) -> None:
        said = values(named("Kestrel Otter Igel", 15, 9, 12), named("Kestrel Zwack", 15, 11))
        assert (said["rest_bits_hi"], said["rest_top_lo"], said["top_over_rest"]) == (21, 11, 4)
        assert said["rest_words_lo"] == 1
        said = values(named("Kestrel Otter", 15, 9), named("Kestrel", 15))
        assert (said["rest_bits_hi"], said["rest_top_lo"], said["rest_words_lo"]) == (9, 0, 0)

    @pytest.mark.parametrize(
        ("one", "other", "where"),
        [
            pytest.param("Kestrel", "Kestrel", 0, id="none"),
            pytest.param("Kestrel Otter", "Kestrel", 1, id="behind"),
            pytest.param("Otter Kestrel", "Kestrel", 2, id="before"),
            pytest.param("Otter Kestrel Igel", "Kestrel", 3, id="around"),
            pytest.param("Kestrel Otter Zwack", "Kestrel Zwack", 3, id="between"),
            pytest.param("Kestrel Otter", "Kestrel Igel", 1 * 5 + 1, id="behind both"),
            pytest.param("Kestrel Otter", "Igel Kestrel", 1 * 5 + 2, id="behind one and before the other"),
            pytest.param("Otter Kestrel Zwack", "Kestrel Igel", 1 * 5 + 3, id="around one and behind the other"),
            pytest.param("Otter", "Igel", 4 * 5 + 4, id="all"),
        ],
    )
    def test_where_they_are(self, one: str, other: str, where: int) -> None:
        assert value("rest_where", one, other) == where

    @pytest.mark.parametrize(
        ("one", "other", "places"),
        [
            pytest.param("Kestrel Otter", "Kestrel", 0, id="no place"),
            pytest.param("Kestrel France", "Kestrel France", 0, id="no place that is left over"),
            pytest.param("Kestrel Otter France", "Kestrel", 1, id="with another word"),
            pytest.param("Kestrel France", "Kestrel Otter", 1, id="with a word in the other name"),
            pytest.param("Kestrel France", "Kestrel", 2, id="alone"),
            pytest.param("Kestrel", "Kestrel", 0, id="nothing is left over"),
            pytest.param("Kestrel France", "Kestrel Italy", 3, id="one on either side"),
            pytest.param("Kestrel France Otter", "Kestrel Italy", 3, id="on either side, and another word"),
        ],
    )
    def test_whether_they_are_places(self, one: str, other: str, places: int) -> None:
        assert value("rest_places", one, other) == places

    @pytest.mark.parametrize(
        ("one", "other", "kind"),
        [
            pytest.param("Kestrel", "Kestrel", NO_REST, id="nothing is left over"),
            pytest.param("Kestrel Otter", "Kestrel", NONE, id="a word of no kind"),
            pytest.param("Kestrel Bank", "Kestrel Hospital", MED, id="of two kinds the first"),
            pytest.param("Kestrel Bank", "Kestrel Bank Otter", NONE, id="what is in both is not left over"),
        ],
    )
    def test_which_kind_of_organisation_they_say(self, one: str, other: str, kind: int) -> None:
        assert value("rest_kind", one, other) == kind

    @pytest.mark.parametrize(
        ("one", "other", "alike"),
        [
            pytest.param("Kestrel Zwk", "Kestrel", -1, id="one name has none"),
            pytest.param("Kestrel Zwk", "Kestrel Zwq", 2 * 1 / 6, id="one of three runs, ^zw"),
            pytest.param("Zwk", "Zwqo", 2 * 1 / 7, id="where all is left over"),
            pytest.param("Kestrel Zwk Adl", "Kestrel Kad", 0, id="no run goes from one word to the next"),
            pytest.param("Zwk Adl", "Kad", 2 * 1 / 9, id="but in a name of which nothing is linked"),
        ],
    )
    def test_how_alike_their_letters_are(self, one: str, other: str, alike: float) -> None:
        assert value("rest_alike", one, other) == pytest.approx(alike)


@pytest.mark.parametrize(
    ("one", "other", "agreement", "kinds", "shared"),
    [
        pytest.param("Kestrel", "Kestrel", 0, (NONE, NONE), NONE, id="neither says a kind"),
        pytest.param("Kestrel Bank", "Kestrel", 1, (BANK, NONE), NONE, id="one does"),
        pytest.param("Kestrel Bank", "Otter Bank", 2, (BANK, BANK), BANK, id="the same"),
        pytest.param("Kestrel University Hospital", "Kestrel Hospital", 3, (EDU, MED), MED, id="one says more"),
        pytest.param("University Hospital", "University Bank", 4, (EDU, EDU), EDU, id="in part the same"),
        pytest.param("Kestrel Hospital", "Kestrel Bank", 5, (MED, BANK), NONE, id="they differ"),
        pytest.param("Kestrel Academy", "Kestrel Archive", 3, (EDU, SCI), NONE, id="a word of two kinds"),
    ],
)
def test_whether_the_kinds_of_organisation_agree(
    one: str, other: str, agreement: int, kinds: tuple[int, int], shared: int
) -> None:
    said = values(named(one), named(other))
    assert said["kinds"] == agreement
    assert said["kind_pair"] == kinds[0] * 10 + kinds[1]
    assert said["kind_hi"] == kinds[1]
    assert said["shared_kind"] == shared


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        pytest.param("Kestrel", "Kestrel", 0, id="neither has one"),
        pytest.param("Kestrel GmbH", "Kestrel", 1, id="one has"),
        pytest.param("Kestrel GmbH", "Kestrel gmbh", 2, id="the same"),
        pytest.param("Kestrel GmbH & Co. KG", "Kestrel GmbH", 3, id="some the same"),
        pytest.param("Kestrel GmbH", "Kestrel Limited", 4, id="of one kind"),
        pytest.param("Kestrel GmbH", "Kestrel AG", 5, id="they differ"),
    ],
)
def test_whether_the_legal_forms_agree(one: str, other: str, agreement: int) -> None:
    assert value("forms", one, other) == agreement


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        pytest.param("Kestrel", "Kestrel", 0, id="none"),
        pytest.param("Kestrel 3", "Kestrel III", 1, id="the same"),
        pytest.param("Kestrel 3", "Kestrel", 2, id="one more"),
        pytest.param("Kestrel 3 7", "Kestrel 3", 2, id="one more of two"),
        pytest.param("Kestrel 3", "Kestrel 7", 3, id="they differ"),
    ],
)
def test_whether_the_numbers_agree(one: str, other: str, agreement: int) -> None:
    assert value("numbers", one, other) == agreement


@pytest.mark.parametrize(
    ("one", "other", "slips", "share"),
    [
        pytest.param("Kestrel Igel", "Kestreligel", 0, 0, id="none: where the spaces are does not matter"),
        pytest.param("Velmadon Igel", "Velmadon Igl", 1, 1 / 12, id="one"),
        pytest.param("Velmadon Kestrel", "Vlemadon Ketsrle", 3, 3 / 15, id="three"),
        pytest.param("Velmadonia Rosinante", "Vlemadnoia Orsinante", 3, 3 / 19, id="three that change twelve runs"),
        pytest.param("Velmadon Kestrel", "Vlemadno Ketsrle", 4, 1, id="four"),
        pytest.param("Velmadon", "Velmadonzwak", 4, 1, id="four letters more"),
        pytest.param("Otter", "Kestrel Mills International", 4, 1, id="far apart"),
    ],
)
def test_how_many_slips_the_whole_names_are_apart(one: str, other: str, slips: int, share: float) -> None:
    said = values(named(one), named(other))
    assert (said["name_slips"], said["name_slip_share"]) == (slips, pytest.approx(share))


def test_how_alike_the_letters_of_the_whole_names_are() -> None:
    """Given `zwick` and `zwicken`, then four of their runs of three are the same: ^zw, zwi, wic, ick."""
    said = values(named("Zwick"), named("Zwicken"))
    assert said["letters_alike"] == pytest.approx(2 * 4 / (5 + 7))
    assert (said["beginning"], said["length"], said["length_ratio"]) == pytest.approx((1, 5, 5 / 7))
    assert value("beginning", "Zwick", "Zwack Igel") == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("one", "other", "is_acronym"),
    [
        pytest.param("KOB", "Kestrel Otter Badger", 3, id="of the whole name"),
        pytest.param("KZM Zwack", "Kestrel Zwack Mills", 1, id="of words that belong to others"),
        pytest.param("ZM Zwack", "Kestrel Zwack Mills", 1, id="of some of them, two at least"),
        pytest.param("M Zwack", "Kestrel Zwack Mills", 0, id="one letter is no initials"),
        pytest.param("KM Zwack", "Kestrel Zwack Mills", 0, id="not of words that stand apart"),
        pytest.param("KZBADIRM Zwack", "Kestrel Zwack Berg Adler Dorf Inn Rad Mills", 1, id="eight"),
        pytest.param("KZBADIRMO Zwack", "Kestrel Zwack Berg Adler Dorf Inn Rad Mills Ofen", 0, id="nine are a word"),
    ],
)
def test_whether_a_word_is_made_of_the_others_initials(one: str, other: str, is_acronym: int) -> None:
    assert value("acronym", one, other) == is_acronym


@pytest.mark.parametrize(
    ("one", "other", "aside"),
    [
        pytest.param("Kestrel Mills", "Kestrel Mills", 0, id="no brackets"),
        pytest.param("Kestrel Mills (Otter)", "Kestrel Mills", 1, id="brackets"),
        pytest.param("Kestrel Mills (Otter)", "Otter", 2, id="one name is what is in them"),
        pytest.param("Kestrel Mills (Otter)", "Igel", 1, id="one name is something else"),
        pytest.param("Kestrel Mills (Otter)", "Otter Igel", 1, id="one name is more than what is in them"),
    ],
)
def test_what_stands_in_brackets(one: str, other: str, aside: int) -> None:
    assert value("aside", one, other) == aside


def test_every_feature_counts_for_a_reason() -> None:
    assert len(measure(align(named("Kestrel"), named("Otter")), {})) == len(FEATURES)
