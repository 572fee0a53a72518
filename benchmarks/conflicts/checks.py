"""Checks as a partner makes them: a name against the whole index, through the product's keys, blocks and scores."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.conflicts.data import REACHABLE, Query
from benchmarks.conflicts.memory import Index
from benchmarks.conflicts.pairs import Scorer
from dealreg.matching.names.lookalikes import Entry, best
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.score import weights

ALARMS = 0.02
Judge = Callable[[Query, Sequence[Entry]], tuple[float, bool]]
"""To the score of the best candidate and whether the right one is among the three that a reviewer sees."""


@dataclass(slots=True)
class Checked:
    query: Query
    hit: bool
    """Whether the right one was among the candidates."""
    candidates: int
    keys_read: int
    milliseconds: float
    scores: dict[str, tuple[float, bool]] = field(default_factory=dict[str, tuple[float, bool]])


def run(index: Index, queries: Sequence[Query], others: dict[str, Scorer]) -> list[Checked]:
    judges: dict[str, Judge] = {"names_only": _names_only} | {name: _judge(scorer) for name, scorer in others.items()}
    results: list[Checked] = []
    for query in queries:
        started = time.process_time()
        found = index.read(normalise(query.name), query.country)
        own = _product(query, found.candidates, query.country)
        spent = (time.process_time() - started) * 1000
        hit = any(company.id in query.expected for company in found.candidates)
        checked = Checked(query, hit, len(found.candidates), found.keys_read, spent, {"product": own})
        checked.scores |= {name: judge(query, found.candidates) for name, judge in judges.items()}
        results.append(checked)
    return results


def end_to_end(results: Sequence[Checked], scorer: str, threshold: float | None = None) -> dict[str, Any]:
    """At the threshold, or at the one where 2 % of the `clear` queries alarm.

    `recall_*` is the share for which the check says "possible"; `shown_*` asks besides that the expected company is
    among the three shown (the reference has companies twice, so another row of the same company may stand there).
    """
    clear = sorted((one.scores[scorer][0] for one in results if one.query.kind == "clear"), reverse=True)
    limit = clear[int(len(clear) * ALARMS)] + 1e-9 if threshold is None else threshold
    figures: dict[str, Any] = {
        "threshold": limit,
        "alarm_rate_clear": _share([score >= limit for score in clear]),
    }
    for name, belongs in _GROUPS.items():
        group = [one.scores[scorer] for one in results if belongs(one.query.kind)]
        figures[f"recall_{name}"] = _share([score >= limit for score, _ in group])
        figures[f"shown_{name}"] = _share([score >= limit and shown for score, shown in group])
    kinds = sorted({one.query.kind for one in results if one.query.expected})
    figures["recall_by_kind"] = {
        kind: _share([one.scores[scorer][0] >= limit for one in results if one.query.kind == kind]) for kind in kinds
    }
    return figures


def blocking(results: Sequence[Checked], index: Index) -> dict[str, Any]:
    counts = [one.candidates for one in results]
    return {
        **{
            f"recall_{name}": _share([one.hit for one in results if belongs(one.query.kind)])
            for name, belongs in _GROUPS.items()
        },
        "candidates_mean": sum(counts) / len(counts),
        "candidates_p99": percentile(counts, 0.99),
        "candidates_max": max(counts),
        "keys_read_mean": sum(one.keys_read for one in results) / len(results),
        "keys_read_max": max(one.keys_read for one in results),
        "items_written_mean": index.items_written / index.added,
        "items_written_max": index.most_written,
    }


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


_GROUPS: dict[str, Callable[[str], bool]] = {
    "reachable": lambda kind: kind in REACHABLE,
    "noise": lambda kind: kind.startswith("syn_"),
}


def _product(query: Query, candidates: Sequence[Entry], country: str | None) -> tuple[float, bool]:
    found = best(normalise(query.name), country, candidates)
    return (
        found[0].score.points if found else -weights().possible * 10,
        any(one.entry.id in query.expected for one in found),
    )


def _names_only(query: Query, candidates: Sequence[Entry]) -> tuple[float, bool]:
    return _product(query, candidates, None)


def _judge(scorer: Scorer) -> Judge:
    def judge(query: Query, candidates: Sequence[Entry]) -> tuple[float, bool]:
        scored = sorted(((scorer(query.name, one.name), one.id) for one in candidates), reverse=True)[:3]
        return scored[0][0] if scored else -1.0, any(id_ in query.expected for _, id_ in scored)

    return judge


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
