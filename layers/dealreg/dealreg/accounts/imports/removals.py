"""What a full import's source no longer has: looked for when all rows are done, removed if a person need not be asked.

`REMOVAL#<external id>` is such an account. Whoever sent it in the meantime keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dealreg.accounts import rows as account_rows
from dealreg.accounts import store as accounts
from dealreg.accounts.imports import presence, store
from dealreg.accounts.imports.model import Import, forgotten_at, partition
from dealreg.accounts.model import Account
from dealreg.accounts.views import RemovalView
from dealreg.partners.program import Program
from dealreg.platform import dynamo, times
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

_GROUP = 100
_AT_ONCE = 300
_PAGES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Check:
    """How far the look through a source's list is, and what it has found."""

    shard: int = 0
    after: str | None = None
    members: int = 0
    removals: int = 0
    renamed: int = 0
    """Of the removals: those that may be there under another id."""

    @property
    def is_done(self) -> bool:
        return self.shard >= account_rows.SHARDS


def look_further(one: Import, check: Check) -> Check:
    """A few pages of the list. Done twice, it finds the same."""
    found, pages = 0, 0
    while not check.is_done and found < _AT_ONCE and pages < _PAGES_AT_ONCE:
        listed, after = accounts.members(one.source, check.shard, check.after)
        unseen = [member.account_id for member in listed if _is_unseen(one, member)]
        renamed = sum(note(one, unseen[begin : begin + _GROUP]) for begin in range(0, len(unseen), _GROUP))
        check = replace(
            check,
            shard=check.shard if after else check.shard + 1,
            after=after,
            members=check.members + len(listed),
            removals=check.removals + len(unseen),
            renamed=check.renamed + renamed,
        )
        found, pages = found + len(unseen), pages + 1
    return check


def reasons_to_ask(one: Import, check: Check, program: Program) -> list[str]:
    """Why a person has to confirm the removals; none if nobody has to."""
    if not check.removals:
        return []
    reasons: list[str] = []
    is_much = check.removals * 100 > program.import_removal_percent * check.members
    if is_much and check.removals >= program.import_removal_minimum:
        reasons.append(f"The file does not have {check.removals} of the source's {check.members} accounts.")
    if one.untold:
        reasons.append(f"Of {one.untold} rows that were not accepted it cannot be told which accounts they are about.")
    if one.is_cut:
        reasons.append("Accounts that are not in the file may have stood where it was cut off.")
    if check.renamed:
        reasons.append(f"{check.renamed} of the accounts to be removed seem to be in the file under another id.")
    return reasons


def remove_some(one: Import, after: str | None) -> str | None:
    """Where to go on; None when all are removed."""
    removed = 0
    while removed < _AT_ONCE:
        start = {"pk": partition(one.id), "sk": after} if after else None
        page = dynamo.page(_table(), partition(one.id), "REMOVAL#", limit=_GROUP, start=start)
        known = accounts.load_many(item["account_id"] for item in page.items)
        members = accounts.members_of(known.values())
        for account in known.values():
            member = members.get(account.id)
            if member and _is_unseen(one, member):
                account_rows.remove(account, [store.count_removed(one)])
        removed += len(page.items)
        if page.next_key is None:
            return None
        after = page.next_key["sk"]
    return after


def listed(one: Import, page: PageRequest) -> Listing[RemovalView]:
    found = dynamo.page(_table(), partition(one.id), "REMOVAL#", limit=page.size, start=page.start)
    items: list[RemovalView] = [
        {"account_id": item["account_id"], "external_id": item["external_id"], "name": item["name"]}
        for item in found.items
    ]
    return page.listing(items, found.next_key)


def _is_unseen(one: Import, member: accounts.Member) -> bool:
    return member.seen_at < times.to_text(one.started_at or one.created_at)


def note(one: Import, account_ids: Sequence[str]) -> int:
    """Lists them; returns how many may be there under another id."""
    known = list(accounts.load_many(account_ids).values())
    if known:
        dynamo.transact([dynamo.put(_table(), _to_item(one, account)) for account in known])
    return presence.find_renamed(known, one.id)


def _to_item(one: Import, account: Account) -> dynamo.Item:
    return {
        "pk": partition(one.id),
        "sk": f"REMOVAL#{account.external_id}",
        "account_id": account.id,
        "external_id": account.external_id,
        "name": account.name,
        "ttl": forgotten_at(one),
    }


def _table() -> str:
    return read(Setting.ACCOUNTS_TABLE)
