"""The building of a run, page by page: each step is one transaction, conditional on the step before it.

For each partner what is payable is summed, then it is decided who is paid, then those lines are claimed, each on the
condition that no payout has it. Who was ended anywhere is gone on with: the cursor says where.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.capability import Change
from dealreg.commissions.ledger import Line, status
from dealreg.commissions.payouts import reason_against
from dealreg.ledger import claimed, lines, lists, rows
from dealreg.partners import partners
from dealreg.partners import rows as partner_rows
from dealreg.partners.partners import Partner
from dealreg.partners.program import current_program
from dealreg.payouts import rules, run_events, store, telling
from dealreg.payouts.model import Cursor, Excluded, Payout, Run
from dealreg.payouts.summed import Summed
from dealreg.platform import dynamo, ids
from dealreg.platform.errors import ConditionFailed, NotFound

logger = logging.getLogger(__name__)
STEPS = 25
"""That one call does before it leaves the rest to the next: some thousand lines."""
_SUMMED, _READ = 1000, 400
"""Lines of a page that is summed, and of one whose lines are claimed."""
_PURSES = 24
"""Currencies of a partner that are decided on in one transaction, at three rows each."""
_CLAIMS = 98
"""Lines of a transaction, with the payout of them and the run; for each further payout one less."""
_VISITED = 100
"""Partners without a ledger that are passed by in one step."""


def on_change(change: Change, now: datetime) -> None:
    """Of a run's row."""
    if change.new:
        go_on(change.new["id"], now)


def on_due(key: dynamo.Key, now: datetime) -> None:
    go_on(key.sk.removeprefix(claimed.RUN), now)


def go_on(run_id: str, now: datetime) -> None:
    """Some steps of the run's work; the last of them wakes the stream, unless all is done.

    Somebody else who is at it makes this one stop.
    """
    summed = Summed()
    with suppress(ConditionFailed, NotFound):
        run = store.load_run(run_id)
        for left in reversed(range(STEPS)):
            if run.state == "building":
                run = _step(run, summed, now, is_woken=not left)
            elif run.untold is not None:
                run = telling.step(run, now, is_woken=not left)
            else:
                return


def _step(run: Run, summed: Summed, now: datetime, *, is_woken: bool) -> Run:
    match run.cursor.phase:
        case "next":
            return _next(run, now, is_woken)
        case "sum":
            return _sum(run, summed, now, is_woken)
        case "claim":
            return _claim(run, summed, now, is_woken)


def _save(run: Run, actions: Sequence[dynamo.Action], now: datetime, is_woken: bool) -> Run:
    goes_on = run.state == "building"
    after, own = store.changed_run(run, now, goes_on=goes_on, is_woken=is_woken and goes_on)
    dynamo.transact([own, *actions])
    return after


# ---- the next partner -----------------------------------------------------------------------------------------------


def _next(run: Run, now: datetime, is_woken: bool) -> Run:
    """With the first partner that has a ledger, or at the end."""
    cursor, visited = run.cursor, 0
    while not cursor.is_last and visited < _VISITED:
        partner_id, cursor = _following(run.partner_ids, cursor)
        if not partner_id:
            break
        visited += 1
        head = dynamo.get(rows.table(), *_pair(rows.head_key(partner_id)))
        if head:
            found = Cursor("sum", cursor.after, cursor.is_last, partner_id, last_line=head["number"])
            return _save(replace(run, cursor=found, partners=run.partners + visited), [], now, is_woken)
    seen = replace(run, cursor=cursor, partners=run.partners + visited)
    if not cursor.is_last:
        return _save(seen, [], now, is_woken)
    proposed = rules.proposed(replace(seen, cursor=Cursor()))
    logger.info("payout run proposed", extra={"run_id": run.id, "payouts": run.payouts, "lines": run.lines})
    return _save(proposed, [run_events.told(proposed, "payout_run.proposed", now)], now, is_woken)


