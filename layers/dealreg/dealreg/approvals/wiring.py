"""Reviews begin and end with what happens to their deals; questions are mailed, reminded of and answered."""

from collections.abc import Mapping
from datetime import datetime

from dealreg.approvals import comments, letters, store, workflow
from dealreg.approvals.model import Status
from dealreg.capability import Capability, Change, EventHandler
from dealreg.deals.rules import COMMENTED
from dealreg.notifications import store as notifications
from dealreg.notifications.model import Notice
from dealreg.platform import dynamo
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting


def start_review(event: Event, _: datetime) -> None:
    if event.data["status"] == "in_review":
        workflow.start(event)


def close_questions(event: Event, _: datetime) -> None:
    store.close_for(event)


def on_change(change: Change, now: datetime) -> None:
    """A question was asked, its approver is to be reminded, or it ended."""
    row = change.new
    if not row:
        return
    if not change.old and row["status"] == Status.PENDING:
        _write_to_approver("approval.requested" if row["step"] == 1 else "approval.escalated", row, row["approval_id"])
    if change.old and row["reminders"] > change.old["reminders"]:
        _write_to_approver("approval.reminder", row, f"{row['approval_id']}#{row['reminders']}")
    workflow.answer(row, now)  # which does nothing while it is open


def _write_to_approver(kind: str, row: dynamo.Item, notice_id: str) -> None:
    notifications.enqueue(Notice(kind, notice_id, Setting.DEALS_TABLE, row["pk"], row["sk"]))


EVENT_HANDLERS: Mapping[str, tuple[EventHandler, ...]] = {
    "deal.submitted": (start_review,),
    "deal.in_review": (start_review,),
    "deal.resubmitted": (start_review,),
    "deal.appealed": (start_review,),
    "deal.withdrawn": (close_questions,),
    "deal.reassigned": (close_questions, start_review),
    COMMENTED: (comments.tell,),
}

APPROVALS = Capability(
    name="approvals",
    event_handlers=EVENT_HANDLERS,
    stream_handlers={(Setting.DEALS_TABLE, "APPROVAL"): on_change},
    due_handlers={(Setting.DEALS_TABLE, "APPROVAL"): store.on_due},
    letters=dict.fromkeys(letters.APPROVAL_LETTERS, letters.write) | {comments.KIND: comments.write},
)
