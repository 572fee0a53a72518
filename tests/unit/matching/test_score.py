"""The score of two names, and what a check makes of it."""

import pytest
from hypothesis import given

from dealreg.matching.names.explain import explain, summary
from dealreg.matching.names.lookalikes import Entry, Outcome, best, outcome
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import compare, weights
from tests.unit.matching.names import FORMS, NAMES


def points(one: str, other: str) -> float:
    return compare(normalise(one), normalise(other)).points


def check(name: str, other: str, country: str | None = None, other_country: str | None = None) -> Outcome:
    return outcome(best(normalise(name), country, [Entry("deal_1", other, other_country)]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zwack Unicum Nyrt.", "ZWACK UNICUM"),
        ("Siemens AG", "Siemens Aktiengesellschaft"),
        ("University of Diyala", "Diyala University"),
        ("PharmaMar", "Pharma Mar SA"),
        ("Carawine Resources Limited", "Carawioe Resources"),
        ("Inönü Üniversitesi", "Inonu University"),
    ],
)
def test_other_writings_of_one_name_are_the_same_name(one: str, other: str):
    assert points(one, other) >= weights().same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tsugami Corporation", "Sugatec Corporation"),
        ("University of Bolton", "University of Bologna"),
        ("Anika Therapeutics, Inc.", "Vera Therapeutics, Inc."),
        ("Hennessy Capital Investment Corp. VII", "Hennessy Capital Investment Corp. VIII"),
    ],
)
def test_names_that_share_only_what_many_share_are_not(one: str, other: str):
    assert points(one, other) < weights().same_name


@given(NAMES, NAMES)
def test_the_score_is_the_same_both_ways(one: str, other: str):
    assert points(one, other) == pytest.approx(points(other, one))


@given(NAMES, NAMES)
def test_the_parts_add_up_to_the_points(one: str, other: str):
    score = compare(normalise(one), normalise(other))
    assert weights().base + sum(score.parts.values()) == pytest.approx(score.points)


@given(NAMES, FORMS)
def test_a_legal_form_more_or_another_case_is_possible_at_least(name: str, form: str):
    plain = " ".join(normalise(name).written)
    assert check(f"{plain} {form}", plain) is Outcome.POSSIBLE
    assert check(plain.upper(), plain, "DE", "DE") is Outcome.POSSIBLE


def test_an_equal_name_in_another_country_counts_less():
    same = best(normalise("Bayan University"), "OM", [Entry("deal_1", "Bayan University", "OM")])
    other = best(normalise("Bayan University"), "OM", [Entry("deal_1", "Bayan University", "IQ")])
    assert other[0].score.points < same[0].score.points


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("松さん", "松さんそば"),
        ("第三銀行", "第三商工銀行"),
        ("株式会社丸山製菓", "丸山製菓販売"),
        ("华星银行", "華星商業銀行"),
    ],
)
def test_a_name_in_han_or_kana_inside_another_is_for_a_reviewer(one: str, other: str):
    assert check(one, other, "JP", "JP") is check(other, one) is Outcome.POSSIBLE


@pytest.mark.parametrize(("one", "other"), [("松", "松さんそば"), ("第三銀行", "第四商工銀行"), ("東京", "東京電力")])
def test_a_character_or_two_in_common_are_not(one: str, other: str):
    assert check(one, other, "JP", "JP") is Outcome.CLEAR


def test_the_best_three_are_kept_even_if_clear():
    entries = [Entry(f"deal_{number}", name, None) for number, name in enumerate(["Zwack", "Zwick", "Zweck", "Zwock"])]
    assert len(best(normalise("Ziegler"), None, entries)) == 3


def test_each_reason_is_told_with_its_values():
    score = best(normalise("Zwack Unicum Nyrt."), "HU", [Entry("deal_1", "Zwack Group Kft.", "HU")])[0].score
    texts = {one.reason: one.text for one in explain(score, "HU", "HU")}
    assert texts[Reason.RARE_WORD] == "rare word zwack in both"
    assert texts[Reason.COUNTRY] == "same country HU"
    assert "zwack" in summary(score, "HU", "HU")
