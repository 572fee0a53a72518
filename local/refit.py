"""Fits the weights of the conflict check to what reviewers said of its matches: `python -m local refit VERDICTS`.

VERDICTS is what `GET /v1/admin/match-verdicts` answers. What a reason is stays; how much it counts beside the others
changes: each gets a factor, by a logistic regression that holds on to the weights as they were first learned. A shift
of all points then makes the check call as many pairs possible as before, but others.
"""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.conflicts import data
from dealreg.matching import compare
from dealreg.matching.names import lookalikes, score
from dealreg.matching.names.lookalikes import Closeness
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Score
from local.places import StackError
from local.refit_report import SAME, Judged, average_precision, overall, report

WEIGHTS = Path(score.__file__).parent.parent / "data" / "weights.json"
MIN_ROWS = 200
_FOLDS = 5
_HOLD = 30.0
"""How strongly a factor is held to 1: about as many doubtful pairs move it half the way to where they would have it."""
_SWEEPS, _STILL = 500, 3e-4
_MIN_SCALE = 0.1
_MIN_GAIN = 0.005
"""Of the average precision; less may be chance."""


@dataclass(frozen=True, slots=True)
class Row:
    """A reviewed pair of which only the names and the countries speak."""

    deal_id: str
    verdict: str
    parts: Mapping[Reason, float]
    """Points by reason, as first learned."""
    is_equal: bool
    """Equal names are for a reviewer whatever they score."""


@dataclass(frozen=True, slots=True)
class Fit:
    shift: float
    factors: Mapping[str, float]


def read(lines: Iterable[str]) -> tuple[list[Row], int]:
    """The rows to learn from, and how many say nothing of names: one side gone, or an identity in common."""
    rows: list[Row] = []
    left_out = 0
    for number, line in enumerate(lines, 1):
        try:
            row = _row(json.loads(line))
        except (ValueError, KeyError, TypeError) as fault:
            raise StackError(f"Line {number} is no verdict as the export has them: {fault!r}") from None
        rows += [row] if row else []
        left_out += row is None
    return rows, left_out


def _row(said: Mapping[str, Any]) -> Row | None:
    if said["candidate"] is None:
        return None
    prospect, candidate = (compare.party_of_export(said[side]) for side in ("prospect", "candidate"))
    if any(line.agrees for line in compare.compare(prospect, candidate) if line.field in compare.IDENTITIES):
        return None
    nearest = compare.likeness(prospect, candidate).entry.name
    found = _as_learned(prospect.names[0], nearest)
    near = lookalikes.closeness(found.alignment)
    reason, points = lookalikes.said_by_countries(near, prospect.country, candidate.country)
    parts = {**found.parts, reason: found.parts.get(reason, 0.0) + points}
    differ = bool(prospect.country and candidate.country and prospect.country != candidate.country)
    return Row(said["deal_id"], said["verdict"], parts, near is Closeness.EQUAL and not differ)


def _as_learned(one: str, other: str) -> Score:
    return score.compare(normalise(one), normalise(other), score.as_learned())


def today() -> Fit:
    return Fit(score.weights().shift, score.weights().factors)


def fit(rows: Sequence[Row]) -> Fit:
    """To all of the rows, as many of which are called possible as by today's weights."""
    factors = {name: round(factor, 4) for name, factor in _regression(rows).items()}
    unequal = [row for row in rows if not row.is_equal]
    called = sum(row.called for row in judge(unequal, today()))
    points = sorted((row.points for row in judge(unequal, Fit(0.0, factors))), reverse=True)
    if not 0 < called < len(points):
        return Fit(today().shift, factors)
    return Fit(round(score.weights().possible - (points[called - 1] + points[called]) / 2, 4), factors)


