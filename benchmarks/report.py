"""How results are shown: Markdown tables, for docs/figures.md."""

from collections.abc import Sequence
from statistics import quantiles


def table(title: str, note: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [[_text(cell) for cell in row] for row in [columns, *rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    print(f"\n## {title}\n\n{note}\n")
    for number, row in enumerate(cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if number == 0:
            print("| " + " | ".join("-" * width for width in widths) + " |")


def percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _text(cell: object) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
