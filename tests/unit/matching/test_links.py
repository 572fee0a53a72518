"""What the links between two names add up to."""

import pytest

from dealreg.matching.names.align import align
from dealreg.matching.names.links import LinkSums
from dealreg.matching.names.normalise import Name
from dealreg.matching.names.words import SlipKind
from tests.unit.matching.names import named


def sums(one: Name, other: Name) -> LinkSums:
    return LinkSums(align(one, other))


def both_ways(one: Name, other: Name) -> tuple[LinkSums, LinkSums]:
    return sums(one, other), sums(other, one)


class TestCoverage:
    """How much of each name is linked: in bits of whole words, in bits times closeness, in letters times closeness."""

    def test_whole_words_count_in_full_and_what_is_alone_does_not(self) -> None:
        found = sums(named("Kestrel Mills Igel", 15, 9, 5), named("Kestrel Mill", 15, 9))
        assert (found.left_strength, found.right_strength) == ([3, 3, 0], [3, 3])
        assert sums(named("Kestrel"), named("Igel Kestrel")).right_strength == [0, 3]
        assert (found.same_left, found.same_right) == (found.soft_left, found.soft_right) == (24, 24)
        assert (found.letters_left, found.letters_right) == (12, 11)
        assert found.shared_bits == 24

    def test_joined_words_are_whole_words_of_which_the_rarest_part_is_shared(self) -> None:
        found = sums(named("Software", 5), named("Soft Ware", 12, 13))
        assert (found.left_strength, found.right_strength) == ([3], [3, 3])
        assert (found.same_left, found.same_right) == (found.soft_left, found.soft_right) == (5, 25)
        assert (found.letters_left, found.letters_right) == (8, 8)
        assert found.shared_bits == 13

    def test_other_spellings_and_parts_count_by_how_close_they_are(self) -> None:
        """Given a slip of 7/8 and a part of 1/2, then of whole words there is nothing."""
        found = sums(named("Velmadon Telson", 15, 14), named("Velmadot Tel", 10, 8))
        assert (found.left_strength, found.right_strength) == ([2, 1], [2, 1])
        assert (found.same_left, found.same_right) == (0, 0)
        assert (found.soft_left, found.soft_right) == (13.125 + 7, 8.75 + 4)
        assert (found.letters_left, found.letters_right) == (7 + 3, 7 + 1.5)
        assert found.shared_bits == 8.75 + 4

    def test_what_sounds_alike_is_as_strong_as_a_slip(self) -> None:
        assert sums(named("Philipp"), named("Filip")).left_strength == [2]

    def test_initials_cover_half_and_share_nothing(self) -> None:
        found = sums(named("KOB", 14), named("Kestrel Otter Badger"))
        assert (found.left_strength, found.right_strength) == ([1], [1, 1, 1])
        assert (found.soft_left, found.soft_right) == (7, 22.5)
        assert (found.letters_left, found.letters_right) == (1.5, 9)
        assert (found.same_left, found.same_right, found.shared_bits) == (0, 0, 0)


class TestPlaces:
    @pytest.mark.parametrize(
        ("one", "other", "rarest", "first_in", "second"),
        [
            pytest.param(named("Zwack", 12), named("Zwack", 12), 12, 2, 0, id="one word"),
            pytest.param(named("Kestrel Zwack", 9, 12), named("Zwack Kestrel", 12, 9), 12, 1, 9, id="first in one"),
            pytest.param(
                *(named("Kestrel Zwack Igel Otter", 9, 15, 12, 10), named("Kestrel Zwack Igel Otter", 9, 15, 12, 10)),
                *(15, 0, 12),
                id="first in none",
            ),
            pytest.param(named("Zwack Kestrel"), named("Zwack Kestrel"), 15, 2, 15, id="of two as rare the first"),
            pytest.param(named("Velmadon"), named("Velmadot"), 0, 0, 0, id="a slip is no shared word"),
        ],
    )
    def test_the_rarest_words_in_both_and_where_they_are(
        self, one: Name, other: Name, rarest: float, first_in: int, second: float
    ) -> None:
        for found in both_ways(one, other):
            assert (found.top, found.top_first, found.second) == (rarest, first_in, second)

    @pytest.mark.parametrize(
        ("one", "other", "bits"),
        [
            pytest.param(named("Kestrel Otter", 14, 9), named("Kestrel Igel", 14, 9), 14, id="the same"),
            pytest.param(named("Velmadon Otter", 14, 9), named("Velmadot Igel", 11, 9), 11, id="a slip apart"),
            pytest.param(named("Software Igel", 5, 9), named("Soft Ware Otter", 12, 13, 9), 13, id="joined"),
            pytest.param(named("Kestrel Otter"), named("Igel Kestrel"), 0, id="first in one name only"),
            pytest.param(named("Kestrel Otter"), named("Otter Kestrel"), 0, id="first in either, but another"),
        ],
    )
    def test_how_rare_the_first_words_are_if_they_belong_together(self, one: Name, other: Name, bits: float) -> None:
        for found in both_ways(one, other):
            assert found.first_bits == bits

    @pytest.mark.parametrize(
        ("one", "other", "strength"),
        [
            pytest.param("Otter Kestrel", "Igel Kestrel", 3, id="the same"),
            pytest.param("Otter Software", "Igel Soft Ware", 3, id="joined"),
            pytest.param("Otter Velmadon", "Igel Velmadot", 2, id="a slip apart"),
            pytest.param("Otter Telson", "Igel Tel", 1, id="a part"),
            pytest.param("Otter Kestrel", "Otter Kestrel Igel", 0, id="last in one name only"),
            pytest.param("Otter Kestrel", "Kestrel Otter", 0, id="last in either, but another"),
        ],
    )
    def test_how_strongly_the_last_words_belong_together(self, one: str, other: str, strength: int) -> None:
        for found in both_ways(named(one), named(other)):
            assert found.last == strength

    @pytest.mark.parametrize(
        ("other", "turns"),
        [
            ("Kestrel Otter Igel", 0),
            ("Otter Kestrel Igel", 1),
            ("Igel Kestrel Otter", 1),
            ("Igel Otter Kestrel", 2),
            ("Igel", 0),
        ],
    )
    def test_how_often_the_order_turns(self, other: str, turns: int) -> None:
        for found in both_ways(named("Kestrel Otter Igel"), named(other)):
            assert found.inversions == turns


