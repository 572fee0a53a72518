"""The digest: a mail with what waits for one approver, oldest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dealreg.approvals import closed, leaving, readers, store
from dealreg.approvals.model import Question, Review, Stage, State, Status, from_item, key_of, number_of
from dealreg.approvals.setting import has_left
from dealreg.deals import progress
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.model import from_item as deal_from_item
from dealreg.notifications.model import Entry, Letter, Link, Mailing, Notice
from dealreg.partners import partners, users
from dealreg.partners.program import Program, current_program
from dealreg.platform import dynamo
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import moment, money, one_line
from dealreg.platform.working_time import Calendar

MOST = 50
"""Questions that one mail lists."""
_MOST_COUNTED = 1000
"""Of more than these it is not looked up whether they can be answered now: there are at least so many."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that can be answered now."""

    deal: Deal
    asked_at: datetime
    partner_name: str
    is_late: bool
    token: str
    """The end of its link."""
    is_extension: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    waiting: Sequence[Waiting]
    """Oldest first."""
    is_whole: bool = True
    """Else there may be more."""


def write(_: Notice, item: dynamo.Item, now: datetime) -> Mailing | None:
    reader, program = readers.from_item(item), current_program()
    if reader.has_ended:
        return None
    found = what_waits(reader.address, now)
    if not is_due(found, program.digest_from):
        return None
    url = read(Setting.PUBLIC_URL)
    ending = Link("End this daily list", f"{url}/approvals/digest/{readers.link_token(reader)}")
    return Mailing(program.name, digest_letter(found, program, url, ending), (reader.address,))


def is_due(found: Found, digest_from: int) -> bool:
    """So many wait, or one of them is late."""
    return len(found.waiting) >= digest_from or any(one.is_late for one in found.waiting)


def digest_letter(found: Found, program: Program, url: str, ending: Link) -> Letter:
    shown, late = found.waiting[:MOST], sum(one.is_late for one in found.waiting)
    waits = _what_waits(found)
    told = [f"{waits} for your decision.", f"{late} of them {'is' if late == 1 else 'are'} late." if late else ""]
    rest, least = len(found.waiting) - len(shown), "" if found.is_whole else "at least "
    waits_too = "waits" if rest == 1 else "wait"
    more = f"Listed are the {len(shown)} that you were asked first; {least}{rest} more {waits_too}." if rest else ""
    return Letter(
        subject=f"{waits} for your decision",
        headline="Waiting for your decision",
        paragraphs=tuple(filter(None, (" ".join(filter(None, told)), more))),
        facts={},
        links=(),
        entries=tuple(_entry(one, program.calendar, url) for one in shown),
        closing="You get this on working days while "
        f"{program.digest_from} or more questions wait for you, or one is late. "
        "The links are yours alone: please do not forward them. "
        "If you end this list, each question still comes to you in a mail of its own.",
        unsubscribe=ending,
    )


def _what_waits(found: Found) -> str:
    extensions = sum(one.is_extension for one in found.waiting)
    counts = {"registration": len(found.waiting) - extensions, "extension": extensions}
    named = [f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items() if count]
    waits = f"{' and '.join(named)} {'waits' if len(found.waiting) == 1 else 'wait'}"
    return waits if found.is_whole else f"At least {waits}"


def _entry(one: Waiting, calendar: Calendar, url: str) -> Entry:
    deal = one.deal
    promised = f"to be decided by {moment(deal.decide_by, calendar)}" if deal.decide_by else ""
    wish = "asks for a longer protection" if one.is_extension else ""
    parts = (one.partner_name, wish, f"asked {moment(one.asked_at, calendar)}", promised)
    mark = "Late: " if one.is_late else ""
    title = f"{mark}{one_line(deal.customer['name'])}, {money(deal.amount)}"
    return Entry(title, one_line(", ".join(filter(None, parts)), 400), Link("Decide", f"{url}/approvals/{one.token}"))


def what_waits(approver: str, now: datetime) -> Found:
    """What an approver can decide now."""
    found = list[Waiting]()
    for rows in _in_parts(leaving.every_open(approver)):
        if len(found) >= _MOST_COUNTED:
            return Found(found, is_whole=False)
        found += _answerable(rows, now)
    return Found(found)


def _in_parts(rows: Iterator[dynamo.Item]) -> Iterator[list[dynamo.Item]]:
    part: list[dynamo.Item] = []
    for row in rows:
        part.append(row)
        if len(part) == MOST:
            yield part
            part = []
    if part:
        yield part


def _answerable(rows: Sequence[dynamo.Item], now: datetime) -> Iterator[Waiting]:
    """The index may be behind: what counts is what the reviews say."""
    review_keys = [key_of(row["deal_id"], row["review_version"]) for row in rows]
    deal_keys = [deals.deal_key(row["partner_id"], row["deal_id"]) for row in rows]
    found = dynamo.batch_get([*review_keys, *deal_keys])
    own_side, _ = users.find(rows[0]["approver"]) or ("", "")
    theirs = {partner_id: partners.load(partner_id) for partner_id in {row["partner_id"] for row in rows}}
    for row, review_key, deal_key in zip(rows, review_keys, deal_keys, strict=True):
        if review_key not in found or deal_key not in found:
            continue
        review, deal, partner = from_item(found[review_key]), deal_from_item(found[deal_key]), theirs[row["partner_id"]]
        question = review.question(number_of(row["approval_id"]))
        is_open = review.state is State.OPEN and question.status is Status.PENDING
        is_theirs = closed.under_review(deal, review.version) and not has_left(question.approver, review)
        if is_open and is_theirs and partner.is_active and deal.partner_id != own_side:
            token = store.link_token(review, question.number)
            is_late = _is_late(review, question, deal, now)
            yield Waiting(deal, question.asked_at, partner.name, is_late, token, review.is_extension)


def _is_late(review: Review, question: Question, deal: Deal, now: datetime) -> bool:
    """The promise has passed, or the time of those who were asked instead of the first."""
    return progress.is_late(deal, now) or any(
        step.stage is Stage.LATE and not step.agreed for step in review.steps_of(question.number)
    )
