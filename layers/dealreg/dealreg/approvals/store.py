"""Reviews and their questions in the Deals table, and the links that lead to them.

`DEAL#<locator>` / `REVIEW#<version>` is the review with all its questions. In the index `by_approver` it stands for one
that is open; each that was put beside another has a row `DEAL#<locator>` / `APPROVAL#<id>` for that, while it is open.
`DEAL#<locator>` / `TOKEN#<version>` has the task token, which is as long as the review: apart from it, that mostly
stays below the kilobyte that a write is charged by.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dealreg.approvals.model import (
    REVIEW,
    Question,
    Review,
    State,
    from_item,
    key_of,
    question_id,
    question_key,
    to_item,
    token_key,
)
from dealreg.approvals.waiting import next_due
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, place_of
from dealreg.partners import partners
from dealreg.platform import due, dynamo, ids, outbox, times, tokens
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import deal_locator
from dealreg.platform.settings import Setting, read

EFFECT_WITHIN = timedelta(minutes=1)
"""After that the clock looks whether an answer has reached the state machine and its deal."""
TOKEN_KEPT = timedelta(days=32)
"""The state machine waits for 31."""
LINK_KEPT = timedelta(days=90)
"""How long after its end a question's link says what holds."""
_LINK = re.compile(r"([0-9A-Z]{8})-([1-9][0-9]{0,8})-([1-9][0-9]{0,3})-([A-Za-z0-9_-]{43})")


def link_token(review: Review, number: int) -> str:
    """The end of the link that is mailed: it says where its question is, and that it is ours. Nothing is stored."""
    return _signed(deal_locator(review.deal_id), str(review.version), str(number))


def _signed(*place: str) -> str:
    return "-".join((*place, tokens.derive("approval", *place)))


def of_link(text: str) -> str:
    """The token at the beginning."""
    return ids.at_beginning(_LINK, text)


def find_by_token(token: str, now: datetime) -> tuple[Review, Question]:
    """In whatever state they are. Raises NotFound for a forged or old link."""
    found = _LINK.fullmatch(token)
    if not found or not tokens.matches(found[4], "approval", *found.groups()[:3]):
        raise NotFound("This link is not known, or no longer.")
    item = dynamo.get(read(Setting.DEALS_TABLE), f"DEAL#{found[1]}", f"{REVIEW}#{int(found[2]):08}")
    review, number = from_item(item) if item else None, int(found[3])
    if review is None or number > len(review.questions):
        raise NotFound("This link is not known, or no longer.")
    question = review.question(number)
    if question.ended_at and now >= question.ended_at + LINK_KEPT:
        raise NotFound("This link is not known, or no longer.")
    return review, question


def load(deal_id: str, version: int) -> Review | None:
    key = key_of(deal_id, version)
    item = dynamo.get(key.table, key.pk, key.sk)
    return from_item(item) if item else None


def newest_of(deal: Deal) -> Review | None:
    """The review that goes on, be it of its extension; else the last one of the deal itself."""
    return load(deal.id, deal.asked_version) if deal.asked_version else None


def before(deal: Deal) -> Review | None:
    """The review that came before its present one."""
    if deal.review_version == 1:
        return None
    earlier = [review for review in every_of(deal.id) if review.version < deal.review_version]
    return earlier[-1] if earlier else None


def every_of(deal_id: str) -> Iterator[Review]:
    """Oldest first."""
    rows = dynamo.every(read(Setting.DEALS_TABLE), place_of(deal_id).pk, f"{REVIEW}#")
    return (from_item(row) for row in rows if row["deal_id"] == deal_id)


def write(before: Review | None, after: Review, deal: Deal, now: datetime) -> list[dynamo.Action]:
    """The review if it is still as read, first; then the rows of the questions that opened and closed."""
    clock = next_due(after) if after.state is State.OPEN else _effect_due(after, now)
    key = key_of(after.deal_id, after.version)
    row = {"pk": key.pk, "sk": key.sk, **to_item(after), **outbox.MARK, "revision": _revision(before) + 1}
    row |= due.at(clock, key.pk) if clock else {}
    row |= _entry(after, alone, deal) if (alone := _alone(after)) else {}
    as_read, values = ("#revision = :revision", {"revision": before.revision}) if before else (dynamo.ABSENT, None)
    opened, closed = _beside(after) - _beside(before), _beside(before) - _beside(after)
    return [
        dynamo.put(key.table, row, as_read, values),
        *(dynamo.put(key.table, _question_row(after, number, deal)) for number in sorted(opened)),
        *(dynamo.delete(question_key(after, number)) for number in sorted(closed)),
    ]