class TestSameWords:
    def test_are_listed_as_what_they_stand_for(self) -> None:
        assert sums(named("Kestrels Banque"), named("Bank Kestrel")).same_words == ["kestrel", "bank"]

    @pytest.mark.parametrize(("bits", "stems", "translated"), [(15, 2, 0), (13, 2, 0), (12, 0, 2), (7, 0, 2)])
    def test_written_otherwise_are_inflected_if_rare_and_translated_if_common(
        self, bits: int, stems: int, translated: int
    ) -> None:
        one, other = named("Banque Zwack Otters", bits, bits, bits), named("Bank Zwack Otter", bits, bits, bits)
        for found in both_ways(one, other):
            assert (found.stems, found.translated, found.slips) == (stems, translated, 0)


class TestSlips:
    @pytest.mark.parametrize(
        ("one", "other", "closeness", "length", "kind"),
        [
            pytest.param("Kestrel", "Kestrel", 1, 0, SlipKind.NONE, id="none"),
            pytest.param("Velmadon", "Velmadno", 0.875, 8, SlipKind.SWAPPED, id="two letters swapped"),
            pytest.param("Velmadon", "Velmadont", 8 / 9, 8, SlipKind.END, id="a letter more: the shorter's length"),
            pytest.param("Philipp", "Filip", 0.7, 5, SlipKind.SEVERAL, id="what sounds alike"),
        ],
    )
    def test_how_far_apart_two_words_are(
        self, one: str, other: str, closeness: float, length: int, kind: SlipKind
    ) -> None:
        for found in both_ways(named(one), named(other)):
            assert (found.slip_closeness, found.slip_length, found.slip_kind) == (closeness, length, kind)
            assert found.slips == (one != other)

    @pytest.mark.parametrize(
        ("one", "other", "closeness", "length", "kind"),
        [
            pytest.param("Velmadon Zwak", "Kelmadon Zawk", 0.75, 4, SlipKind.FIRST, id="the nearest first"),
            pytest.param("Zwak Velmadon", "Zwik Velnadom", 0.75, 4, SlipKind.SEVERAL, id="of two as far the first"),
        ],
    )
    def test_of_several_the_least_close_and_the_most_telling_kind_count(
        self, one: str, other: str, closeness: float, length: int, kind: SlipKind
    ) -> None:
        found = sums(named(one), named(other))
        assert (found.slips, found.slip_closeness, found.slip_length, found.slip_kind) == (2, closeness, length, kind)

    @pytest.mark.parametrize(
        ("one", "other", "unknown"),
        [
            pytest.param(named("Kestrel", 10), named("Kestrel", 10), 0, id="no slip"),
            pytest.param(named("Velmadon", 10), named("Velmadot", 10), 1, id="both known"),
            pytest.param(named("Velmadon", 15), named("Velmadot", 10), 2, id="one known"),
            pytest.param(named("Velmadon", 15), named("Velmadot", 15), 3, id="neither known"),
            pytest.param(
                named("Velmadon Zwak", 15, 10), named("Velmadot Zwik", 15, 10), 3, id="of two slips the least known"
            ),
        ],
    )
    def test_a_slip_makes_a_word_that_nobody_knows(self, one: Name, other: Name, unknown: int) -> None:
        for found in both_ways(one, other):
            assert found.slip_unknown == unknown


@pytest.mark.parametrize(
    ("one", "other", "is_acronym"),
    [
        pytest.param("KOB", "Kestrel Otter Badger", 3, id="the whole name"),
        pytest.param("KOB Igel", "Kestrel Otter Badger", 2, id="a word more beside the initials"),
        pytest.param("OB", "Kestrel Otter Badger", 2, id="a word more beside what they stand for"),
        pytest.param("KOB Zwack", "Kestrel Otter Badger Zwack", 2, id="a word in both"),
        pytest.param("Kestrel", "Kestrel Otter", 0, id="no initials"),
    ],
)
def test_one_name_is_made_of_the_others_initials_wholly_or_in_part(one: str, other: str, is_acronym: int) -> None:
    for found in both_ways(named(one), named(other)):
        assert found.acronym == is_acronym