def _following(partner_ids: Sequence[str], cursor: Cursor) -> tuple[str, Cursor]:
    """Empty if there is none."""
    if partner_ids:
        place = cursor.after["place"] if cursor.after else 0
        is_last = place + 1 >= len(partner_ids)
        return partner_ids[place], Cursor(after={"place": place + 1}, is_last=is_last)
    after = dict(cursor.after) if cursor.after else None
    page = dynamo.index_page(partner_rows.table(), "by_kind", ("kind", "partner"), limit=1, start=after)
    partner_id = page.items[0]["id"] if page.items else ""
    return partner_id, Cursor(after=page.next_key, is_last=page.next_key is None)


def _pair(key: dynamo.Key) -> tuple[str, str]:
    return key.pk, key.sk


# ---- what is payable ------------------------------------------------------------------------------------------------


def _lines(cursor: Cursor, limit: int) -> tuple[list[dynamo.Item], int]:
    """A page of those that follow, and the number of the last one that was read."""
    key = rows.line_key(cursor.partner_id, cursor.line)
    start = {"pk": key.pk, "sk": key.sk}
    page = dynamo.page(key.table, key.pk, rows.LINE, limit=limit, start=start)
    items = [item for item in page.items if item["number"] <= cursor.last_line]
    is_whole = page.next_key is not None and len(items) == len(page.items)
    return items, items[-1]["number"] if is_whole else cursor.last_line


def _payable(run: Run, items: Sequence[dynamo.Item]) -> Iterator[tuple[dynamo.Item, Line]]:
    """Of a partner's lines, those that no payout holds and that were payable as of the run's time."""
    held = claimed.payouts_of(items)
    disputes = _disputes(run.cursor.partner_id, items)
    for item in items:
        if item.get("payout_id") not in held:
            line = lines.from_item(item)
            if status(line, run.at, None, disputes) == "payable":
                yield item, line


def _disputes(partner_id: str, items: Sequence[dynamo.Item]) -> lists.Disputes:
    """Hardly any partner has one."""
    has_any = dynamo.page(rows.table(), f"PARTNER#{partner_id}", rows.DISPUTE, limit=1).items
    return lists.disputes_of(partner_id, items) if has_any else {}


def _sum(run: Run, summed: Summed, now: datetime, is_woken: bool) -> Run:
    cursor = run.cursor
    items, last = _lines(cursor, _SUMMED)
    sums = {**dict.fromkeys((item["currency"] for item in items), 0), **cursor.sums}
    payable = [*_payable(run, items)]
    for _, line in payable:
        sums[line.amount.currency] += line.amount.minor
    after = replace(run, cursor=replace(cursor, sums=sums, line=last))
    if last < cursor.last_line:
        return _save(after, [], now, is_woken)
    if cursor.line == 0:
        summed.keep(cursor, payable)
    return _decide(after, now, is_woken)


# ---- who is paid ----------------------------------------------------------------------------------------------------


def _decide(run: Run, now: datetime, is_woken: bool) -> Run:
    """For the partner's next currencies; where there are many, it is summed again for those behind them."""
    cursor = run.cursor
    partner = partners.load(cursor.partner_id)
    left = sorted(currency for currency in cursor.sums if currency > cursor.after_currency)
    actions: list[dynamo.Action] = []
    payouts: dict[str, str] = {}
    for currency in left[:_PURSES]:
        minor = cursor.sums[currency]
        if reason := _reason(partner, currency, minor):
            actions.append(store.excluded(run.id, _excluded(partner, currency, minor, reason)))
        else:
            made = _payout(run, partner, currency, now)
            payouts[currency] = made.id
            actions += store.new_payout(made)
    done_with = left[:_PURSES][-1] if left else ""
    kept = {currency: cursor.sums[currency] for currency in left[_PURSES:]}
    claiming = replace(cursor, phase="claim", line=0, sums=kept, after_currency=done_with, payouts=payouts)
    after = claiming if payouts else _behind(claiming)
    return _save(replace(run, cursor=after), actions, now, is_woken)


def _behind(cursor: Cursor) -> Cursor:
    """The partner's currencies that are not decided on, else the partner after it."""
    if cursor.sums:
        return replace(cursor, phase="sum", line=0, sums={}, payouts={})
    return Cursor(after=cursor.after, is_last=cursor.is_last)


