"""A deal's review and its questions, for tests: read as they are stored, answered as from the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dealreg.approvals import asked, deciding, review, store
from dealreg.approvals.answering import Said
from dealreg.approvals.asked import AskedView
from dealreg.approvals.model import Question, Review, Status, key_of, question_id
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform import dynamo
from dealreg.reviewing.matches import MatchVerdict


@dataclass(frozen=True)
class Put:
    """A question in its review."""

    review: Review
    question: Question

    @property
    def id(self) -> str:
        return question_id(self.review, self.question.number)

    @property
    def link(self) -> str:
        return store.link_token(self.review, self.question.number)

    @property
    def approver(self) -> str:
        return self.question.approver

    @property
    def status(self) -> Status:
        return self.question.status

    @property
    def escalate_at(self) -> datetime:
        """When the clock asks others instead."""
        (moment,) = {step.escalate_at for step in self.review.steps_of(self.question.number)}
        assert moment is not None, "nobody is asked instead"
        return moment

    def now(self) -> "Put":
        """As it has become."""
        found = store.load(self.review.deal_id, self.review.version)
        assert found is not None, "a review is never deleted"
        return Put(found, found.question(self.question.number))


def review_of(deal: Deal) -> Review:
    """The present or last one."""
    found = store.newest_of(deals.locate(deal.id))
    assert found is not None, "the deal has no review"
    return found


def questions_of(deal: Deal) -> list[Put]:
    """Of all its reviews, in the order in which they were put."""
    return [Put(review, question) for review in store.every_of(deal.id) for question in review.questions]


def question_of(deal: Deal) -> Put:
    """The only one that is open."""
    (open_,) = [question for question in questions_of(deal) if question.status is Status.PENDING]
    return open_


def row_of(put: Put | Review) -> dynamo.Item:
    """Of a review, as it is stored."""
    of = put.review if isinstance(put, Put) else put
    key = key_of(of.deal_id, of.version)
    return dynamo.get(key.table, key.pk, key.sk) or {}


def page_of(link: str, now: datetime) -> AskedView:
    return asked.find_by_token(link, now)


def decide(
    put: Put,
    choice: str,
    reason: str = "",
    fields: Sequence[str] = (),
    *,
    now: datetime,
    seen: str | None = None,
    pairs: Mapping[str, MatchVerdict] | None = None,
    match_id: str = "",
    **said: Any,
) -> Put:
    """As its approver, on the deal as it is now, unless the page says otherwise."""
    shown = page_of(put.link, now).seen if seen is None else seen
    deciding.decide(put.link, Said(choice, reason, fields, **said), shown, now, pairs, match_id)
    return put.now()


def strike(put: Put | Review, now: datetime, after: timedelta = timedelta(0)) -> None:
    """The clock comes to the review; once it has been answered, that is what the relay does too."""
    of = put.review if isinstance(put, Put) else put
    review.on_due(key_of(of.deal_id, of.version), now + after)
