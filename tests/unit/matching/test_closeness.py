"""How near two names are, what countries say then, and who of many is shown."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from dealreg.matching.names import lookalikes
from dealreg.matching.names.align import align
from dealreg.matching.names.lookalikes import (
    MAX_CANDIDATES,
    Closeness,
    Entry,
    Outcome,
    best,
    best_of,
    candidates,
    closeness,
    in_countries,
    may_be_one,
    nearest,
    outcome,
    said_by_countries,
)
from dealreg.matching.names.normalise import Name, normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Score, weights
from tests.unit.matching.names import named

POSSIBLE = weights().possible
EQUAL, APART = (named("Kestrel GmbH"), named("KESTREL")), (named("Kestrel Otter"), named("Kestrel Zwack"))
INSIDE = (named("東京電"), named("東京電力"))


def scored(names: tuple[Name, Name], points: float, parts: Mapping[Reason, float] | None = None) -> Score:
    return Score(points, dict(parts or {}), align(*names))


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        pytest.param(*EQUAL, Closeness.EQUAL, id="but for the legal form"),
        pytest.param(named("Velmadon Igel"), named("Velmadno Igel"), Closeness.MISTYPED, id="but for a slip"),
        pytest.param(named("Kestrel France"), named("Kestrel"), Closeness.PLACE, id="a place more"),
        pytest.param(named("Kestrel"), named("Kestrel Global France"), Closeness.PLACE, id="several words for one"),
        pytest.param(named("Kestrel HQ"), named("Kestrel"), Closeness.PLACE, id="a branch more"),
        pytest.param(named("Kestrel Branch Igel"), named("Kestrel"), Closeness.PLACE, id="and where it is"),
        pytest.param(
            *(named("Kestrel Branch Igel Otter"), named("Kestrel")), Closeness.CONTAINED, id="a branch and two words"
        ),
        pytest.param(named("Kestrel France"), named("Kestrel Italy"), Closeness.APART, id="a place more in either"),
        pytest.param(named("Kestrel Mills", 15, 8), named("Kestrel"), Closeness.COMMON_WORDS, id="a common word more"),
        pytest.param(named("Kestrel Mills", 15, 9), named("Kestrel"), Closeness.CONTAINED, id="a word more"),
        pytest.param(
            *(named("Kestrel"), named("Kestrel Mills France", 15, 8, 15)),
            Closeness.COMMON_WORDS,
            id="a common word and a place more",
        ),
        pytest.param(
            *(named("Kestrel"), named("Kestrel Mills Otter", 15, 8, 15)), Closeness.CONTAINED, id="and another word"
        ),
        pytest.param(named("Philipp"), named("Filip"), Closeness.SPELLING, id="all words spelt otherwise"),
        pytest.param(named("Selonga Bay"), named("Selongb Jay"), Closeness.SLIPS, id="two slips in ten letters"),
        pytest.param(named("Selong Baya"), named("Selonh Jaya"), Closeness.SLIPS, id="wherever they are"),
        pytest.param(named("Selongabe"), named("Selongabexy"), Closeness.SPELLING, id="two letters more than nine"),
        pytest.param(
            named("Selongabe Bay"), named("Selongabexy Bay"), Closeness.SLIPS, id="two more than ten and more"
        ),
        pytest.param(named("Selon Baya"), named("Seloh Jaya"), Closeness.SPELLING, id="in nine no longer"),
        pytest.param(named("Selongb Bay"), named("Selongc Jayo"), Closeness.APART, id="three slips"),
        pytest.param(named("Selongabo 7"), named("Selongabo 3"), Closeness.APART, id="another number is no slip"),
        pytest.param(*APART, Closeness.APART, id="another word in either"),
    ],
)
def test_how_near_two_names_are(one: Name, other: Name, near: Closeness) -> None:
    assert closeness(align(one, other)) is near
    assert closeness(align(other, one)) is near


class TestCountries:
    def test_the_same_one_speaks_for_it_and_another_against_it(self) -> None:
        for near in Closeness:
            reason, points = said_by_countries(near, "DE", "DE")
            assert reason is Reason.COUNTRY
            assert points > 0
            assert said_by_countries(near, "DE", "AT") == (Reason.COUNTRY, -2.0)

    @pytest.mark.parametrize(("one", "other"), [(None, None), ("DE", None), (None, "DE")])
    def test_where_one_is_not_known_only_very_near_names_speak(self, one: str | None, other: str | None) -> None:
        assert said_by_countries(Closeness.EQUAL, one, other) == (Reason.NAME_EQUAL, 2.5)
        assert said_by_countries(Closeness.SLIPS, one, other) == (Reason.NAME_EQUAL, 0.0)

    def test_their_points_are_added_to_the_score(self) -> None:
        score = in_countries(scored(APART, 0.5, {Reason.LETTERS: 1.0, Reason.COUNTRY: 0.25}), "DE", "DE")
        assert score.points == pytest.approx(0.5 + 0.2)
        assert score.parts == pytest.approx({Reason.LETTERS: 1.0, Reason.COUNTRY: 0.25 + 0.2})

    def test_where_they_say_nothing_the_score_stays(self) -> None:
        score = scored(APART, 0.5, {Reason.LETTERS: 1.0})
        assert in_countries(score, None, "DE") is score

    def test_verdicts_may_have_changed_what_they_say(self, monkeypatch: pytest.MonkeyPatch) -> None:
        learned = replace(weights(), factors={Reason.COUNTRY: 3.0})
        monkeypatch.setattr(lookalikes, "weights", lambda: learned)
        assert in_countries(scored(APART, 0.0), "DE", "AT").points == -6.0
        assert in_countries(scored(EQUAL, 9.0), "DE", None).points == 11.5


class TestForAReviewer:
    @pytest.mark.parametrize(("one", "other"), [("DE", "DE"), ("DE", None), (None, "DE"), (None, None)])
    def test_an_equal_name_always_is(self, one: str | None, other: str | None) -> None:
        score = in_countries(scored(EQUAL, -20.0), one, other)
        assert score.points == POSSIBLE
        assert sum(score.parts.values()) == pytest.approx(POSSIBLE + 20)
        assert set(score.parts) <= {Reason.NAME_EQUAL, Reason.COUNTRY}
        assert Reason.NAME_EQUAL in score.parts

    @pytest.mark.parametrize(("one", "other"), [("DE", "DE"), ("DE", None), (None, None)])
    def test_so_is_one_in_han_inside_the_other(self, one: str | None, other: str | None) -> None:
        score = in_countries(scored(INSIDE, -20.0), one, other)
        assert score.points == POSSIBLE
        assert score.parts[Reason.LETTERS] > 0

    def test_however_little_is_missing(self) -> None:
        assert in_countries(scored(EQUAL, POSSIBLE - 2.5 - 0.5), None, None).points == POSSIBLE

    def test_unless_the_countries_are_known_to_differ(self) -> None:
        assert in_countries(scored(EQUAL, -20.0), "DE", "AT").points == -22.0
        assert in_countries(scored(INSIDE, -20.0), "DE", "AT").points == -22.0

    def test_no_other_name_is_raised(self) -> None:
        assert in_countries(scored(APART, -20.0), None, None).points == -20.0

    def test_what_is_possible_anyway_is_not_raised(self) -> None:
        assert in_countries(scored(EQUAL, POSSIBLE), "DE", None).parts == {Reason.NAME_EQUAL: 2.5}
        exactly = in_countries(scored(INSIDE, POSSIBLE - said_by_countries(Closeness.APART, "J", "J")[1]), "J", "J")
        assert exactly.points >= POSSIBLE

    def test_two_names_alone_may_be_one(self) -> None:
        assert may_be_one("Kestrel GmbH", "KESTREL")
        assert not may_be_one("Kestrel GmbH", "Otter Igel")
        limit = in_countries(lookalikes.compare(normalise("Zwack Igel"), normalise("Zwack")), None, None).points
        assert may_be_one("Zwack Igel", "Zwack", limit)
        assert not may_be_one("Zwack Igel", "Zwack", limit + 0.01)


class TestTheBest:
    def test_come_first_and_only_so_many_are_kept(self) -> None:
        entries = [Entry(name, name, None) for name in ("Otter", "Zwack Igel", "Zwack", "Zwick", "Adler")]
        found = best(normalise("Zwack"), None, entries)
        assert [one.entry.name for one in found][:2] == ["Zwack", "Zwack Igel"]
        assert len(found) == 3
        assert len(best(normalise("Zwack"), None, entries, keep=1)) == 1
        points = [one.score.points for one in best(normalise("Zwack"), None, entries, keep=9)]
        assert points == sorted(points, reverse=True)

    def test_somebody_of_several_names_is_there_once_with_the_nearest(self) -> None:
        entries = [Entry("deal_1", "Otter", None), Entry("deal_1", "Zwack", None), Entry("deal_2", "Igel", None)]
        names = [normalise("Kestrel"), normalise("Zwack")]
        assert [one.entry for one in best_of(names, None, entries)] == [entries[1], entries[2]]

    def test_the_country_counts(self) -> None:
        entries = [Entry("deal_1", "Zwack Igel", "AT"), Entry("deal_2", "Zwack Igel", "DE")]
        assert [one.entry.id for one in best(normalise("Zwack Igel"), "DE", entries)] == ["deal_2", "deal_1"]

    @pytest.mark.parametrize(
        ("others", "last"),
        [
            pytest.param("Kestral Ottar Bagder", "Kestrel", id="a rare word counts more than letters"),
            pytest.param("Kestrelot Terbad Gergroup", "Badger", id="even than all the letters"),
            pytest.param("Group", "Kestrelot Terbad Gergroup", id="letters more than a common word"),
            pytest.param("Igel Group", "Group", id="of as much the share of it"),
        ],
    )
    def test_ten_with_most_in_common_are_compared_word_by_word(self, others: str, last: str) -> None:
        entries = [*(Entry(f"deal_{number}", others, None) for number in range(10)), Entry("last", last, None)]
        found = best(normalise("Kestrel Otter Badger Group"), None, entries, keep=20)
        assert len(found) == 10
        assert "last" in {one.entry.id for one in found}

    def test_are_found_by_what_they_share_with_one_name(self) -> None:
        entries = [Entry(name, name, None) for name in ("Igel", "Otter Igel", "Otter Badger")]
        found = nearest(normalise("Otter Badger"), entries, 2)
        assert [(name.original, entry.id) for name, entry in found] == [("Otter Badger",) * 2, ("Otter Igel",) * 2]

    def test_are_possible_from_a_limit_on(self) -> None:
        found = best(normalise("Zwack Igel"), None, [Entry("deal_1", "Zwack", None), Entry("deal_2", "Otter", None)])
        limit = found[0].score.points
        assert outcome(found, limit) is Outcome.POSSIBLE
        assert outcome(found, limit + 0.01) is Outcome.CLEAR
        assert outcome([], -99.0) is Outcome.CLEAR
        assert outcome([replace(found[0], score=replace(found[0].score, points=POSSIBLE))]) is Outcome.POSSIBLE
        assert outcome([replace(found[0], score=replace(found[0].score, points=POSSIBLE - 0.01))]) is Outcome.CLEAR
        assert outcome([replace(found[0], score=replace(found[0].score, points=-0.01))], 0.0) is Outcome.CLEAR


class TestTheCandidates:
    """A block of n says 1 / √n, a country in common 0.3."""

    def of(self, id_: str, count: int) -> list[Entry]:
        return [Entry(id_, id_, None), *(Entry(f"{id_}_{number}", "x", None) for number in range(count - 1))]

    def first(self, *blocks: list[Entry], country: str | None = None) -> str:
        return candidates(blocks, country)[0].id

    def test_a_block_counts_by_how_many_are_in_it(self) -> None:
        five, twenty = self.of("five", 5), self.of("twenty", 20)
        assert self.first(twenty, five) == "five"
        assert self.first(five, twenty, self.of("twenty", 25)) == "five"
        assert self.first(five, twenty, self.of("twenty", 18)) == "twenty"

    def test_with_each_of_them_once_whatever_names_they_have(self) -> None:
        many = [Entry("many", str(number), None) for number in range(9)]
        assert self.first(self.of("two", 2), many) == "many"

    def test_a_country_counts_as_much_as_a_block_of_eleven_and_once(self) -> None:
        here = [Entry("here", "x", "DE"), *self.of("x", 19)]
        assert self.first(self.of("three", 3), here, country="DE") == "three"
        assert self.first(self.of("four", 4), here, country="DE") == "here"
        assert self.first(self.of("four", 4), here, country="AT") == "four"
        assert self.first(self.of("four", 4), here) == "four"
        assert self.first(self.of("two", 2), here, here, country="DE") == "here"
        assert self.first(self.of("two", 2), here, [*here, *self.of("y", 80)], country="DE") == "two"

    def test_of_too_many_those_who_share_least_are_left_out(self) -> None:
        crowd = [Entry(str(number), "x", None) for number in range(MAX_CANDIDATES)]
        found = candidates([[*crowd, Entry("last", "x", None)], [Entry("last", "x", None)]], None)
        assert [entry.id for entry in found] == ["last", *(entry.id for entry in crowd[:-1])]
