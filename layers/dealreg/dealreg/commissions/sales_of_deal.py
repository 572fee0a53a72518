"""The sales of one deal by time, then id: whose rules another sale's arrival moves. Pure but for its own list."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo

from dealreg.commissions.days import local_day, whole_months
from dealreg.commissions.plans import Plan
from dealreg.commissions.pricing import Place

_Stamp = tuple[datetime, str]


class SalesOfDeal:
    """When each sale of a deal was first paid."""

    def __init__(self) -> None:
        self._stamps: list[_Stamp] = []
        self._paid_at: dict[str, datetime] = {}

    def place(self, sale_id: str, zone: tzinfo) -> Place:
        earlier = bisect_left(self._stamps, (self._paid_at[sale_id], sale_id))
        return Place(local_day(self._stamps[0][0], zone), earlier)

    def put(self, sale_id: str, paid_at: datetime | None, plan: Plan | None, zone: tzinfo) -> Sequence[str]:
        """A sale, or its new time; None takes it out. Which other sales' windows that moves.

        A month's window moves with the deal's start. One of the first n sales moves where the n-th ends: that sale, and
        the one after it.
        """
        known = self._paid_at.get(sale_id)
        if known == paid_at:
            return ()
        before = self._edges(plan), self.start(zone)
        if known is not None:
            del self._stamps[bisect_left(self._stamps, (known, sale_id))]
            del self._paid_at[sale_id]
        if paid_at is not None:
            insort(self._stamps, (paid_at, sale_id))
            self._paid_at[sale_id] = paid_at
        after = self._edges(plan), self.start(zone)
        moved = {(paid, sale) for _, paid, sale in before[0] ^ after[0]}
        if plan and plan.months and before[1] and after[1] and before[1] != after[1]:
            moved |= set(self._of_other_months(plan.months, before[1], after[1], zone))
        return [sale for _, sale in sorted(moved) if sale != sale_id]

    def _of_other_months(self, edges: Sequence[int], old: date, new: date, zone: tzinfo) -> Iterator[_Stamp]:
        for stamp in self._stamps:
            day = local_day(stamp[0], zone)
            if bisect_right(edges, whole_months(old, day)) != bisect_right(edges, whole_months(new, day)):
                yield stamp

    def _edges(self, plan: Plan | None) -> set[tuple[int, datetime, str]]:
        """The n-th sale for each n."""
        counts = plan.first_sales if plan else ()
        return {(count, *stamp) for count in counts for stamp in self._stamps[count - 1 : count]}

    def start(self, zone: tzinfo) -> date | None:
        return local_day(self._stamps[0][0], zone) if self._stamps else None
