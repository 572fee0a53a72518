"""How good and how dear the conflict check is.

`python -m benchmarks.conflicts --data DIR [--json FILE] [--companies N]` uses the product's own keys, blocks and
scores. `pairs` compares names alone; if DIR has the very pairs that the weights were learned from, what counts is
`kept_aside`: what the same settings made of rows that they had not seen. `--companies` fills the index up to N with
made-up companies whose names are recombined from real ones.

`cross_validated` is what counts: each of five parts, by organisation, measured by what was learned without it, the
named baseline beside it. It learns, so it needs `local/train-requirements.txt` and some minutes a part; `--folds 0`
spares it.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from random import Random
from typing import Any, cast

from benchmarks.conflicts import checks, data, pairs, scorers
from benchmarks.conflicts.memory import Index
from dealreg.matching.names.score import weights

LEARNED_FROM = "learned from: see local.train for rows kept aside"
_LONG = ("by_relation", "recall_by_kind")


def measure(folder: Path, size: int) -> dict[str, Any]:
    rows = data.pairs(folder)
    known = data.fingerprint(folder) == weights().learned_from
    companies = data.companies(folder)
    index = Index([*companies, *_made_up(companies, size - len(companies))])
    results = checks.run(index, data.queries(folder), scorers.OTHERS)
    times = [one.milliseconds for one in results]
    return {
        "weights": weights().version,
        "companies": index.added,
        "pairs": {
            "rows": LEARNED_FROM if known else "all",
            "kept_aside": dict(weights().kept_aside),
            **pairs.measure(rows, scorers.product, weights().same_name),
        },
        "end_to_end": checks.end_to_end(results, "product", weights().possible),
        "end_to_end_at_2_percent": checks.end_to_end(results, "product"),
        "end_to_end_names_only_at_2_percent": checks.end_to_end(results, "names_only"),
        "blocking": checks.blocking(results, index),
        "cpu_ms": {"p50": checks.percentile(times, 0.5), "p99": checks.percentile(times, 0.99)},
        "others": {
            name: {
                "pairs": pairs.measure(rows, scorer, None),
                "end_to_end": checks.end_to_end(results, name),
            }
            for name, scorer in scorers.OTHERS.items()
        },
    }


def _made_up(companies: list[data.Company], count: int) -> list[data.Company]:
    """Companies whose first words are one real company's and whose last words another's."""
    random = Random(1)  # noqa: S311
    made: list[data.Company] = []
    for number in range(max(0, count)):
        one, other = random.choice(companies), random.choice(companies)
        words, last = one.name.split(), other.name.split()
        name = " ".join(words[: (len(words) + 1) // 2] + last[len(last) // 2 :])
        made.append(data.Company(f"made{number}", "made up", name, other.country))
    return made


def _cross_validated(folder: Path, count: int) -> dict[str, Any]:
    if not importlib.util.find_spec("sklearn"):
        return {"left_out": "pip install -r local/train-requirements.txt, and it is measured"}
    from benchmarks.conflicts import folds  # what learns is not installed everywhere

    parts: list[dict[str, dict[str, float]]] = []
    for part in folds.measure(folder, count):
        parts.append(part)
        print(f"part {len(parts)} of {count}: {json.dumps(part)}", file=sys.stderr, flush=True)
    return {"parts": len(parts), **folds.summary(parts)}


def _show(figures: dict[str, Any], depth: int = 0) -> None:
    for name, value in figures.items():
        if isinstance(value, float | int | str):
            shown = f"{value:.4f}" if isinstance(value, float) else value
            print("  " * depth + f"{name:<24} {shown}")
        elif isinstance(value, dict) and (name not in _LONG or depth == 1):
            print("  " * depth + name)
            _show(cast("dict[str, Any]", value), depth + 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conflicts", description=__doc__)
    parser.add_argument("--data", type=Path, default=data.SHARED)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--companies", type=int, default=0)
    parser.add_argument("--folds", type=int, default=data.FOLDS)
    given = parser.parse_args()
    figures = measure(given.data, given.companies)
    if given.folds:
        figures["cross_validated"] = _cross_validated(given.data, given.folds)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    _show(figures)


if __name__ == "__main__":
    sys.exit(main())