def _reason(partner: Partner, currency: str, minor: int) -> str | None:
    return reason_against(
        minor,
        current_program().money.minimum(currency),
        is_blocked=partner.payout.block is not None,
        is_suspended=not partner.is_active,
        has_reference=partner.payout.erp_reference is not None,
    )


def _excluded(partner: Partner, currency: str, minor: int, reason: str) -> Excluded:
    block = partner.payout.block
    return Excluded(partner.id, currency, minor, reason, block.reason_code if block else None)


def _payout(run: Run, partner: Partner, currency: str, now: datetime) -> Payout:
    return Payout(
        id=ids.new_id("pay", now),
        run_id=run.id,
        partner_id=partner.id,
        partner_name=partner.name,
        currency=currency,
        at=run.at,
        last_line=run.cursor.last_line,
        erp_reference=partner.payout.erp_reference or "",
        tax_code=partner.payout.tax_code,
        tax_percent=partner.payout.tax_percent,
    )


# ---- claiming -------------------------------------------------------------------------------------------------------


def _claim(run: Run, summed: Summed, now: datetime, is_woken: bool) -> Run:
    """A page of lines, as many as one transaction takes; behind the last page the payouts are as they will stay."""
    payable, last = summed.take(run.cursor), run.cursor.last_line
    if payable is None:
        items, last = _lines(run.cursor, _READ)
        payable = [*_payable(run, items)]
    paid = [(item, line) for item, line in payable if line.amount.currency in run.cursor.payouts]
    size = max(1, _CLAIMS + 1 - len(run.cursor.payouts))
    chunks = [paid[start : start + size] for start in range(0, len(paid), size)]
    for chunk in chunks[:-1]:
        run = _save(_claimed(run, chunk, chunk[-1][1].number), _claims(run.cursor, chunk), now, is_woken=False)
    rest = chunks[-1] if chunks else []
    after = _claimed(run, rest, last)
    if last < run.cursor.last_line:
        return _save(after, _claims(run.cursor, rest), now, is_woken)
    if rest:
        after = _save(after, _claims(run.cursor, rest), now, is_woken=False)
    return _close(after, now, is_woken)


def _claimed(run: Run, chunk: Sequence[tuple[dynamo.Item, Line]], last: int) -> Run:
    return replace(run, cursor=replace(run.cursor, line=last), lines=run.lines + len(chunk))


def _claims(cursor: Cursor, chunk: Sequence[tuple[dynamo.Item, Line]]) -> list[dynamo.Action]:
    sums: dict[str, list[int]] = {}
    for _, line in chunk:
        sums.setdefault(line.amount.currency, []).append(line.amount.minor)
    return [
        *(store.claim(item, cursor.payouts[line.amount.currency]) for item, line in chunk),
        *(
            store.with_lines(claimed.payout_key(cursor.partner_id, cursor.payouts[currency]), sum(own), len(own))
            for currency, own in sums.items()
        ),
    ]


def _close(run: Run, now: datetime, is_woken: bool) -> Run:
    """A payout that was not what it had been summed to, since a chargeback came between, may be none any more."""
    cursor, partner = run.cursor, partners.load(run.cursor.partner_id)
    found = dynamo.batch_get(claimed.payout_key(partner.id, one) for one in cursor.payouts.values())
    totals: Mapping[str, Any] = run.totals
    actions: list[dynamo.Action] = []
    dropped_lines = kept = 0
    for payout in map(store.payout_from_item, found.values()):
        if reason := _reason(partner, payout.currency, payout.minor):
            actions += store.without_payout(payout)
            actions.append(store.excluded(run.id, _excluded(partner, payout.currency, payout.minor, reason)))
            dropped_lines += payout.lines
        else:
            totals = {**totals, payout.currency: totals.get(payout.currency, 0) + payout.minor}
            kept += 1
    after = replace(run, totals=totals, payouts=run.payouts + kept, lines=run.lines - dropped_lines)
    return _save(replace(after, cursor=_behind(cursor)), actions, now, is_woken)
