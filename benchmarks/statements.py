"""A statement of a thousand lines as PDF and CSV: `python -m benchmarks.statements` prints its figures as JSON.

In a process of its own, so that its memory is nothing else's; the time is of the second file, when fonts are read.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

from dealreg.statements import csv_file, pdf_file
from dealreg.statements.model import Statement, StatementLine

LINES = 1000


def measured() -> dict[str, float]:
    """pdf_ms, pdf_mb (all of the process) and csv_ms."""
    command = [sys.executable, "-m", "benchmarks.statements"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def main() -> None:
    of = Statement("S-1", "Acme", "Nordlicht GmbH", "2026-03", "EUR", "closed", 0, tuple(map(_line, range(LINES))))
    csv_ms, pdf_ms = (_milliseconds(render, of) for render in (csv_file.render, pdf_file.render))
    print(json.dumps({"pdf_ms": round(pdf_ms), "pdf_mb": _peak_mb(), "csv_ms": round(csv_ms, 1)}))


def _peak_mb() -> int:
    """By Linux's own count: that of getrusage still has what the parent held when it started us."""
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return round(int(found[1]) / 1024) if found else 0


def _milliseconds(render: Callable[[Statement], bytes], of: Statement) -> float:
    render(of)
    began = perf_counter()
    render(of)
    return (perf_counter() - began) * 1000


def _line(number: int) -> StatementLine:
    return StatementLine(
        number=number + 1,
        occurred_on=date(2026, 3, 1 + number % 28),
        kind="accrual",
        reason_code="payment",
        amount=2000 + number,
        available_on=date(2026, 4, 1 + number % 28),
        status="held",
        deal_number="D-7K3M-9Q2F",
        customer_name=f"Łódzka Fabryka Kwarcu {number} Sp. z o.o.",
        sale_id=f"in_1MtHbELkdIwHu7ixl4Oz{number}",
        base="100.00",
        rule="gold-analytics",
        version=1,
        text="20 % of 100.00 EUR (119.00 EUR paid, without 19.00 EUR tax).",
    )


if __name__ == "__main__":
    main()
