"""A statement in the form that is asked for, as long as it goes into one reply."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dealreg.ledger.inputs import Month
from dealreg.periods.model import Sheet
from dealreg.periods.reading import TOO_LONG
from dealreg.periods.views import statement_of, statement_view
from dealreg.platform.errors import InvalidInput, NotFound, TooLarge
from dealreg.platform.fields import Line
from dealreg.platform.money import CURRENCIES
from dealreg.platform.validation import Input, parse_values
from dealreg.statements import csv_file

MAX_BYTES = 4_000_000
"""Of a file: Lambda's reply may have 6 MB, and a file is a third longer in it."""
JSON, CSV, PDF = "application/json", "text/csv; charset=utf-8", "application/pdf"


class Wanted(NamedTuple):
    period: str
    media: str


class _Period(Input):
    period: Month


class _Query(Input):
    currency: Line | None = None


def wanted(name: str, accept: str) -> Wanted:
    """From the last part of a path, such as `2026-03.csv`; without an ending, what the client prefers among ours."""
    period, _, ending = name.partition(".")
    media = {"json": JSON, "csv": CSV, "pdf": PDF, "": _accepted(accept)}.get(ending)
    if media is None or name.endswith("."):
        raise NotFound
    return Wanted(month(period), media)


def _accepted(accept: str) -> str:
    named = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    known = {"application/json": JSON, "text/csv": CSV, "application/pdf": PDF}
    return next((known[one] for one in named if one in known), JSON)


def month(text: str) -> str:
    """Raises NotFound for what is none."""
    try:
        return parse_values(_Period, {"period": text}).period
    except InvalidInput:
        raise NotFound from None


def currency_of(query: Mapping[str, str]) -> str | None:
    said = parse_values(_Query, dict(query)).currency
    if said is not None and said not in CURRENCIES:
        raise NotFound("There are no lines in this currency.")
    return said


def rendered(sheet: Sheet, media: str) -> bytes:
    """Raises TooLarge."""
    content = _RENDERERS[media](sheet)
    if len(content) > MAX_BYTES:
        raise TooLarge(TOO_LONG)
    return content


def _json(sheet: Sheet) -> bytes:
    return json.dumps(statement_view(sheet), ensure_ascii=False, separators=(",", ":")).encode()


def _csv(sheet: Sheet) -> bytes:
    return csv_file.render(statement_of(sheet))


def _pdf(sheet: Sheet) -> bytes:
    from dealreg.statements import pdf_file  # its layer takes 50 ms, which JSON need not wait for

    return pdf_file.render(statement_of(sheet))


_RENDERERS: Mapping[str, Callable[[Sheet], bytes]] = {JSON: _json, CSV: _csv, PDF: _pdf}
ENDINGS = {CSV: "csv", PDF: "pdf"}
