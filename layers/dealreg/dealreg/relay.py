"""The one publisher: what a change in the Deals, Accounts and Partners tables sets in motion.

A change may come twice (from the stream again, or from the sweep for what the stream lost), so every step here does no
harm when it is repeated. What follows from which change is data: `REACTIONS` and `ACTS`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from dealreg.approvals import store as approvals
from dealreg.approvals import workflow
from dealreg.deals import commands
from dealreg.notifications import store as notifications
from dealreg.notifications.letters import DEAL_LETTERS
from dealreg.notifications.model import Notice
from dealreg.platform import due, dynamo, events
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read
from dealreg.reviewing import rechecks, verdicts
from dealreg.webhooks.deliveries import store as webhooks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One stream record."""

    old: dynamo.Item
    """Empty for a new row."""
    new: dynamo.Item
    """Empty for a row that was removed."""


def reactions(records: Sequence[Mapping[str, Any]], now: datetime) -> Callable[[Mapping[str, Any]], None]:
    """What to do about each record of a batch. Its accounts, a million in an import, are told of in one go."""

    @cache
    def tell_of_accounts() -> None:
        changes = [_change(record) for record in records if _is_of_account(record)]
        bodies = [rechecks.about_account(change.old, change.new) for change in changes]
        rechecks.send([body for body in bodies if body])

    return lambda record: tell_of_accounts() if _is_of_account(record) else react(record, now)


def react(record: Mapping[str, Any], now: datetime) -> None:
    """What a stream record, in DynamoDB's own JSON, sets in motion; a record of another kind means nothing here."""
    kind = str(record["dynamodb"]["Keys"]["sk"]["S"]).partition("#")[0]
    reaction = REACTIONS.get((record["eventName"], kind))
    if reaction:
        reaction(_change(record), now)


def _is_of_account(record: Mapping[str, Any]) -> bool:
    return str(record["dynamodb"]["Keys"]["pk"]["S"]).startswith("ACCOUNT#")


def _change(record: Mapping[str, Any]) -> Change:
    images: Mapping[str, Any] = record["dynamodb"]
    return Change(*(dynamo.item_from_wire(images.get(image, {})) for image in ("OldImage", "NewImage")))


def publish(event: Event, now: datetime) -> None:
    """All that follows from an event; then it leaves the clock, which would publish it again."""
    for context in ACTS.get(event.type, ()):
        context(event, now)
    webhooks.fan_out(event, now)
    key = dynamo.Key(read(Setting.DEALS_TABLE), events.partition(event.deal_id), f"EVENT#{event.sequence:06d}")
    if event.type in DEAL_LETTERS:
        notifications.enqueue(Notice(event.type, event.id, key.pk, key.sk))
    # on a repeat this changes nothing, and so makes no stream record
    dynamo.write(dynamo.update(key, remove=due.ATTRIBUTES, when=dynamo.PRESENT))
    logger.info("event published", extra={"event_id": event.id, "type": event.type, "deal_id": event.deal_id})


def publish_stored(pk: str, sk: str, now: datetime) -> None:
    """For the sweep: an event whose stream record was lost, or could not be handled."""
    item = dynamo.get(read(Setting.DEALS_TABLE), pk, sk)
    if item and "due_at" in item:
        publish(events.from_item(item), now)


def _start_review(event: Event, _: datetime) -> None:
    if event.data["status"] == "in_review":
        workflow.start(event)


def _promote_next(event: Event, now: datetime) -> None:
    commands.promote(event, commands.context_at(now))


def _judge_others(event: Event, _: datetime) -> None:
    rechecks.send([rechecks.about_deal(event)])


def _close_questions(event: Event, _: datetime) -> None:
    approvals.close_for(event)


ACTS: Mapping[str, tuple[Callable[[Event, datetime], None], ...]] = {
    "deal.submitted": (_start_review,),
    "deal.in_review": (_start_review,),
    "deal.resubmitted": (_start_review, _promote_next, _judge_others),
    "deal.withdrawn": (_close_questions, _promote_next, _judge_others),
    "deal.rejected": (_promote_next, _judge_others),
    "deal.expired": (_promote_next, _judge_others),
    "deal.lost": (_promote_next, _judge_others),
    "deal.reassigned": (_judge_others,),
}
"""By event type, in order: reviews begin, open questions end, who waits behind a freed claim moves up, and those that
were like the deal, which the index does not hold any more, are judged again."""


def _event_written(change: Change, now: datetime) -> None:
    publish(events.from_item(change.new), now)


def _question_asked(change: Change, _: datetime) -> None:
    row = change.new
    if row["status"] == "pending":
        kind = "approval.requested" if row["step"] == 1 else "approval.escalated"
        _write_to_approver(kind, row, row["approval_id"])
    workflow.answer(row)  # for a question that came too late to be asked


def _question_changed(change: Change, _: datetime) -> None:
    row = change.new
    if row["reminders"] > change.old["reminders"]:
        _write_to_approver("approval.reminder", row, f"{row['approval_id']}#{row['reminders']}")
    workflow.answer(row)  # which does nothing while it is open, or once it was given


def _write_to_approver(kind: str, row: dynamo.Item, notice_id: str) -> None:
    notifications.enqueue(Notice(kind, notice_id, row["pk"], row["sk"]))


def _credential_made(change: Change, _: datetime) -> None:
    if change.new["kind"] == "sign_in":
        notifications.enqueue(Notice("sign_in", change.new["sign_in_id"], change.new["pk"], change.new["sk"]))


def _match_judged(change: Change, now: datetime) -> None:
    verdicts.learn(change.new, now)


REACTIONS: Mapping[tuple[str, str], Callable[[Change, datetime], None]] = {
    ("INSERT", "EVENT"): _event_written,
    ("INSERT", "APPROVAL"): _question_asked,
    ("MODIFY", "APPROVAL"): _question_changed,
    ("INSERT", "VERDICT"): _match_judged,
    ("MODIFY", "VERDICT"): _match_judged,
    ("INSERT", "CREDENTIAL"): _credential_made,
}
"""By what happened to which kind of row, which is what its sort key begins with; a removal sets nothing in motion."""
