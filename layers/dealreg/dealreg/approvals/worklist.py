"""The vendor's list of deals with the review of each: by promise, by person, by what else they have.

Two round trips a page of 50: an index, then by key what it has not. By promise it has the deals, by person the reviews,
save of questions that were put beside others.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from dealreg.approvals.model import Review, Status, from_item, key_of
from dealreg.approvals.views import WorkView, review_view
from dealreg.deals import progress, searching, store
from dealreg.deals.model import Deal
from dealreg.deals.model import from_item as deal_from_item
from dealreg.deals.views import admin_view
from dealreg.platform import dynamo, times
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.text import spreadsheet_text

BY_APPROVER, BY_DECIDE_BY = "by_approver", "by_decide_by"
EXPORT_PAGE = 1000
COLUMNS = (
    "number",
    "id",
    "status",
    "partner_id",
    "tier",
    "customer",
    "country",
    "amount",
    "currency",
    "products",
    "conflict",
    "rule",
    "waits_for",
    "decide_by",
    "late",
    "protected_until",
    "created_at",
)
_FILTERED = 100
"""How many are read for a page of those that fit: a page may be short, or empty, and not the last."""


class Sort(StrEnum):
    NEWEST = "newest"
    DECIDE_BY = "decide_by"
    """Soonest first: of those that wait for a decision."""


class YesNo(StrEnum):
    YES = "true"
    NO = "false"


@dataclass(frozen=True, slots=True)
class Filters:
    status: str | None = None
    approver: str | None = None
    """Who has an open question about it."""
    partner_id: str | None = None
    tier: str | None = None
    rule: str | None = None
    late: bool | None = None
    sort: Sort = Sort.NEWEST
    verdict: str | None = None
    text: str | None = None
    """What is searched for, as `deals.searching` finds it."""

    @property
    def are_more_than_a_list(self) -> bool:
        """Whether some of what is read may not fit."""
        listed_by = [one for one in (self.approver, self.partner_id, self.status) if one]
        return len(listed_by) > 1 or any((self.tier, self.rule, self.verdict, self.late is not None))

    def fits(self, deal: Deal, review: Review | None, now: datetime) -> bool:
        return (
            self.status in (None, deal.status)
            and self.partner_id in (None, deal.partner_id)
            and self.tier in (None, deal.tier)
            and self.verdict in (None, deal.verdict)
            and (self.rule is None or (review is not None and review.rule == self.rule))
            and self.late in (None, progress.is_late(deal, now))
        )


@dataclass(frozen=True, slots=True)
class _Found:
    deals: Sequence[tuple[Deal, dynamo.Item]]
    """Each with where the page after it begins."""
    next_start: dynamo.Item | None
    reviews: Mapping[str, Review] = field(default_factory=dict[str, Review])
    """Those that were read with their deals, by the deals' ids."""


def listing(filters: Filters, page: PageRequest, now: datetime) -> Listing[WorkView]:
    """Newest first; by `decide_by` the soonest; those of an approver as they were asked, oldest first.

    What a search finds is one page.
    """
    if filters.text is not None:
        return page.listing(_searched(filters.text, filters, now), None)
    wanted = replace(page, size=max(page.size, _FILTERED)) if filters.are_more_than_a_list else page
    found = _source(filters, wanted, now)
    reviews = found.reviews or _reviews([deal for deal, _ in found.deals])
    fitting = [one for one in found.deals if filters.fits(one[0], reviews.get(one[0].id), now)]
    shown = fitting[: page.size]
    next_start = shown[-1][1] if len(fitting) > page.size else found.next_start
    return page.listing([work_view(deal, reviews.get(deal.id), now) for deal, _ in shown], next_start)


def _searched(text: str, filters: Filters, now: datetime) -> list[WorkView]:
    deals = searching.find(text, filters.partner_id)
    reviews = _reviews(deals)
    fitting = [deal for deal in deals if filters.fits(deal, reviews.get(deal.id), now)]
    return [work_view(deal, reviews.get(deal.id), now) for deal in fitting if _asks(filters, reviews.get(deal.id))]


def _asks(filters: Filters, review: Review | None) -> bool:
    """Whether the approver who is asked for, if one is, has an open question."""
    pending = [question.approver for question in review.pending] if review else []
    return filters.approver is None or filters.approver in pending


