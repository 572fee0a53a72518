# pyright: basic
# scikit-learn and scipy have no types.
"""Learns the weights of the conflict check: `python -m local.train DIR`, DIR with `pairs.csv.gz` (see benchmarks).

Needs numpy, scipy and scikit-learn, which nothing else does. Learns first from the rows that
`benchmarks.conflicts.data.split` gives to learning, to tell how good that is on the rows kept aside; then in the same
way from all rows, which is what is written. Learns besides from typing noise made up on the rows' names, and from
companies of the reference that the index takes for neighbours.
"""

import json
import sys
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict

from benchmarks.conflicts import data, pairs
from dealreg.matching.names import score, tables
from dealreg.matching.names.align import Alignment, align
from dealreg.matching.names.features import FEATURES, measure
from dealreg.matching.names.normalise import normalise
from local.strangers import strangers
from local.typing_noise import noise

WEIGHTS = Path(score.__file__).parent.parent / "data" / "weights.json"
TREES = 120
RISING = frozenset(
    "top top_over_rest second shared_bits shared_points same_lo covered_lo covered_hi covered letters_hi rest_points_lo"
    " rest_points_hi slip_closeness letters_alike beginning".split()
)
FALLING = frozenset(["rest_bits_hi", "rest_top_lo"])
NOISE_ROWS, NOISE_WEIGHT = 4000, 0.3
STRANGERS, STRANGERS_WEIGHT = 3000, 0.1
POSSIBLE = 4.0
"""Points of the best candidate that 2 % of the `clear` queries reach by cross-validation, true duplicates included
(docs/figures.md)."""
_SMOOTHING, _RAREST_TOKEN = 0.05, 4
_WORD_COLUMNS = [list(FEATURES).index(name) for name in ("rest_points_lo", "rest_points_hi", "shared_points")]
_FOLDS = 5
_MIN_POINTS = 0.05
Table = dict[str, list[float]]


def learn(rows: Sequence[data.Pair], neighbours: Sequence[tuple[str, str]], learned_from: str) -> dict[str, Any]:
    """The content of weights.json."""
    typed = list(noise([pair.left for pair in rows if not pair.same], NOISE_ROWS, Random(1)))  # noqa: S311
    found = [_aligned(pair.left, pair.right) for pair in rows] + [_aligned(*names) for names in (*typed, *neighbours)]
    same = np.array([*(pair.same for pair in rows), *[True] * len(typed), *[False] * len(neighbours)], dtype=float)
    weight = np.array([1.0] * len(rows) + [NOISE_WEIGHT] * len(typed) + [STRANGERS_WEIGHT] * len(neighbours))
    values = np.array([measure(one, {}) for one in found])
    odds = np.clip(_guess(_trees(150, 8), values, same, weight, 1), -6, 6)
    words = _word_points(found, values, odds, same)
    guessed = (_guess(_trees(), values, same, weight, 3) + _numbers(values))[: len(rows)]
    model = _trees().fit(values, same, sample_weight=weight)
    return {
        "version": "3",
        "learned_from": learned_from,
        "base": round(float(model._baseline_prediction.ravel()[0]), 4),
        "same_name": round(_best_threshold(guessed, same[: len(rows)]), 2),
        "possible": POSSIBLE,
        "words": words,
        "trees": [list(_steps(step[0].nodes)) for step in model._predictors],
    }


def _guess(model: HistGradientBoostingClassifier, values: Any, same: Any, weight: Any, seed: int) -> Any:
    """The log odds of each row from a model that has not seen it."""
    method, params = "decision_function", {"sample_weight": weight}
    return cross_val_predict(model, values, same, cv=_folds(seed), method=method, params=params)


def _trees(count: int = TREES, leaves: int = 16) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=count,
        learning_rate=0.12,
        max_leaf_nodes=leaves,
        min_samples_leaf=60,
        l2_regularization=1.0,
        max_features=0.5,
        early_stopping=False,  # pyright: ignore[reportArgumentType]
        random_state=1,
        monotonic_cst=[1 if name in RISING else -1 if name in FALLING else 0 for name in FEATURES],
    )


def _folds(seed: int) -> KFold:
    return KFold(_FOLDS, shuffle=True, random_state=seed)


def _aligned(left: str, right: str) -> Alignment:
    one, other = normalise(left), normalise(right)
    return align(one, other) if one.written <= other.written else align(other, one)


def _word_points(found: list[Alignment], values: Any, odds: Any, same: Any) -> Table:
    """Fills the words' columns of `values` from the other folds' points, and gives the points of all."""
    tokens = [list(_tokens(one)) for one in found]
    for others, own in _folds(2).split(values):
        table = _table(_fit(tokens, odds, same, others))
        for place in own:
            counted = measure(found[place], table)
            values[place, _WORD_COLUMNS] = [counted[column] for column in _WORD_COLUMNS]
    return _table(_fit(tokens, odds, same, np.arange(len(found))))


