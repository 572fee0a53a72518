"""Runs and payouts as they are shown: to the vendor, and to the partner that is paid."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypedDict, cast

from dealreg.payouts.model import Excluded, Export, Payout, PayoutState, Run, RunState
from dealreg.payouts.rules import number_of_payout, number_of_run, state_of
from dealreg.platform import times
from dealreg.platform.money import Money
from dealreg.platform.replies import Day, Moment, MoneyView


class RunSummaryView(TypedDict):
    id: str
    number: str
    state: RunState
    version: Annotated[int, "What an approval names"]


class BuildingProgressView(TypedDict):
    partners: Annotated[int, "That were looked at"]
    lines: Annotated[int, "That were claimed"]


class ExportView(TypedDict):
    id: str
    url: Annotated[str, "Of the file, on this API"]
    sha256: str
    rows: Annotated[int, "Of the file, without its header"]
    mapping: str
    mapping_version: int
    date: Day
    at: Moment
    by: str


class PayoutRunListView(RunSummaryView):
    at: Annotated[Moment, "As of when lines are payable"]
    totals: Annotated[dict[str, str], "Of its payouts, by currency, without tax"]
    progress: BuildingProgressView
    made_at: Moment
    made_by: str
    approved_at: Moment | None
    approved_by: str | None
    export: Annotated[ExportView | None, "The last one"]
    ended_at: Annotated[Moment | None, "When it was settled or cancelled"]
    ended_by: str | None


class OwnPayoutView(TypedDict):
    id: str
    number: str
    state: PayoutState
    currency: str
    amount: Annotated[MoneyView, "The sum of its lines"]
    tax: MoneyView
    total: Annotated[MoneyView, "Amount and tax"]
    lines: Annotated[int, "How many lines of the ledger it pays"]
    at: Moment
    paid_at: Moment | None
    reference: str | None
    returned_at: Moment | None
    reason_code: Annotated[str | None, "Why it failed or came back"]
    text: str | None


class RunPayoutView(OwnPayoutView):
    run_id: str
    partner_id: str
    partner_name: str
    erp_reference: str
    tax_code: str | None
    tax_percent: str


class ExcludedPayoutView(TypedDict):
    partner_id: str
    currency: str
    amount: MoneyView
    reason_code: Annotated[str, "The first that holds"]
    block_reason_code: Annotated[str | None, "Of one that is blocked"]


class RunView(PayoutRunListView):
    exports: Annotated[list[ExportView], "Newest first; at most 50"]
    since_proposed: Annotated[dict[str, str], "What was clawed back meanwhile, by currency: it goes into the next run"]
    payouts: Annotated[list[RunPayoutView], "A page of them; who goes without comes behind the last"]
    excluded: list[ExcludedPayoutView]
    next_cursor: str | None


def summary(run: Run) -> RunSummaryView:
    return {"id": run.id, "number": number_of_run(run.id), "state": run.state, "version": run.version}


def listed(run: Run) -> PayoutRunListView:
    return {
        **summary(run),
        "at": times.to_text(run.at),
        "totals": amounts(run.totals),
        "progress": {"partners": run.partners, "lines": run.lines},
        "made_at": times.to_text(run.made_at),
        "made_by": run.made_by,
        "approved_at": _moment(run.approved_at),
        "approved_by": run.approved_by,
        "export": export_view(run.id, run.export) if run.export else None,
        "ended_at": _moment(run.ended_at),
        "ended_by": run.ended_by,
    }


def export_view(run_id: str, export: Export) -> ExportView:
    return {
        "id": export.id,
        "url": f"/v1/admin/payout-runs/{run_id}/exports/{export.id}",
        "sha256": export.sha256,
        "rows": export.rows,
        "mapping": export.mapping,
        "mapping_version": export.version,
        "date": export.date,
        "at": times.to_text(export.at),
        "by": export.by,
    }


def own_view(payout: Payout, run: Run) -> OwnPayoutView:
    """As its partner sees it."""

    def money(minor: int) -> MoneyView:
        return Money(minor, payout.currency).to_wire()

    return {
        "id": payout.id,
        "number": number_of_payout(payout.id, payout.attempt),
        "state": state_of(payout, run),
        "currency": payout.currency,
        "amount": money(payout.minor),
        "tax": money(payout.tax),
        "total": money(payout.minor + payout.tax),
        "lines": payout.lines,
        "at": times.to_text(payout.at),
        "paid_at": _moment(payout.paid_at),
        "reference": payout.reference,
        "returned_at": _moment(payout.returned_at),
        "reason_code": payout.reason_code,
        "text": payout.text,
    }


def payout_view(payout: Payout, run: Run) -> RunPayoutView:
    own: Any = own_view(payout, run)
    more = ("run_id", "partner_id", "partner_name", "erp_reference", "tax_code", "tax_percent")
    return cast("RunPayoutView", own | {name: getattr(payout, name) for name in more})


def excluded_view(one: Excluded) -> ExcludedPayoutView:
    return {
        "partner_id": one.partner_id,
        "currency": one.currency,
        "amount": Money(one.minor, one.currency).to_wire(),
        "reason_code": one.reason_code,
        "block_reason_code": one.block_reason_code,
    }


def amounts(sums: Mapping[str, int]) -> dict[str, str]:
    return {currency: Money(minor, currency).amount for currency, minor in sorted(sums.items())}


def _moment(at: datetime | None) -> str | None:
    return times.to_text(at) if at else None
