"""The figures by cross-validation over organisations: each part measured by what was learned without it.

Weights, the limits in points and the rarity of words are learned anew for each part, as `local.train` and
`local.name_tables` do for the product. What people decided stays: other tables, the keys, the points of `lookalikes`.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, stdev
from unittest.mock import patch

from benchmarks.conflicts import checks, data, pairs, scorers
from benchmarks.conflicts.memory import Index
from dealreg.matching.names import lookalikes, score, tables
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.score import Weights
from local import train
from local.name_tables import NOT_FREE, count_rarity

BASELINE = "rapidfuzz_token_set_ratio"
_ALARMS = 0.019
"""Of the `clear` queries that are learned from: a little below `checks.ALARMS`, as for the product."""


def measure(folder: Path, count: int) -> Iterator[dict[str, dict[str, float]]]:
    """For each part the figures of the product and of the baseline, whose limits are learned in the same way."""
    companies, queries = data.companies(folder), data.queries(folder)
    names = {company.id: company.name for company in companies}
    asked = [(query.name, names[id_]) for query in queries for id_ in query.expected if id_ in names]
    folds = data.Folds(data.pairs(folder), asked, count)
    words = [(folds.of(company.name), company, normalise(company.name).words) for company in companies]
    for fold in range(count):
        others = [one for one in words if one[0] != fold]
        known = count_rarity([own for _, company, own in others if company.source not in NOT_FREE])
        rows, aside = folds.rows_for(fold)
        with _rarity(known):
            unseen = {company.name for own, company, _ in words if own == fold}
            learned = score.parse(train.learn_hard(rows, [company for _, company, _ in others], unseen, ""))
            with _weights(learned):
                yield _figures(
                    rows, aside, Index(companies), [(folds.of(query.name) == fold, query) for query in queries]
                )


def summary(parts: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, str]]:
    """Mean and spread (the standard deviation) of each figure over the parts."""
    return {
        scorer: {
            name: f"{mean(values):.4f} ± {stdev(values) if len(values) > 1 else 0.0:.4f}"
            for name in figures
            for values in [[part[scorer][name] for part in parts]]
        }
        for scorer, figures in parts[0].items()
    }


def _figures(
    rows: Sequence[data.Pair], aside: Sequence[data.Pair], index: Index, queries: Sequence[tuple[bool, data.Query]]
) -> dict[str, dict[str, float]]:
    results = checks.run(
        index, [query for own, query in queries if own or query.kind == "clear"], {BASELINE: _baseline}
    )
    own = {query for is_own, query in queries if is_own}
    learned = [one for one in results if one.query not in own]
    measured = [one for one in results if one.query in own]
    blocking = checks.blocking(measured, index)
    found: dict[str, dict[str, float]] = {}
    for name, scorer, limit in (
        ("product", scorers.product, score.weights().same_name),
        (BASELINE, _baseline, pairs.measure(rows, _baseline, None)["threshold"]),
    ):
        on_pairs = pairs.measure(aside, scorer, limit)
        on_queries = checks.end_to_end(measured, name, _limit(learned, name))
        found[name] = {
            **{figure: on_pairs[figure] for figure in ("f1_reachable", "recall_at_p95")},
            **{figure: on_queries[figure] for figure in ("alarm_rate_clear", "recall_reachable", "recall_noise")},
        }
    as_shipped = checks.end_to_end(measured, "product", score.weights().possible)
    found["product"] |= {
        f"{figure}_as_shipped": as_shipped[figure]
        for figure in ("alarm_rate_clear", "recall_reachable", "recall_noise")
    } | {f"blocking_{kind}": blocking[f"recall_{kind}"] for kind in ("reachable", "noise")}
    return found


def _limit(results: Sequence[checks.Checked], scorer: str) -> float:
    """From which that share of what is learned from alarms."""
    points = sorted((one.scores[scorer][0] for one in results if one.query.kind == "clear"), reverse=True)
    return points[int(len(points) * _ALARMS)] + 1e-9


def _baseline(left: str, right: str) -> float:
    return scorers.token_set_ratio(left, right)


@contextmanager
def _rarity(known: Mapping[str, int]) -> Generator[None]:
    normalise.cache_clear()
    with patch.object(tables, "rarity", lambda: known):
        yield
    normalise.cache_clear()


@contextmanager
def _weights(learned: Weights) -> Generator[None]:
    with patch.object(score, "weights", lambda: learned), patch.object(lookalikes, "weights", lambda: learned):
        yield
