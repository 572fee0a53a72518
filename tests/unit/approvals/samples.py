"""A review by the fields that every program has: one step, one person, another after that one."""

from datetime import UTC, datetime

from dealreg.approvals import steps
from dealreg.approvals.model import Review
from dealreg.approvals.people import People
from dealreg.approvals.steps import Setting
from dealreg.deals import facts
from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status as DealStatus
from dealreg.matching.rules import Verdict
from dealreg.partners.program import Approvers, Program
from dealreg.partners.rules import routing_of
from dealreg.platform import ids, times
from dealreg.platform.money import Money

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
"""A Monday."""
FIRST, SECOND = "first@vendor.example", "second@vendor.example"
PROGRAM = Program(approvers=Approvers(FIRST, SECOND))
DEAL = Deal(
    id=ids.make_id("deal", NOW, 7),
    partner_id="part_1",
    user_id="user_1",
    status=DealStatus.IN_REVIEW,
    version=1,
    review_version=1,
    customer={"name": "Acme"},
    products=[],
    families=[],
    identities=[],
    amount=Money(100_00, "EUR"),
    verdict=Verdict.CLEAR,
    matches=[],
    editable=[],
    created_at=times.to_text(NOW),
    updated_at=times.to_text(NOW),
)


def setting(now: datetime = NOW, program: Program = PROGRAM, deal: Deal = DEAL) -> Setting:
    routing = routing_of(program)
    people = People(routing.groups, None, frozenset(), {}, routing.last_resort)
    return Setting(routing.rules[-1], routing, lambda: people, facts.seen(deal), now)


def asked(now: datetime = NOW, program: Program = PROGRAM) -> Review:
    begun = Review(DEAL.id, 1, program_version=1, rule="everything-else", began_at=now)
    return steps.ask(begun, setting(now, program))
