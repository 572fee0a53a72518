"""Reading runs and payouts, page by page."""

from collections.abc import Iterator

from dealreg.ledger import claimed, rows
from dealreg.payouts import export_store, store, views
from dealreg.payouts.model import Payout, Run
from dealreg.payouts.views import OwnPayoutView, PayoutRunListView, RunView
from dealreg.platform import dynamo
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import is_id
from dealreg.platform.paging import Listing, PageRequest

_PAGE = 100


def runs(page: PageRequest) -> Listing[PayoutRunListView]:
    """Newest first."""
    found = dynamo.page(rows.table(), claimed.RUNS, claimed.RUN, forward=False, limit=page.size, start=page.start)
    return page.listing([views.listed(store.run_from_item(item)) for item in found.items], found.next_key)


def run(run_id: str, page: PageRequest) -> RunView:
    """With a page of its payouts, and behind them of who goes without. Raises NotFound."""
    shown = store.load_run(run_id)
    found = dynamo.page(rows.table(), f"RUN#{run_id}", store.OF_RUN, limit=page.size, start=page.start)
    paid = [item for item in found.items if item["sk"].startswith(store.PAYOUTS)]
    without = [item for item in found.items if item["sk"].startswith(store.WITHOUT)]
    excluded = [store.excluded_from_item(item) for item in without]
    return {
        **views.listed(shown),
        "exports": [views.export_view(run_id, one) for one in export_store.newest_of(run_id)],
        "since_proposed": views.amounts(since_proposed(shown)),
        "payouts": [views.payout_view(payout, shown) for payout in store.payouts_named(paid)],
        "excluded": [views.excluded_view(one) for one in excluded],
        "next_cursor": page.cursor(found.next_key),
    }


def since_proposed(run: Run) -> dict[str, int]:
    """What was clawed back from those whom the run pays, while it is neither exported nor over."""
    sums: dict[str, int] = {}
    if run.state not in ("proposed", "approved"):
        return sums
    for payouts in pages_of(run):
        heads = dynamo.batch_get({rows.head_key(payout.partner_id) for payout in payouts}, ("number",))
        for payout in payouts:
            if heads[rows.head_key(payout.partner_id)]["number"] > payout.last_line:
                taken = sum(_taken_back(payout))
                if taken:
                    sums[payout.currency] = sums.get(payout.currency, 0) + taken
    return sums


def pages_of(run: Run) -> Iterator[list[Payout]]:
    start: dynamo.Item | None = None
    while True:
        page = dynamo.page(rows.table(), f"RUN#{run.id}", store.PAYOUTS, limit=_PAGE, start=start)
        yield store.payouts_named(page.items)
        start = page.next_key
        if start is None:
            return


def _taken_back(payout: Payout) -> Iterator[int]:
    """After the last line that the run had looked at."""
    key = rows.line_key(payout.partner_id, payout.last_line + 1)
    for line in dynamo.every_from(key.table, key.pk, key.sk):
        if line["minor"] < 0 and line["kind"] != "payout" and line["currency"] == payout.currency:
            yield line["minor"]


# ---- a partner's own ------------------------------------------------------------------------------------------------


def own(partner_id: str, page: PageRequest) -> Listing[OwnPayoutView]:
    """Newest first, from their approval on: a page may be short, or empty, and not the last."""
    found = dynamo.page(
        rows.table(), f"PARTNER#{partner_id}", claimed.PAYOUT, forward=False, limit=page.size, start=page.start
    )
    payouts = [store.payout_from_item(item) for item in found.items]
    of = store.runs_of(payouts)
    shown = [views.own_view(payout, of[payout.run_id]) for payout in payouts if of[payout.run_id].approved_at]
    return page.listing(shown, found.next_key)


def one_of_own(partner_id: str, payout_id: str) -> OwnPayoutView:
    """Raises NotFound, for another partner's and before its approval too."""
    if not is_id("pay", payout_id):
        raise NotFound("There is no such payout.")
    payout = store.load_payout(claimed.payout_key(partner_id, payout_id))
    run = store.load_run(payout.run_id)
    if run.approved_at is None:
        raise NotFound("There is no such payout.")
    return views.own_view(payout, run)
