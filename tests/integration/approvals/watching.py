"""What must hold of every review: read off the stream of the Deals table, change by change, as they were committed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dealreg.approvals import steps
from dealreg.approvals.model import REVIEW, Choice, Question, Review, Stage, State, Status, from_item
from dealreg.approvals.setting import rule_of
from dealreg.deals import facts
from dealreg.deals.model import Deal
from dealreg.deals.model import from_item as deal_from_item
from dealreg.deals.statuses import Status as DealStatus
from dealreg.partners.program import program_at
from dealreg.partners.routing import Step
from dealreg.partners.rules import routing_of
from dealreg.platform.dynamo import Item, item_from_wire

FOLLOWING: Mapping[State, frozenset[State]] = {
    State.STARTED: frozenset(State),
    State.OPEN: frozenset([State.OPEN, State.PASSED, State.DECIDED, State.SUPERSEDED]),
    State.PASSED: frozenset([State.OPEN, State.PASSED, State.DECIDED, State.SUPERSEDED]),
    State.DECIDED: frozenset([State.DECIDED]),
    State.SUPERSEDED: frozenset([State.SUPERSEDED]),
}
BEGINS = frozenset([("queued", "in_review"), ("rejected", "in_review"), ("rejected", "queued")])
"""What gives a deal other terms, beside another partner."""


class Watch:
    """Holds what it has seen so far."""

    def __init__(self) -> None:
        self.deals: dict[str, Deal] = {}
        self.reviews: dict[tuple[str, int], Review] = {}

    def look(self, record: Mapping[str, Any]) -> None:
        images = record["dynamodb"]
        old, new = (item_from_wire(images.get(name, {})) for name in ("OldImage", "NewImage"))
        kind = str(images["Keys"]["sk"]["S"]).partition("#")[0]
        if kind == "DEAL" and new:
            self.deal(old, deal_from_item(new))
        if kind == REVIEW and new:
            before = from_item(old) if old else None
            self.review(before, from_item(new))

    def deal(self, old: Item, after: Deal) -> None:
        """Settings reach a deal when a review begins, and not before the next."""
        before = deal_from_item(old) if old else self.deals.get(after.id)
        self.deals[after.id] = after
        if before is None or before.partner_id != after.partner_id or (before.status, after.status) in BEGINS:
            return
        assert before.program_version == after.program_version, "other settings reached a review that had begun"

    def review(self, before: Review | None, after: Review) -> None:
        self.reviews[after.deal_id, after.version] = after
        if before is None:
            before = Review(after.deal_id, after.version)
        assert after.state in FOLLOWING[before.state], f"{before.state} became {after.state}"
        if before.decision:
            assert after.decision == before.decision, "decided twice"
        for question in before.questions:
            stays_answered(question, after.question(question.number))
        asks_nobody_twice(after)
        waits_or_looks_again(after)
        deal = self.deals[after.deal_id]
        for question in after.questions[len(before.questions) :]:
            if after.state is State.OPEN and question.status is Status.PENDING:
                self.has_not_approved(before, question, deal)
        if after.rule and not before.rule:
            self.began_by_its_terms(after, deal)
        if after.decision and not before.decision:
            self.is_agreed_to(after, deal)

    def has_not_approved(self, before: Review, question: Question, deal: Deal) -> None:
        """Who approved what is the same now is not asked once more."""
        saw = [
            one.saw for one in before.questions if one.approver == question.approver and one.choice is Choice.APPROVE
        ]
        assert not any(facts.same(one, facts.seen(deal)) for one in saw), f"{question.approver} has approved that"

    def began_by_its_terms(self, review: Review, deal: Deal) -> None:
        routing = routing_of(program_at(deal.program_version))
        expected = rule_of(review, deal, routing).id
        assert review.program_version == deal.program_version
        assert review.rule in (expected, routing.rules[-1].id), f"{review.rule} is not {expected}"

    def is_agreed_to(self, review: Review, deal: Deal) -> None:
        """Every step by who saw what it reads as it is; one no, an admin, or a rule that asks nobody, is enough."""
        decision = review.decision
        assert decision is not None
        rule = rule_of(review, deal, routing_of(program_at(review.program_version)))
        by_admin = decision.by.startswith("user_") and not decision.step
        if decision.by == steps.AUTOMATIC and not review.steps:
            assert rule.approve or rule.reject, f"{rule.id} asks somebody"
        elif decision.answer.choice is Choice.APPROVE and not by_admin:
            for step in (step for order in rule.steps for step in order):
                self.has_its_signatures(review, step, deal)

    def has_its_signatures(self, review: Review, step: Step, deal: Deal) -> None:
        asked, now = review.step(step.id), facts.seen(deal)
        assert asked, f"{step.id} was never asked"
        approved = {
            one.number
            for one in review.questions
            if one.choice is Choice.APPROVE and facts.same(one.saw, now, step.reads)
        }
        instead = approved & {*asked.escalated}
        needed = approved >= {*asked.asked} if step.need == "all" else approved & {*asked.asked}
        assert instead or needed, f"{step.id} is not agreed to by who saw what the deal is"


def stays_answered(before: Question, after: Question) -> None:
    if before.status is not Status.PENDING:
        assert (after.status, after.choice, after.saw, after.ended_at) == (
            before.status,
            before.choice,
            before.saw,
            before.ended_at,
        ), "answered twice"


def asks_nobody_twice(review: Review) -> None:
    asked = Counter(question.approver for question in review.pending)
    assert not asked or max(asked.values()) == 1, f"asked twice: {asked}"


def waits_or_looks_again(review: Review) -> None:
    """An open review waits for a person, until a time unless it is late; or it looks again while there is nobody."""
    if review.state is not State.OPEN:
        return
    waiting = [step for step in review.steps if step.order == review.order and not step.agreed]
    assert waiting, "it waits for no step"
    assert review.pending or not any(step.asked or step.escalated for step in waiting), "it waits for nobody"
    is_late = all(step.stage is Stage.LATE for step in waiting)
    assert review.due_at or (is_late and review.pending), "it waits for ever"


def is_under_review(deal: Deal, review: Review) -> bool:
    return deal.status == DealStatus.IN_REVIEW and deal.review_version == review.version
