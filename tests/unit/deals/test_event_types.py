"""What the rules of deals tell is what the catalogue says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dealreg.deals import appeals, deadlines, extensions, reassignment, rules, statuses
from dealreg.deals.event_types import EVENT_TYPES
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.partners.program import Program
from dealreg.platform.money import Money
from tests.unit.deals.samples import JANA

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ACT = CommandContext(NOW, 7)
DEAL = Deal(
    id="deal_01JD8V4M2T7QK3N5P9XWZRB6YC",
    partner_id="part_1",
    status="in_review",
    customer={"name": "Müller Maschinenbau GmbH", "contact": {"email": "j.weiss@mueller-maschinenbau.de"}},
    products=["analytics"],
    families=["data"],
    identities=[],
    amount=Money(4_800_000, "EUR"),
    notes="Met at the fair",
    verdict="possible_duplicate",
    matches=[{"kind": "domain", "id": "deal_other", "partner_id": "part_2", "reason": "the same website"}],
    editable=[],
    created_at="2026-11-23T09:00:00.000Z",
    updated_at="2026-11-23T09:00:00.000Z",
)
APPROVED = replace(DEAL, status="approved", protected_until="2027-02-21T10:00:00.000Z")
QUEUED = replace(DEAL, status="queued")
MOVED = replace(DEAL, partner_id="part_2")
REJECTED = rules.reject(DEAL, ACT, "other", "No.", "head").deal
ASKED_FOR_MORE = extensions.request(APPROVED, ACT, 30, "once").deal
ASKED = rules.request_info(DEAL, ACT, ["notes"], "More, please.", "head").deal

CHANGES: dict[str, Callable[[], Change]] = {
    "deal.submitted": lambda: rules.submit(DEAL, ACT),
    "deal.queued": lambda: rules.submit(QUEUED, ACT),
    "deal.in_review": lambda: rules.promote(QUEUED, ACT, Program()),
    "deal.action_required": lambda: rules.request_info(DEAL, ACT, ["notes"], "More, please.", "head"),
    "deal.resubmitted": lambda: rules.resubmit(replace(DEAL, status="action_required"), ACT, NOW),
    "deal.approved": lambda: rules.approve(DEAL, ACT, 90, "head"),
    "deal.rejected": lambda: rules.reject(DEAL, ACT, "other", "No.", "head"),
    "deal.appealed": lambda: appeals.appeal(REJECTED, ACT, "Another company", Program(), is_held=False),
    "deal.withdrawn": lambda: rules.withdraw(DEAL, ACT, "A mistake."),
    "deal.reminded": lambda: deadlines.remind(ASKED, ACT),
    "deal.expiring": lambda: deadlines.warn_of_expiry(APPROVED, ACT),
    "deal.sign_of_life_asked": lambda: deadlines.ask_for_sign_of_life(APPROVED, ACT),
    "deal.confirmed": lambda: rules.confirm(APPROVED, ACT),
    "deal.expired": lambda: rules.expire(APPROVED, ACT, "protection_ended", "clock"),
    "deal.extension_requested": lambda: extensions.request(APPROVED, ACT, 30, "once", Program(), "They sign in March."),
    "deal.extended": lambda: extensions.extend(APPROVED, ACT, 30, "once"),
    "deal.extension_refused": lambda: extensions.refuse(ASKED_FOR_MORE, ACT, "No.", "other", {"by": "head"}),
    "deal.conflict_changed": lambda: rules.rejudge(DEAL, ACT),
    "deal.edited": lambda: rules.record(DEAL, ACT, "deal.edited"),
    "deal.stage_changed": lambda: rules.set_stage(DEAL, ACT, statuses.Stage.PROPOSAL),
    "deal.commented": lambda: rules.comment(DEAL, ACT, "Hello", JANA),
    "deal.reassigned": lambda: reassignment.reassign(DEAL, replace(DEAL, partner_id="part_2"), ACT, "head"),
    "deal.reassigned_away": lambda: Change(DEAL, reassignment.reassign(DEAL, MOVED, ACT, "head").events[:1]),
    "deal.won": lambda: rules.win(APPROVED, ACT, None, "billing"),
    "deal.lost": lambda: rules.lose(APPROVED, ACT, statuses.LostReason.PRICE, "Too dear."),
}


def test_every_deal_event_is_tried_here() -> None:
    assert set(CHANGES) == set(EVENT_TYPES)


@pytest.mark.parametrize("event_type", CHANGES)
def test_what_is_told_is_what_the_catalogue_says_and_no_more(event_type: str) -> None:
    event = CHANGES[event_type]().events[-1]
    assert event.type == event_type
    model = EVENT_TYPES[event_type]
    assert model.model_validate(event.data).model_dump(by_alias=True) == dict(event.data)


@pytest.mark.parametrize("event_type", CHANGES)
def test_nothing_internal_is_told(event_type: str) -> None:
    told = repr(CHANGES[event_type]().events[-1].to_envelope())
    for internal in ("part_2", "deal_other", "the same website", "j.weiss", "Met at the fair", "head"):
        assert internal not in told or (event_type, internal) == ("deal.reassigned", "part_2")
