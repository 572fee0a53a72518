"""What weights make of reviewed pairs, in figures: before they were fitted to verdicts and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SAME = "same"
"""A related company, a sister or a parent, is another customer."""
RELATED = "related"


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: str
    points: float
    called: bool
    """Possible, for a reviewer to look at."""
    reasons: Sequence[str]
    """The three that speak most for the same company."""

    @property
    def is_same(self) -> bool:
        return self.verdict == SAME


def average_precision(rows: Iterable[Judged]) -> float:
    """Of the pairs as likely as each that is the same, or likelier: how many are. 1 where those all come first."""
    found: list[float] = []
    for place, row in enumerate(sorted(rows, key=lambda row: -row.points), 1):
        if row.is_same:
            found.append((len(found) + 1) / place)
    return sum(found) / max(1, len(found))


def report(before: Sequence[Judged], after: Sequence[Judged], factors: Mapping[str, float]) -> str:
    """`after` is of fits that have not seen the row."""
    return "\n".join(
        [
            "Pairs called possible, before and after (on rows that the fit has not seen):",
            *overall(before, after),
            "",
            "By each of the three reasons that spoke most for them:",
            *_by_reason(_called(before), _called(after), factors),
        ]
    )


def overall(before: Sequence[Judged], after: Sequence[Judged]) -> list[str]:
    figures = [_figures(rows) for rows in (before, after)]
    return [f"  {name:<10}{figures[0][name]:8.3f}{figures[1][name]:8.3f}" for name in figures[0]]


def _figures(rows: Sequence[Judged]) -> dict[str, float]:
    called = _called(rows)
    right = sum(row.is_same for row in called)
    return {
        "called": len(called) / len(rows),
        "precision": right / max(1, len(called)),
        "recall": right / max(1, sum(row.is_same for row in rows)),
        "in order": average_precision(rows),
    }


def _called(rows: Iterable[Judged]) -> list[Judged]:
    return [row for row in rows if row.called]


def _by_reason(before: Sequence[Judged], after: Sequence[Judged], factors: Mapping[str, float]) -> list[str]:
    head = f"{'pairs':>6}{'same':>6}{'related':>9}{'precision':>11}"
    lines = [f"  {'reason':<22}{'factor':>7} |{head} |{head}"]
    for reason in sorted({reason for row in (*before, *after) for reason in row.reasons} | factors.keys()):
        sides = [_counted([row for row in rows if reason in row.reasons]) for rows in (before, after)]
        lines.append(f"  {reason:<22}{factors.get(reason, 1.0):7.2f} |{sides[0]} |{sides[1]}")
    return lines


def _counted(rows: Sequence[Judged]) -> str:
    same = sum(row.is_same for row in rows)
    precision = f"{same / len(rows):11.3f}" if rows else f"{'–':>11}"
    return f"{len(rows):6}{same:6}{sum(row.verdict == RELATED for row in rows):9}{precision}"
