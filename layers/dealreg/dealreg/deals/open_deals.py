"""How many deals a partner has open, where its tier has a limit: counted in the transactions by which they come and go.

`PARTNER#<id>` / `OPEN` has the count. It is there only for partners whose tier has a limit, and good for a time: then,
and where there is none, the partner's deals are counted anew. So deals from before the limit count, and a count that
was missed (while a function still goes by the settings of a minute ago) is put right.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from dealreg.deals.model import Deal
from dealreg.deals.statuses import OPEN
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, current_program
from dealreg.platform import aws, dynamo, times
from dealreg.platform.errors import CapReached, ConditionFailed, Unavailable
from dealreg.platform.settings import Setting, read

_FIRST_GOOD_FOR = timedelta(minutes=2)
"""Of a partner's first count by new settings, which every function goes by a minute later."""
_GOOD_FOR = timedelta(days=1)
_TRIES = 5


def row_key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), f"PARTNER#{partner_id}", "OPEN")


def keys_to_read(partner_id: str) -> list[dynamo.Key]:
    """Before a registration: nothing in a program without limits."""
    return [row_key(partner_id)] if _limits_any(current_program()) else []


def one_more(partner: Partner, found: Mapping[dynamo.Key, dynamo.Item], now: datetime) -> list[dynamo.Action]:
    """A registration's part in the count, by the row as it was read or met. Raises CapReached.

    One that is not counted, its partner having no limit now, makes the count worthless, and removes it.
    """
    program, key = current_program(), row_key(partner.id)
    limit, row = program.tier(partner.tier).open_limit, found.get(key, {})
    if limit is None:
        return [dynamo.delete(key)] if "version" in row else []
    if not _is_good(row, program, now):
        row = _count_anew(key, row, program, now)
    if row["open"] >= limit:
        told = f"Your limit of open registrations is {limit}, and you have {row['open']}."
        raise CapReached(told, limit=limit, open=row["open"])
    return [_add(key, 1, "#open < :limit", {"limit": limit})]


def changed(before: Deal | None, after: Deal | None) -> list[dynamo.Action]:
    """A deal's part in the count of its partner when it ends, begins again, goes to another or comes from one."""
    deal = after or before
    difference = _open(after) - _open(before)
    if not deal or not difference or not _limits_any(current_program()):
        return []
    return [_add(row_key(deal.partner_id), difference)]


def _open(deal: Deal | None) -> int:
    return 1 if deal and deal.status in OPEN else 0


def _limits_any(program: Program) -> bool:
    return any(tier.open_limit is not None for tier in program.tiers)


def _is_good(row: Mapping[str, object], program: Program, now: datetime) -> bool:
    """A row without a version was made by an end that nobody had counted the beginning of."""
    version, until = row.get("version"), row.get("good_until")
    return isinstance(version, int) and version >= program.version and str(until) > times.to_text(now)


def _add(key: dynamo.Key, count: int, when: str = "", values: Mapping[str, int] | None = None) -> dynamo.Action:
    return dynamo.update(key, add={"open": count, "changes": 1}, when=when, values=values)


def _count_anew(key: dynamo.Key, row: dynamo.Item, program: Program, now: datetime) -> dynamo.Item:
    """Nothing came or went while they were counted: else again. Returns the row as it is written."""
    for attempt in range(_TRIES):
        is_known = row.get("version") == program.version
        counted: dynamo.Item = {
            "pk": key.pk,
            "sk": key.sk,
            "open": dynamo.count(key.table, key.pk, "DEAL#", "status", sorted(OPEN)),
            "changes": row.get("changes", 0) + 1,
            "version": program.version,
            "good_until": times.to_text(now + (_GOOD_FOR if is_known else _FIRST_GOOD_FOR)),
        }
        as_read = "#changes = :changes" if row else dynamo.ABSENT
        try:
            dynamo.write(dynamo.put(key.table, counted, as_read, {"changes": row["changes"]} if row else {}))
        except ConditionFailed as lost:
            aws.pause(attempt + 1)
            row = lost.failures.get(0, {})
        else:
            return counted
    raise Unavailable("deals of this partner come and go all the time")