def _regression(rows: Sequence[Row]) -> dict[str, float]:
    """The factors: coordinate by coordinate, each step small enough (a quarter bounds the curve) to be never worse.

    How far points are from log odds among pairs that were chosen for review (`level`, `scale`) is fitted too and not
    kept: else reasons of which much is known would lose to those of which nothing is.
    """
    same = [row.verdict == SAME for row in rows]
    columns = {str(reason): [row.parts.get(reason, 0.0) for row in rows] for reason in Reason}
    columns = {name: column for name, column in columns.items() if any(column)}
    squares = {name: sum(value * value for value in column) for name, column in columns.items()}
    factors, level, scale = dict.fromkeys(columns, 1.0), 0.0, 1.0
    points = [score.weights().base + sum(row.parts.values()) for row in rows]

    def slope(column: Iterable[float]) -> float:
        likely = (1 / (1 + math.exp(-level - scale * z)) for z in points)
        return sum((p - is_same) * value for p, is_same, value in zip(likely, same, column, strict=True))

    for _ in range(_SWEEPS):
        level -= slope([1.0] * len(rows)) * 4 / len(rows)
        scale = max(_MIN_SCALE, scale - slope(points) * 4 / sum(z * z for z in points))
        most = 0.0
        for name, column in columns.items():
            uphill = scale * slope(column) + _HOLD * (factors[name] - 1)
            better = max(0.0, factors[name] - uphill / (scale * scale * squares[name] / 4 + _HOLD))
            step, factors[name] = better - factors[name], better
            points = [z + step * value for z, value in zip(points, column, strict=True)]
            most = max(most, abs(step))
        if most < _STILL:
            break
    return factors


def judge(rows: Iterable[Row], fitted: Fit) -> list[Judged]:
    return [_judged(row, fitted) for row in rows]


def _judged(row: Row, fitted: Fit) -> Judged:
    parts = {reason: points * fitted.factors.get(reason, 1.0) for reason, points in row.parts.items()}
    points = score.weights().base + fitted.shift + sum(parts.values())
    points = max(points, score.weights().possible) if row.is_equal else points
    weightiest = sorted(parts, key=lambda reason: -parts[reason])[:3]
    reasons = [reason for reason in weightiest if parts[reason] > 0]
    return Judged(row.verdict, points, points >= score.weights().possible, reasons)


def judge_unseen(rows: Sequence[Row]) -> list[Judged]:
    """Each row by a fit to the deals of the other folds."""
    folds = [zlib.crc32(row.deal_id.encode()) % _FOLDS for row in rows]
    fits = [fit([row for row, own in zip(rows, folds, strict=True) if own != fold]) for fold in range(_FOLDS)]
    return [_judged(row, fits[fold]) for row, fold in zip(rows, folds, strict=True)]


def refitted(weights: Mapping[str, Any], fitted: Fit, refitted_from: str) -> dict[str, Any]:
    """The content of weights.json, with a version of its own."""
    change = {**asdict(fitted), "refitted_from": refitted_from}
    digest = hashlib.sha256(json.dumps(change, sort_keys=True).encode()).hexdigest()
    return {**weights, **change, "version": f"{str(weights['version']).partition('+')[0]}+{digest[:8]}"}


def refit(verdicts: Path, pairs: Path | None) -> str:
    """Writes weights.json and gives the report; raises StackError, having written nothing, if there is nothing to gain.

    `pairs` holds the pairs that the weights were first learned from: the report tells what becomes of a fifth of them.
    """
    rows, left_out = read(verdicts.read_text("utf-8").splitlines())
    same = sum(row.verdict == SAME for row in rows)
    told = f"{len(rows)} verdicts on names, {same} of them same; {left_out} say nothing of names."
    if len(rows) < MIN_ROWS or not 0 < same < len(rows):
        raise StackError(f"{told} It takes {MIN_ROWS}, not all of one kind. Nothing was changed.")
    fitted, before, after = fit(rows), judge(rows, today()), judge_unseen(rows)
    lines = [told, "", report(before, after, fitted.factors)]
    lines += _on_pairs(pairs, fitted) if pairs else []
    if average_precision(after) < average_precision(before) + _MIN_GAIN:
        raise StackError("\n".join([*lines, "", "That is no better on rows it has not seen. Nothing was changed."]))
    source = hashlib.sha256(verdicts.read_bytes()).hexdigest()
    content = refitted(json.loads(WEIGHTS.read_text("ascii")), fitted, source)
    WEIGHTS.write_text(json.dumps(content, separators=(",", ":")) + "\n", "ascii")
    return "\n".join([*lines, "", f"Written: weights {content['version']}"])


def _on_pairs(folder: Path, fitted: Fit) -> list[str]:
    """From the names alone, as the pairs have no countries."""
    _, aside = data.split(data.pairs(folder))
    rows = [
        Row("", SAME if pair.same else "different", _as_learned(pair.left, pair.right).parts, is_equal=False)
        for pair in aside
        if pair.reachable or not pair.same
    ]
    told = "A fifth of the labelled pairs, which the weights learned from:"
    return ["", told, *overall(judge(rows, today()), judge(rows, fitted))]