def work_view(deal: Deal, review: Review | None, now: datetime) -> WorkView:
    return {**admin_view(deal), "review": review_view(review, deal, now)}


def _source(filters: Filters, page: PageRequest, now: datetime) -> _Found:
    if filters.approver:
        return _of_approver(filters.approver, page)
    if filters.sort is Sort.DECIDE_BY or filters.late:
        return _by_promise(page, now if filters.late else None)
    if filters.partner_id:
        found = store.page_of_partner(filters.partner_id, page)
        deals = [(deal_from_item(item), {"pk": item["pk"], "sk": item["sk"]}) for item in found.items]
        return _Found(deals, found.next_key)
    newest, next_start = store.newest_of_all(filters.status, page)
    return _Found([(deal, {"id": deal.id}) for deal in newest], next_start)


def _by_promise(page: PageRequest, before: datetime | None) -> _Found:
    until = ("decide_by", times.to_text(before)) if before else None
    waiting = (store.WAITS, store.IN_REVIEW)
    found = dynamo.index_page(store.table(), BY_DECIDE_BY, waiting, limit=page.size, until=until, start=page.start)
    keys = ("pk", "sk", store.WAITS, "decide_by")
    return _Found([(deal_from_item(item), {key: item[key] for key in keys}) for item in found.items], found.next_key)


def _of_approver(approver: str, page: PageRequest) -> _Found:
    whose = ("approver", approver)
    found = dynamo.index_page(store.table(), BY_APPROVER, whose, limit=page.size, start=page.start)
    places = {item["deal_id"]: store.deal_key(item["partner_id"], item["deal_id"]) for item in found.items}
    reviews = {item["deal_id"]: from_item(item) for item in found.items if "state" in item}
    others = {item["deal_id"]: key_of(item["deal_id"], item["review_version"]) for item in found.items}
    apart = {deal_id: key for deal_id, key in others.items() if deal_id not in reviews}
    rows = dynamo.batch_get([*places.values(), *apart.values()], newest=False)
    starts = {item["deal_id"]: {key: item[key] for key in ("pk", "sk", "approver", "asked_at")} for item in found.items}
    known = [(deal_from_item(rows[key]), starts[deal_id]) for deal_id, key in places.items() if key in rows]
    reviews |= {deal_id: from_item(rows[key]) for deal_id, key in apart.items() if key in rows}
    return _Found(known, found.next_key, reviews)


def _reviews(deals: Sequence[Deal]) -> dict[str, Review]:
    keys = {deal.id: key_of(deal.id, deal.asked_version) for deal in deals if deal.asked_version}
    rows = dynamo.batch_get(keys.values(), newest=False)
    return {deal_id: from_item(rows[key]) for deal_id, key in keys.items() if key in rows}


def count_waiting(first: datetime, last: datetime, most: int) -> int:
    """Decisions that are promised between two moments, with both."""
    between = ("decide_by", times.to_text(first), times.to_text(last))
    return dynamo.index_count(store.table(), BY_DECIDE_BY, (store.WAITS, store.IN_REVIEW), most=most, between=between)


def count_asked(approver: str, most: int) -> int:
    return dynamo.index_count(store.table(), BY_APPROVER, ("approver", approver), most=most)


def export(filters: Filters, page: PageRequest, now: datetime) -> tuple[str, str | None]:
    """A page as comma-separated values with a header, and the cursor of the next one."""
    listed, text = listing(filters, page, now), io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for item in listed["items"]:
        writer.writerow(map(spreadsheet_text, _cells(item)))
    return text.getvalue(), listed["next_cursor"]


def _cells(item: WorkView) -> list[str]:
    """In the order of COLUMNS."""
    review = item["review"]
    waits = (
        []
        if review is None
        else [
            question["approver"]
            for step in review["steps"]
            for question in step["questions"]
            if question["status"] == Status.PENDING
        ]
    )
    cells = [
        item["number"],
        item["id"],
        item["status"],
        item["partner_id"],
        item["tier"],
        item["customer"]["name"],
        item["customer"].get("country"),
        item["amount"]["amount"],
        item["amount"]["currency"],
        " ".join(item["products"]),
        item["conflict"]["verdict"],
        review["rule"] if review else "",
        " ".join(dict.fromkeys(waits)),
        item["decide_by"],
        "yes" if review and review["late"] else "",
        item["protected_until"],
        item["created_at"],
    ]
    return [cell or "" for cell in cells]
