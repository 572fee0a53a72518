"""How likely two names mean the same company: points added up reason by reason, with weights of one version.

Each step of `data/weights.json` asks one thing of the names and adds points to that thing's reason; points are log
odds, so nothing is lost between the sum and the reasons shown. `local/train.py` learns the steps.
"""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from dealreg.matching.names.align import Alignment, Kind, align
from dealreg.matching.names.features import FEATURES, WordPoints, measure
from dealreg.matching.names.normalise import Name
from dealreg.matching.names.reasons import Reason

Node = tuple[int, float, int, int, float, float]
"""Feature, limit, next node if not above the limit and if above (-1: none), points if not above and if above."""
NUMBER_DIFFERS = -3.0
"""Fund II is not fund III. Too rare in the training data to be learned."""
NUMBER_MISSING = -1.5
_EXACT_KINDS = (Kind.SAME, Kind.JOINED)
_REASONS = tuple(FEATURES.values())


@dataclass(frozen=True, slots=True)
class Weights:
    version: str
    base: float
    """Points before anything is known."""
    same_name: float
    """Points from which two names are the same, when just these two are compared."""
    possible: float
    """Points from which the best of all candidates is shown to a reviewer."""
    trees: tuple[tuple[Node, ...], ...]
    words: WordPoints
    learned_from: str
    """SHA-256 of the pairs that the weights were learned on."""
    factors: Mapping[str, float] = field(default_factory=dict[str, float])
    """By which reviewers' verdicts changed the points of a reason (`local/refit.py`); 1 for the others."""
    shift: float = 0.0
    """By which they changed the points before anything is known."""
    refitted_from: str = ""
    """SHA-256 of the verdicts."""
    kept_aside: Mapping[str, float] = field(default_factory=dict[str, float])
    """How good the same settings were on rows that they had not seen (`local/train.py`)."""


@dataclass(frozen=True, slots=True)
class Score:
    points: float
    parts: dict[Reason, float]
    """Points of each reason; with the base they add up to `points`."""
    alignment: Alignment

    @property
    def likelihood(self) -> float:
        return 1 / (1 + math.exp(-self.points))


@cache
def weights() -> Weights:
    return parse(json.loads((Path(__file__).parent.parent / "data" / "weights.json").read_text("ascii")))


def parse(content: Mapping[str, Any]) -> Weights:
    known = dict(content)
    trees = tuple(tuple(cast("Node", tuple(node)) for node in tree) for tree in known.pop("trees"))
    return Weights(trees=trees, **known)


@cache
def as_learned() -> Weights:
    """Without what reviewers' verdicts changed."""
    return replace(weights(), factors={}, shift=0.0)


def compare(one: Name, other: Name, learned: Weights | None = None) -> Score:
    """The same whichever name comes first."""
    learned = learned or weights()
    left, right = (one, other) if _order(one) <= _order(other) else (other, one)
    alignment = align(left, right)
    values = measure(alignment, learned.words)
    parts: dict[Reason, float] = defaultdict(float)
    for feature, points in enumerate(_add_up(learned.trees, values)):
        parts[_REASONS[feature]] += points
    if _numbers_matter(values):
        parts[Reason.NUMBER] += NUMBER_DIFFERS if values[_NUMBERS] == 3 else NUMBER_MISSING
    weighed = {reason: points * learned.factors.get(reason, 1.0) for reason, points in parts.items()}
    return Score(learned.base + learned.shift + sum(weighed.values()), weighed, alignment)


def is_equal(found: Alignment) -> bool:
    """Whether the names differ at most in their legal forms, case, marks, word order and spaces."""
    return not found.left_rest and not found.right_rest and all(link.kind in _EXACT_KINDS for link in found.links)


_NUMBERS = list(FEATURES).index("numbers")
_COVERED = list(FEATURES).index("covered_lo")


def _numbers_matter(values: Sequence[float]) -> bool:
    return values[_NUMBERS] == 3 or (values[_NUMBERS] == 2 and values[_COVERED] > 0.5)


def _add_up(trees: Sequence[Sequence[Node]], values: Sequence[float]) -> list[float]:
    """The points of each feature. The product's hottest loop: about 500 steps a comparison."""
    totals = [0.0] * len(values)
    for tree in trees:
        place = 0
        while place >= 0:
            feature, limit, below, above, points_below, points_above = tree[place]
            if values[feature] <= limit:
                place = below
                totals[feature] += points_below
            else:
                place = above
                totals[feature] += points_above
    return totals


def _order(name: Name) -> tuple[str, ...]:
    return name.written
