"""Runs and payouts as an export gets them, and the mappings that come with the product."""

from datetime import date
from typing import Any

from dealreg.exports.mapping_inputs import mapping_of
from dealreg.exports.mapping_store import built_in
from dealreg.exports.mappings import ExportMapping
from dealreg.exports.rendering import ExportedPayout, ExportedRun, render

RUN = ExportedRun("R-0007", date(2026, 12, 5), "2026-11")


def payout(**changes: Any) -> ExportedPayout:
    """100.00 EUR for Quarz GmbH with 19.00 EUR of tax; the total follows."""
    said: dict[str, Any] = {"number": "P-7K3M-9Q2F", "currency": "EUR", "net": 10_000, "tax": 1_900}
    said |= {"partner_name": "Quarz GmbH", "erp_reference": "Q001", "tax_code": "T1"} | changes
    said = {"id": f"pay_{said['number']}", "total": said["net"] + said["tax"]} | said
    return ExportedPayout(**said)


def shipped(name: str, **changes: Any) -> ExportMapping:
    """One of the product's own, edited."""
    return mapping_of({**built_in()[name].written, **changes})


def mapping(*columns: dict[str, Any], **changes: Any) -> ExportMapping:
    return mapping_of({"rows": "payouts", "columns": list(columns), "file": {"newline": "lf"}} | changes)


def text_of(by: ExportMapping, *payouts: ExportedPayout) -> str:
    return render(by, RUN, payouts).content.decode(by.file.encoding)


def cell_of(value: str, paid: ExportedPayout | None = None, **changes: Any) -> str:
    """A file's only cell."""
    column = {name: changes.pop(name) for name in ("max", "required", "too_long") if name in changes}
    by = mapping({"name": "x", "value": value} | column, file={"header": False, "newline": "lf"}, **changes)
    return text_of(by, paid or payout()).removesuffix("\n")
