"""A partner's part in the closing of a month: its statements are kept, its ledger takes no more lines of that month.

The lines themselves are not copied: they never change. Kept is what might: in which state each was, names, the opening.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dealreg.ledger import heads, rows
from dealreg.ledger.heads import Told
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.periods import reading
from dealreg.periods import rows as period_rows
from dealreg.periods.model import Carried, Item, Purse, number_of
from dealreg.platform import aws, dynamo, times
from dealreg.platform.errors import ConditionFailed, Unavailable
from dealreg.platform.money import Money

_TRIES = 8


def seal(partner_id: str, period: str, closed_at: datetime, now: datetime) -> int:
    """How many statements it makes; 0 if that was done before. A lost race, which any new line may win, is run anew."""
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        key = rows.head_key(partner_id)
        head = dynamo.get(key.table, key.pk, key.sk)
        if head and head.get("closed_until", "") >= period:
            return 0
        try:
            return _seal(partner_id, head, period, closed_at, now)
        except ConditionFailed:
            continue
    raise Unavailable("too many lines of this partner at once")


def _seal(partner_id: str, head: dynamo.Item | None, period: str, closed_at: datetime, now: datetime) -> int:
    carried = period_rows.load_carried(partner_id)
    last = head["number"] if head else 0
    months, later = _months(partner_id, carried, period, last)
    purses, kept = dict(carried.purses), list[dynamo.Item]()
    for (month, currency), items in sorted(months.items()):
        before = purses.get(currency, Purse())
        kept.append(_kept(partner_id, month, currency, items, before, closed_at))
        purses[currency] = before.with_lines(items, closed_at)
    told = [
        _told(partner_id, month, [item for item in kept if item["period"] == month])
        for month in dict.fromkeys(item["period"] for item in kept)
    ]
    actions = [dynamo.put(rows.table(), item, dynamo.ABSENT) for item in kept]
    if kept:
        first = min((item["number"] for item in later), default=last + 1)
        actions.append(
            dynamo.put(rows.table(), period_rows.carried_to_item(partner_id, Carried(period, first, purses)))
        )
    oldest = min((item["period"] for item in later), default="")
    dynamo.transact([*actions, *heads.post(partner_id, head, [], now, also=told, closed_until=period, oldest=oldest)])
    return len(kept)


def _months(
    partner_id: str, carried: Carried, period: str, last: int
) -> tuple[dict[tuple[str, str], list[Item]], list[Item]]:
    """The lines by month and currency, and those of later months.

    Of more than one month only if a line came into an earlier one at the moment when the period was closed.
    """
    found, later = dict[tuple[str, str], list[Item]](), list[Item]()
    for item in reading.lines_from(partner_id, carried.first, last):
        if item["period"] > period:
            later.append(item)
        elif item["period"] > carried.period:
            found.setdefault((item["period"], item["currency"]), []).append(item)
    return found, later


def _kept(
    partner_id: str, period: str, currency: str, items: Sequence[Item], before: Purse, closed_at: datetime
) -> dynamo.Item:
    key = period_rows.statement_key(partner_id, period, currency)
    after = before.with_lines(items, closed_at)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "period": period,
        "currency": currency,
        "partner": partners.load(partner_id).name,
        "vendor": current_program().name,
        "opening": before.balance,
        "closing": after.balance,
        "held": dict(after.held),
        "first": items[0]["number"],
        "last": items[-1]["number"],
        "lines": len(items),
        "states": period_rows.states_to_bytes(reading.with_states(partner_id, items, closed_at)),
        "closed_at": times.to_text(closed_at),
    }


def _told(partner_id: str, period: str, kept: Sequence[Mapping[str, object]]) -> Told:
    statements = [
        {
            "number": number_of(partner_id, period, str(item["currency"])),
            "currency": item["currency"],
            "opening": _shown(item, "opening"),
            "closing": _shown(item, "closing"),
            "lines": item["lines"],
        }
        for item in kept
    ]
    return "statement.closed", {"period": period, "statements": statements}


def _shown(item: Mapping[str, object], name: str) -> str:
    return Money(int(str(item[name])), str(item["currency"])).amount
