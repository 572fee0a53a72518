"""Open questions of somebody who is away, or whom the program names no more, go to others."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from dealreg.approvals import closed, handing, store
from dealreg.approvals.model import State, Status, number_of
from dealreg.approvals.setting import setting_of
from dealreg.capability import Change
from dealreg.deals import store as deals
from dealreg.notifications import bounces
from dealreg.partners import program
from dealreg.partners.rules import routing_of
from dealreg.platform import due, dynamo, times
from dealreg.platform.errors import ConditionFailed, NotFound, Unavailable
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)
AWAY = "AWAY"
"""What the sort keys of absences begin with, and of the rows by which the clock finds those that begin later."""
_TRIES = 5


def on_absence(change: Change, now: datetime) -> None:
    """Somebody is away, or will be: then the clock is set for it."""
    if not change.new:
        return
    approver, begins = change.new["pk"].partition("#")[2], times.from_text(change.new["from"])
    if begins <= now:
        hand_over(approver, now)
    else:
        key = dynamo.Key(read(Setting.DEALS_TABLE), change.new["pk"], AWAY)
        dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk, **due.at(begins, key.pk)}))


def on_due(key: dynamo.Key, now: datetime) -> None:
    """An absence begins, if it is still recorded: whoever is not away keeps the questions."""
    hand_over(key.pk.partition("#")[2], now)
    with suppress(ConditionFailed):  # another absence was recorded meanwhile, which begins later
        dynamo.write(dynamo.delete(key, "#due_at <= :now", {"now": times.to_text(now)}))


def on_program(change: Change, now: datetime) -> None:
    """Whoever the last version named and this one does not decides nothing more."""
    if change.old and change.new:
        before, after = (routing_of(program.from_item(row)).people for row in (change.old, change.new))
        for person in sorted({*before} - {*after}):
            hand_over(person, now)


def on_bounced(change: Change, now: datetime) -> None:
    """Mails do not reach somebody: others are asked at once."""
    if change.new:
        hand_over(bounces.address_of(change.new), now)


def hand_over(approver: str, now: datetime) -> None:
    """All that they are asked; repeating it changes nothing."""
    for question in every_open(approver):
        _hand_over(question["deal_id"], question["review_version"], number_of(question["approval_id"]), now)


def every_open(approver: str) -> Iterator[dynamo.Item]:
    """Open questions of a person, oldest first, as the index has them."""
    return dynamo.every_in_index(deals.table(), "by_approver", ("approver", approver))


def _hand_over(deal_id: str, version: int, number: int, now: datetime) -> None:
    for _ in range(_TRIES):
        review, deal = store.load(deal_id, version), deals.locate(deal_id)
        if review is None:
            raise NotFound
        is_open = review.state is State.OPEN and closed.under_review(deal, version)
        if not is_open or review.question(number).status is not Status.PENDING:
            return
        after = handing.replaced(review, number, setting_of(review, deal, now))
        if after == review:
            return
        try:
            store.save(review, after, deal, now)
        except ConditionFailed:
            continue
        logger.info("handed over", extra={"deal_id": deal_id, "version": version})
        return
    raise Unavailable("the review keeps changing")
