"""Deals as their partner, and as the vendor, is shown them."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from dealreg.deals import words
from dealreg.deals.model import Appeal, Deal
from dealreg.deals.statuses import Stage, Status
from dealreg.matching.identities import problems_of
from dealreg.matching.rules import REASONS, Verdict
from dealreg.platform.replies import Day, FaultView, Moment, MoneyView, one_of
from dealreg.platform.text import day

StatusText = Annotated[str, one_of(Status)]
VerdictText = Annotated[str, one_of(Verdict)]
ReasonText = Annotated[str, one_of(REASONS.values())]


class CheckResult(TypedDict):
    verdict: VerdictText
    reason_code: ReasonText | None


class CheckView(TypedDict):
    conflict: CheckResult


class ExtensionView(TypedDict):
    status: Annotated[str, one_of(["pending"])]
    days: int
    decide_by: Annotated[Moment | None, "We promised an answer by then, and the protection holds till then at least"]


class DealView(TypedDict):
    id: str
    number: Annotated[str, {"examples": ["D-7K3M-9Q2F"]}]
    status: StatusText
    stage: Annotated[str, one_of(Stage)]
    version: Annotated[int, "For If-Match"]
    conflict: CheckResult
    decide_by: Moment | None
    protected_until: Moment | None
    customer: Annotated[dict[str, Any], "As in NewDeal"]
    warnings: Annotated[list[FaultView], "What looks mistyped, such as a tax id whose check digits are wrong"]
    products: list[str]
    amount: MoneyView
    type: Annotated[str | None, "One of the program's deal_types when it was written"]
    won_amount: MoneyView | None
    expected_close_date: Day | None
    notes: str | None
    partner_id: str
    partner_reference: str | None
    reason_code: str | None
    reason: str | None
    editable: Annotated[list[str], "In action_required: the fields the reviewer named"]
    answer_by: Annotated[Moment | None, "In action_required: without an answer by then the deal expires"]
    sign_of_life_by: Annotated[Moment | None, "Set when an approved deal was long silent: confirm by then"]
    extension: Annotated[ExtensionView | None, "A longer protection that was asked for and is not answered yet"]
    appeal_by: Annotated[Moment | None, "Until when a rejection may be appealed against; null: it may not"]
    next: Annotated[str, "What happens next, in words"]
    created_at: Moment
    updated_at: Moment


class ReportedSaleView(TypedDict):
    event_id: Annotated[str, "Of the billing event"]
    amount: MoneyView
    reported_at: Moment


class AppealView(TypedDict):
    at: Moment
    reason: str
    rejected_by: Annotated[str, "Who, or what, had rejected it"]


class AdminDealView(DealView):
    appeal: AppealView | None
    matches: list[dict[str, Any]]
    reported_sales: Annotated[list[ReportedSaleView], "By billing systems, before the deal was approved"]
    tier: str
    plan: Annotated[str, "Of commissions, by which its money is priced"]
    user_id: str
    decision: NotRequired[Annotated[str, "What was decided a moment ago; the deal follows"]]


class SavedCommentView(TypedDict):
    text: str
    author: str


class SavedNoteView(SavedCommentView):
    internal: bool


def view(deal: Deal) -> DealView:
    """The deal as its partner sees it: no match, no score, nobody else."""
    return {
        "id": deal.id,
        "number": deal.number,
        "status": deal.status,
        "stage": deal.stage,
        "version": deal.version,
        "conflict": {"verdict": deal.verdict, "reason_code": deal.conflict_reason},
        "decide_by": deal.decide_by,
        "protected_until": deal.protected_until,
        "customer": dict(deal.customer),
        "warnings": _warnings(deal),
        "products": deal.products,
        "amount": deal.amount.to_wire(),
        "type": deal.type,
        "won_amount": deal.won_amount.to_wire() if deal.won_amount else None,
        "expected_close_date": deal.expected_close_date,
        "notes": deal.notes,
        "partner_id": deal.partner_id,
        "partner_reference": deal.partner_reference,
        "reason_code": deal.reason_code,
        "reason": deal.reason,
        "editable": deal.editable,
        "answer_by": deal.answer_by,
        "sign_of_life_by": deal.sign_of_life_by,
        "extension": _extension_view(deal),
        "appeal_by": deal.appeal_by,
        "next": next_step(deal),
        "created_at": deal.created_at,
        "updated_at": deal.updated_at,
    }


def _warnings(deal: Deal) -> list[FaultView]:
    """What should be looked at again but keeps nobody from registering."""
    problems = problems_of(deal.customer)
    return [{"field": f"customer.{name}", "message": f"{problem}."} for name, problem in problems.items()]


def admin_view(deal: Deal) -> AdminDealView:
    """The deal as the vendor sees it, with whom it conflicts and why."""
    return {
        **view(deal),
        "appeal": _appeal_view(deal.appeal) if deal.appeal else None,
        "matches": deal.matches,
        "reported_sales": [_sale_view(sale) for sale in deal.reported_sales],
        "tier": deal.tier,
        "plan": deal.plan,
        "user_id": deal.user_id,
    }


def _extension_view(deal: Deal) -> ExtensionView | None:
    if deal.extension is None:
        return None
    return {"status": "pending", "days": deal.extension.days, "decide_by": deal.decide_by}


def _appeal_view(appeal: Appeal) -> AppealView:
    return {"at": appeal.at, "reason": appeal.reason, "rejected_by": appeal.rejected_by}


def _sale_view(sale: Mapping[str, Any]) -> ReportedSaleView:
    return {"event_id": sale["event_id"], "amount": sale["amount"], "reported_at": sale["reported_at"]}


def next_step(deal: Deal, *, is_late: bool = False) -> str:
    """What happens next, in words for its partner."""
    deadlines = {name: getattr(deal, name) for name in words.DEADLINES}
    known = {name: day(moment) for name, moment in deadlines.items() if moment}
    text = words.NEXT_STEPS[deal.status].format(
        decide_by=day(deal.decide_by) if deal.decide_by else "soon",
        protected_until=day(deal.protection_ends) if deal.protection_ends else "soon",
        reason=deal.reason or "",
        expired=words.EXPIRED_BECAUSE.get(deal.reason_code or "", ""),
    )
    said = (words.DEADLINES[name].format_map(known) for name in known)
    return " ".join(filter(None, (text.strip(), _of_extension(deal, is_late=is_late), *said)))


def _of_extension(deal: Deal, *, is_late: bool) -> str:
    """Empty where none is asked for."""
    if deal.extension is None:
        return ""
    told = words.EXTENSION_LATE if is_late else words.EXTENSION_ASKED
    return told.format(days=deal.extension.days, decide_by=day(deal.decide_by) if deal.decide_by else "soon")