def save(before: Review | None, after: Review, deal: Deal, now: datetime) -> None:
    """Raises ConditionFailed."""
    commit([*write(before, after, deal, now), *of_what_was_read(before, after, deal)])


def commit(actions: Sequence[dynamo.Action]) -> None:
    """All or nothing. A write of nothing but the review needs no transaction, which would cost twice."""
    if len(actions) == 1:
        dynamo.write(actions[0])
    else:
        dynamo.transact(actions)


def of_what_was_read(before: Review | None, after: Review, deal: Deal) -> list[dynamo.Action]:
    """Checks that what moves a review on is of the deal that was looked at, and that its partner is active.

    What leaves it waiting needs none: by what facts somebody answered is looked at when it moves on, and a deal that
    leaves closes its review, if there is one (`review.close_for`).
    """
    if after.state in (State.PASSED, State.DECIDED) and not (before and before.state is after.state):
        return [_still_as_read(deal), partners.still_active(deal.partner_id)]
    return [] if before else [_still_as_read(deal)]


def _effect_due(review: Review, now: datetime) -> datetime | None:
    """What becomes of an extension is written with its decision: nothing is owed then."""
    return None if review.is_extension else now + EFFECT_WITHIN


def begin(review: Review, due_at: datetime) -> dynamo.Action:
    """A review whose execution is about to start, unless it is there; the relay need not hear of it."""
    key = key_of(review.deal_id, review.version)
    row = {"pk": key.pk, "sk": key.sk, **to_item(review), "revision": 1, **due.at(due_at, key.pk)}
    return dynamo.put(key.table, row, dynamo.ABSENT)


def _revision(review: Review | None) -> int:
    return review.revision if review else 0


def _alone(review: Review) -> int:
    """The open question that was put when no other was open; 0 if there is none."""

    def was_alone(question: Question) -> bool:
        earlier = review.questions[: question.number - 1]
        return all(one.ended_at and one.ended_at <= question.asked_at for one in earlier)

    return next((one.number for one in review.pending if one.approver and was_alone(one)), 0)


def _beside(review: Review | None) -> set[int]:
    """The other open ones."""
    if review is None:
        return set()
    return {question.number for question in review.pending if question.approver} - {_alone(review)}


def _question_row(review: Review, number: int, deal: Deal) -> dynamo.Item:
    key = question_key(review, number)
    return {"pk": key.pk, "sk": key.sk, **_entry(review, number, deal)}


def _entry(review: Review, number: int, deal: Deal) -> dynamo.Item:
    """What the index needs of a question."""
    question = review.question(number)
    return {
        "approval_id": question_id(review, number),
        "deal_id": review.deal_id,
        "partner_id": deal.partner_id,
        "review_version": review.version,
        "approver": question.approver,
        "asked_at": times.to_text(question.asked_at),
    }


def keep_token(deal_id: str, version: int, token: str, now: datetime) -> None:
    """Before the questions are there that it waits for. It goes to Step Functions and to nobody else."""
    key = token_key(deal_id, version)
    row = {"pk": key.pk, "sk": key.sk, "task_token": token, "ttl": int((now + TOKEN_KEPT).timestamp())}
    dynamo.write(dynamo.put(key.table, row))


def token_of(review: Review) -> str:
    """The last; empty if no execution has come to wait."""
    key = token_key(review.deal_id, review.version)
    item = dynamo.get(key.table, key.pk, key.sk)
    return item["task_token"] if item else ""


def _still_as_read(deal: Deal) -> dynamo.Action:
    return dynamo.check(deals.deal_key(deal.partner_id, deal.id), *deals.as_read(deal))


def change_clock(review: Review, moment: datetime | None) -> dynamo.Action:
    """Puts it off, or takes it off the clock, unless another token waits by now or it has moved on."""
    remove = outbox.ATTRIBUTES if moment is None else ()
    change = due.at(moment, key_of(review.deal_id, review.version).pk) if moment else {}
    same, values = "#revision = :revision", {"revision": review.revision}
    return dynamo.update(key_of(review.deal_id, review.version), change=change, remove=remove, when=same, values=values)
