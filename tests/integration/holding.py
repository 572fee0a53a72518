"""What must hold of every deal at any moment, whatever happened: checked on the rows as they are."""

from datetime import datetime
from itertools import pairwise

from dealreg.deals import prospects, store
from dealreg.deals.model import Deal
from dealreg.deals.statuses import FREEING, TRANSITIONS, Status
from dealreg.matching import claims
from dealreg.platform import dynamo, times


def claims_of(deal: Deal) -> list[dynamo.Key]:
    return list(prospects.of_deal(deal).claim_keys)


def holders_of(deal: Deal) -> list[str]:
    """Who has its claims, let go or not over."""
    rows = dynamo.batch_get(claims_of(deal)).values()
    return [row["deal_id"] for row in rows if not row.get("freed")]


def has_ended(deal: Deal, now: datetime) -> bool:
    """The protection, whatever the clock has seen of it."""
    return deal.status == Status.APPROVED and times.from_text(deal.protection_ends or "") < now


def holds_what_it_claims(deal: Deal, now: datetime) -> None:
    if deal.status != Status.QUEUED and deal.status not in FREEING and not has_ended(deal, now):
        assert holders_of(deal) == [deal.id] * len(claims_of(deal)), deal.status


def waits_in_its_queues(deal: Deal) -> None:
    for key in claims_of(deal):
        waits = deal.id in [row["deal_id"] for row in claims.queue(key)]
        assert waits == (deal.status == Status.QUEUED), deal.status


def tells_its_life_without_gaps(deal: Deal) -> None:
    told = store.events_of(deal)
    assert [event.sequence for event in told] == list(range(1, deal.sequence + 1))
    statuses = [Status(event.data["status"]) for event in told]
    assert statuses[-1] == deal.status
    for one, other in pairwise(statuses):
        assert one == other or other in TRANSITIONS[one], f"{one} became {other}"


def is_found_by_name(deal: Deal) -> None:
    """Once all has followed, an open deal stands in the conflict index."""
    if deal.status not in FREEING:
        entries = prospects.of_deal(deal).entries
        rows = dynamo.batch_get(entries)
        assert all(deal.id in row for row in rows.values()) and len(rows) == len(entries)


def does_not_wait_in_vain(deal: Deal) -> None:
    """Once all has followed, nobody waits for a customer that nobody has, or that somebody has for good."""
    if deal.status == Status.QUEUED:
        ahead = [store.locate(holder).status for holder in holders_of(deal)]
        assert ahead and Status.WON not in ahead, f"{deal.id} waits in vain"
