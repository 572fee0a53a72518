"""A question with all that an approver weighs: for the page and for the e-mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dealreg.approvals import closed, store
from dealreg.approvals.model import AskedStep, Question, Review, number_of
from dealreg.approvals.setting import why_barred
from dealreg.deals import answers, facts
from dealreg.deals import store as deals
from dealreg.deals.answers import PartnerAnswer
from dealreg.deals.extensions import new_end
from dealreg.deals.model import Deal
from dealreg.partners import partners, staff
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import deal_number


@dataclass(frozen=True, slots=True)
class AskedExtension:
    days: int
    reason: str
    until: str
    """When the protection ends if it is granted."""
    instead_of: str
    """When it ends without."""


@dataclass(frozen=True, slots=True)
class AskedView:
    review: Review
    question: Question
    deal: Deal
    partner_name: str
    matches: tuple[str, ...]
    """Who else has, or may have, the customer, and how that was noticed, in words."""
    closed: str
    """Why there is nothing to decide any more, in words; empty while there is."""
    held: str = ""
    """Why nothing can be decided for now, though the question is open; empty if it can."""
    answered: PartnerAnswer | None = None
    """What the partner answered, where the approver has asked for information."""

    @property
    def seen(self) -> str:
        return facts.seen(self.deal)

    @property
    def extension(self) -> AskedExtension | None:
        """What is asked, if it is a longer protection."""
        asked = self.deal.extension if self.review.is_extension else None
        if asked is None:
            return None
        until, instead_of = new_end(self.deal, asked.days), self.deal.protected_until or ""
        return AskedExtension(asked.days, asked.reason, until, instead_of)

    @property
    def steps(self) -> tuple[AskedStep, ...]:
        """What the question is about."""
        return self.review.steps_of(self.question.number)

    @property
    def escalate_at(self) -> datetime | None:
        """When others are asked instead."""
        return min((step.escalate_at for step in self.steps if step.escalate_at), default=None)


def find_by_token(token: str, now: datetime) -> AskedView:
    """What the link's owner may see, in whatever state the question is. Raises NotFound for a forged or old link."""
    return view_of(*store.find_by_token(token, now))


def find(deal_id: str, version: int, question_id: str) -> AskedView:
    """Raises NotFound."""
    review = store.load(deal_id, version)
    if review is None:
        raise NotFound
    return view_of(review, review.question(number_of(question_id)))


def view_of(review: Review, question: Question) -> AskedView:
    deal = deals.locate(review.deal_id)
    partner = partners.load(deal.partner_id)
    told = why_closed(review, question, deal)
    return AskedView(
        review=review,
        question=question,
        deal=deal,
        partner_name=partner.name,
        matches=tuple(_in_words(match) for match in deal.matches),
        closed=told,
        held="" if told else closed.why_held(partner),
        answered=answers.in_review(deal) if review.version == deal.review_version else None,
    )


def why_closed(review: Review, question: Question, deal: Deal) -> str:
    """As in `closed`, with people by their names."""
    names = staff.names_of(one for one in closed.named(question) if "@" in one)
    barred = why_barred(question.approver, review, deal)
    return closed.why_closed(review, question, deal, barred=barred, names=names)


def _in_words(match: Mapping[str, str]) -> str:
    if not match["partner_id"]:
        return match["reason"]
    return f"{match['reason']} (deal {deal_number(match['id'])} of {partners.load(match['partner_id']).name})"
