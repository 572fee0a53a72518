"""How well names alone tell pairs of the same company from pairs of different ones."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.conflicts.data import Pair

Scorer = Callable[[str, str], float]


def measure(rows: Sequence[Pair], scorer: Scorer, threshold: float | None) -> dict[str, Any]:
    """Figures at the threshold, or at the one of the best F1 if the scorer has none of its own (an advantage).

    Precision and recall are over the positives that a comparison of strings can find and all negatives.
    """
    counted = [row for row in rows if not row.same or row.reachable]
    scored = sorted(((scorer(row.left, row.right), row.same) for row in counted), key=lambda one: -one[0])
    curve = _curve(scored)
    limit = max(curve, key=lambda point: point["f1"])["threshold"] if threshold is None else threshold
    own = _at(curve, limit)
    return {
        "f1_reachable": own["f1"],
        "precision": own["precision"],
        "recall": own["recall"],
        "threshold": limit,
        "best_f1_reachable": max(point["f1"] for point in curve),
        "recall_at_p95": _recall_at(curve, 0.95),
        "recall_at_p99": _recall_at(curve, 0.99),
        "curve": _thinned(curve),
        "by_relation": _by_relation(rows, scorer, limit),
        "positives": sum(same for _, same in scored),
        "negatives": sum(not same for _, same in scored),
    }


def _curve(scored: Sequence[tuple[float, bool]]) -> list[dict[str, float]]:
    """Precision and recall at every threshold."""
    positives = sum(same for _, same in scored)
    points: list[dict[str, float]] = []
    right = 0
    for count, (score, same) in enumerate(scored, 1):
        right += same
        if count < len(scored) and scored[count][0] == score:
            continue
        precision, recall = right / count, right / positives
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        points.append({"threshold": score, "precision": precision, "recall": recall, "f1": f1})
    return points


def _at(curve: Sequence[dict[str, float]], limit: float) -> dict[str, float]:
    nothing = {"threshold": limit, "precision": 1.0, "recall": 0.0, "f1": 0.0}
    return next((point for point in reversed(curve) if point["threshold"] >= limit), nothing)


def _recall_at(curve: Sequence[dict[str, float]], precision: float) -> float:
    return max((point["recall"] for point in curve if point["precision"] >= precision), default=0.0)


def _thinned(curve: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """One point for each twentieth of recall."""
    wanted = [number / 20 for number in range(1, 21)]
    points = [next((point for point in curve if point["recall"] >= recall), None) for recall in wanted]
    return [{name: round(value, 4) for name, value in point.items()} for point in points if point]


def _by_relation(rows: Sequence[Pair], scorer: Scorer, limit: float) -> dict[str, dict[str, float]]:
    """For a relation of positives the recall, for one of negatives the false alarms."""
    found: dict[str, list[bool]] = {}
    for row in rows:
        kind = "same" if row.same else "different"
        found.setdefault(f"{kind}: {row.relation}", []).append(scorer(row.left, row.right) >= limit)
    return {name: {"rows": len(hits), "said_same": sum(hits) / len(hits)} for name, hits in sorted(found.items())}