def _tokens(one: Alignment) -> Iterator[str]:
    """What points are learned for: common words only, and the rarity of any; never a word that few names have."""
    known = tables.rarity()
    kind = "replaced" if one.left_rest and one.right_rest else "extra"
    for name, rest in ((one.left, one.left_rest), (one.right, one.right_rest)):
        for place in rest:
            for key in (name.words[place], f"#{name.bits[place]}"):
                if key in known or key.startswith("#"):
                    yield key
                    yield f"{key} {kind}"
    for word in (one.left.words[link.left[0]] for link in one.links if link.kind == "same"):
        if word in known:
            yield f"{word} shared"


def _fit(tokens: list[list[str]], odds: Any, same: Any, rows: Any) -> dict[str, float]:
    counts = Counter(token for row in rows for token in set(tokens[row]))
    places = {token: place for place, token in enumerate(sorted(t for t, n in counts.items() if n >= _RAREST_TOKEN))}
    cells = [(row, places[token]) for row, own in enumerate(rows) for token in set(tokens[own]) if token in places]
    ones = sparse.csr_matrix((np.ones(len(cells)), tuple(zip(*cells, strict=True))), shape=(len(rows), len(places)))
    columns = sparse.hstack([sparse.csr_matrix(odds[rows][:, None]), ones]).tocsr()
    model = LogisticRegression(C=_SMOOTHING, max_iter=300).fit(columns, same[rows])
    return {token: float(model.coef_[0][1 + place]) for token, place in places.items()}


def _table(points: dict[str, float]) -> Table:
    """Points of each word as an extra one, as a replaced one and as a shared one."""
    table: Table = {}
    for word in {token.split()[0] for token in points}:
        extra, replaced, shared = (points.get(f"{word} {kind}", 0.0) for kind in ("extra", "replaced", "shared"))
        row = [points.get(word, 0.0) + extra, points.get(word, 0.0) + replaced, shared]
        if max(map(abs, row)) >= _MIN_POINTS:
            table[word] = [round(value, 2) for value in row]
    return dict(sorted(table.items()))


def _numbers(values: Any) -> Any:
    numbers, covered = values[:, list(FEATURES).index("numbers")], values[:, list(FEATURES).index("covered_lo")]
    return score.NUMBER_DIFFERS * (numbers == 3) + score.NUMBER_MISSING * ((numbers == 2) & (covered > 0.5))


def _best_threshold(points: Any, same: Any) -> float:
    order = np.argsort(-points)
    right = np.cumsum(same[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + same.sum())
    return float(points[order][f1.argmax()])


def _steps(nodes: Any, place: int = 0) -> Iterator[list[float]]:
    """The inner nodes of a tree; a step's points are how much the mean of what is below it changes."""
    inner = [number for number, node in enumerate(nodes) if not node["is_leaf"]]
    numbers = {number: place for place, number in enumerate(inner)}

    def mean(number: int) -> float:
        node = nodes[number]
        if node["is_leaf"]:
            return float(node["value"])
        left, right = nodes[node["left"]], nodes[node["right"]]
        total = left["count"] + right["count"]
        return (mean(node["left"]) * left["count"] + mean(node["right"]) * right["count"]) / total

    for number in inner:
        node, here = nodes[number], mean(number) if number else 0.0
        below, above = int(node["left"]), int(node["right"])
        limit = float(f"{node['num_threshold']:.5g}")
        points = [round(mean(child) - here, 4) for child in (below, above)]
        yield [int(node["feature_idx"]), limit, numbers.get(below, -1), numbers.get(above, -1), *points]


def tried(weights: dict[str, Any], aside: Sequence[data.Pair]) -> dict[str, float]:
    """How good weights are on rows that they were not learned from."""
    parsed = score.parse(weights)

    def scorer(left: str, right: str) -> float:
        return score.compare(normalise(left), normalise(right), parsed).points

    figures = pairs.measure(aside, scorer, parsed.same_name)
    names = ("f1_reachable", "recall_at_p95", "recall_at_p99")
    return {**{name: round(figures[name], 4) for name in names}, "rows": len(aside)}


def learn_hard(
    rows: Sequence[data.Pair], companies: Sequence[data.Company], unseen: Container[str], source: str
) -> dict[str, Any]:
    """From rows, and from what weights learned from these alone think alike in the reference; never `unseen` names."""
    alone = score.parse(learn(_findable(rows), [], source))
    neighbours = strangers(companies, alone, STRANGERS, Random(1))  # noqa: S311
    return learn(_findable(rows), [pair for pair in neighbours if not any(name in unseen for name in pair)], source)


def main() -> None:
    folder = Path(sys.argv[1])
    every, companies, source = data.pairs(folder), data.companies(folder), data.fingerprint(folder)
    rows, aside = data.split(every)
    first = learn_hard(rows, companies, {name for pair in aside for name in (pair.left, pair.right)}, source)
    kept_aside = tried(first, aside)
    print(f"Rows kept aside: {kept_aside}; same name from {first['same_name']} points.")
    known = {name: first[name] for name in ("same_name", "possible")}
    weights = {**learn_hard(every, companies, (), source), **known, "kept_aside": kept_aside}
    WEIGHTS.write_text(json.dumps(weights, separators=(",", ":")) + "\n", "ascii")


def _findable(rows: Sequence[data.Pair]) -> list[data.Pair]:
    return [pair for pair in rows if not pair.same or pair.reachable]


if __name__ == "__main__":
    main()
