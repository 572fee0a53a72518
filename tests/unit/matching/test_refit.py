"""What reviewers said of matches changes how much a reason counts: learned on some verdicts, measured on others."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching import compare
from dealreg.matching.names import lookalikes, score
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Weights, weights
from local import refit
from local.places import StackError
from local.refit_report import Judged, report
from tests.unit.matching.names import NAMES

FACTORS = st.dictionaries(st.sampled_from(list(Reason)), st.floats(0, 3))
SYLLABLES = ("zor", "vex", "kal", "mut", "bri", "nok", "tes", "wul", "gax", "pim")
WORDS = [f"{one}{other}".title() for one, other in product(SYLLABLES, SYLLABLES) if one != other]


def side(name: str, country: str = "", **known: Any) -> dict[str, Any]:
    return {"names": [name], "domains": [], "country": country, "tax_id": "", **known}


def verdict(number: int, word: str, ours: dict[str, Any], theirs: dict[str, Any] | None) -> str:
    return json.dumps({"deal_id": f"deal_{number}", "verdict": word, "prospect": ours, "candidate": theirs})


def contradicting(count: int = 80) -> list[str]:
    """Reviewers for whom a country in common says nothing: names one letter apart are two companies there too."""
    lines: list[str] = []
    for number, (one, other) in enumerate(zip(WORDS[:count], reversed(WORDS[:count]), strict=True)):
        slip = one.replace(one[1], "y", 1)
        lines += [
            verdict(number, "same", side(f"{one} Logistics GmbH"), side(one)),
            verdict(number, "different", side(f"{one} {other}", "DE"), side(f"{slip} {other}", "DE")),
            verdict(number, "related", side(f"{other} Trading", "FR"), side(f"{other} Foods", "FR")),
        ]
    return lines


def precision(rows: Iterable[Judged]) -> float:
    called = [row for row in rows if row.called]
    return sum(row.is_same for row in called) / len(called)


@pytest.fixture
def weights_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "weights.json"
    path.write_bytes(refit.WEIGHTS.read_bytes())
    monkeypatch.setattr(refit, "WEIGHTS", path)
    return path


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    path = tmp_path / "verdicts.jsonl"
    path.write_text("\n".join(contradicting()))
    return path


def test_a_reason_that_reviewers_contradict_loses_weight() -> None:
    rows, _ = refit.read(contradicting())
    fitted = refit.fit(rows)
    assert fitted.factors["country"] < 0.6
    before, after = refit.judge(rows, refit.today()), refit.judge_unseen(rows)
    assert precision(before) < 0.6
    assert precision(after) > 0.9


def test_verdicts_that_agree_with_the_weights_change_little() -> None:
    """Given pairs of which the sign of the points was right, when they are learned from, then no factor goes far."""
    rows, _ = refit.read(contradicting())
    agreed = [
        replace(row, verdict="same" if judged.points > 0 else "different")
        for row, judged in zip(rows, refit.judge(rows, refit.today()), strict=True)
    ]
    assert all(0.8 < factor < 1.8 for factor in refit.fit(agreed).factors.values())


def test_few_verdicts_weigh_little() -> None:
    few, many = ([*refit.read(contradicting(count))[0]] for count in (5, 80))
    assert 1 > refit.fit(few).factors["country"] > refit.fit(many).factors["country"]


def test_a_side_that_is_gone_or_an_identity_in_common_says_nothing_of_names() -> None:
    known = side("Zorvex", domains=["www.zorvex.example"])
    lines = [
        verdict(1, "same", side("Zorvex"), None),
        verdict(2, "same", known, side("Kalmut", domains=["zorvex.example"])),
        verdict(3, "different", side("Zorvex", lei="5493 00"), side("Zorvex", lei="549300")),
        verdict(4, "same", known, side("Zorvex GmbH", domains=["zorvex.test"])),
    ]
    rows, left_out = refit.read(lines)
    assert ([row.deal_id for row in rows], left_out) == (["deal_4"], 3)


@pytest.mark.parametrize(
    "line", ["no json", "{}", '{"verdict": "same", "candidate": {"names": 1}, "prospect": {}}', "[]"]
)
def test_a_line_that_is_no_verdict_is_named(line: str) -> None:
    with pytest.raises(StackError, match="Line 2 is no verdict"):
        refit.read([verdict(1, "same", side("Zorvex"), side("Zorvex AG")), line])


def test_the_weights_are_written_with_what_they_were_fitted_to_and_again_the_same(
    verdicts: Path, weights_file: Path
) -> None:
    before = json.loads(weights_file.read_text())
    told = refit.refit(verdicts, None)
    after = json.loads(weights_file.read_text())
    assert after["version"] in told
    assert after["version"].startswith(f"{before['version'].partition('+')[0]}+")
    assert len(after["refitted_from"]) == 64
    learned = before.keys() - {"version"}
    assert {name: after[name] for name in learned} == {name: before[name] for name in learned}
    assert set(after) <= {field.name for field in fields(Weights)}
    again = refit.fit(refit.read(contradicting())[0])
    assert (again.shift, again.factors) == (after["shift"], after["factors"])


@pytest.mark.parametrize("keep", [slice(0, 100), slice(0, None, 3)])
def test_too_few_or_one_kind_alone_changes_nothing(verdicts: Path, weights_file: Path, keep: slice) -> None:
    """Of 240 verdicts the first hundred, or those that say the same."""
    before = weights_file.read_bytes()
    verdicts.write_text("\n".join((contradicting() * 3)[keep]))
    with pytest.raises(StackError, match="Nothing was changed"):
        refit.refit(verdicts, None)
    assert weights_file.read_bytes() == before


def test_what_is_no_better_on_unseen_verdicts_is_not_written(verdicts: Path, weights_file: Path) -> None:
    """Given verdicts that the weights put into the right order already."""
    before = weights_file.read_bytes()
    rows, _ = refit.read(contradicting())
    points = [judged.points for judged in refit.judge(rows, refit.today())]
    lines = [json.loads(line) for line in contradicting()]
    agreeing = [line | {"verdict": "same" if z > 3 else "different"} for line, z in zip(lines, points, strict=True)]
    verdicts.write_text("\n".join(map(json.dumps, agreeing)))
    with pytest.raises(StackError, match="no better on rows it has not seen"):
        refit.refit(verdicts, None)
    assert weights_file.read_bytes() == before


def test_the_product_scores_as_the_report_says(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = contradicting(10)
    rows, _ = refit.read(lines)
    fitted = refit.Fit(-0.4, {"country": 0.5, "rare_word": 0.0, "name_equal": 2.0})
    expected = [row.points for row in refit.judge(rows, fitted)]
    changed = replace(weights(), **asdict(fitted))
    for module in (score, lookalikes):
        monkeypatch.setattr(module, "weights", lambda: changed)
    for line, points in zip(lines, expected, strict=True):
        pair = [compare.party_of_export(json.loads(line)[one]) for one in ("prospect", "candidate")]
        assert compare.likeness(*pair).score.points == pytest.approx(points)


@given(NAMES, NAMES, FACTORS, st.floats(-2, 2))
def test_refitted_points_add_up_and_know_no_order(one: str, other: str, factors: dict[str, float], shift: float):
    changed = replace(weights(), factors=factors, shift=shift)
    found = score.compare(normalise(one), normalise(other), changed)
    plain = score.compare(normalise(one), normalise(other))
    assert found.points == pytest.approx(changed.base + shift + sum(found.parts.values()))
    assert found.parts == score.compare(normalise(other), normalise(one), changed).parts
    assert found.parts == pytest.approx({r: plain.parts[r] * factors.get(r, 1.0) for r in plain.parts})


def test_the_report_counts_each_verdict_by_the_reasons_that_spoke_for_it() -> None:
    before = [
        Judged("same", 5.0, True, ["rare_word"]),
        Judged("related", 5.0, True, ["country"]),
        Judged("different", 5.0, True, ["country", "rare_word"]),
        Judged("same", 1.0, False, ["country"]),
    ]
    after = [before[0], *(replace(row, called=False) for row in before[1:3]), replace(before[3], called=True)]
    lines = report(before, after, {"country": 0.25}).splitlines()
    assert "  precision    0.333   1.000" in lines
    assert "  recall       0.500   1.000" in lines
    country, rare = (next(line.split() for line in lines if name in line) for name in ("country ", "rare_word"))
    assert country == "country 0.25 | 2 0 1 0.000 | 1 1 0 1.000".split()
    assert rare == "rare_word 1.00 | 2 1 0 0.500 | 1 1 0 1.000".split()
