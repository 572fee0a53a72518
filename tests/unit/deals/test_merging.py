"""When a registration ends because its customer is somebody's already."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg.accounts.model import Account
from dealreg.deals.model import Deal
from dealreg.deals.statuses import RejectReason, Status
from dealreg.deals.words import REJECTED_BECAUSE
from dealreg.matching.rules import OWNERSHIP_VERDICTS, Ownership
from dealreg.platform import times
from dealreg.reviewing.merging import closes_as
from tests.unit.deals.samples import DEAL, NOW

EARLIER = times.to_text(NOW - timedelta(days=1))
LATER = times.to_text(NOW + timedelta(days=1))
FIRST = replace(DEAL, id="deal_01JD5Y2Q3R7K3M9Q2F00000000", partner_id="part_2", created_at=EARLIER)


def why(deal: Deal, other: Deal | Account) -> RejectReason | None:
    return closes_as(deal, other, OWNERSHIP_VERDICTS)


def account(ownership: Ownership) -> Account:
    return Account(
        id="acc_1",
        name="Mueller",
        aliases=(),
        domains=(),
        country=None,
        tax_id=None,
        lei=None,
        duns=None,
        ownership=ownership,
        external_id=None,
        source="crm",
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize("status", [Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED, Status.APPROVED])
def test_who_came_first_keeps_the_customer(status: Status) -> None:
    assert why(DEAL, replace(FIRST, status=status)) is RejectReason.DUPLICATE


@pytest.mark.parametrize("status", [Status.APPROVED, Status.WON])
def test_so_does_who_was_approved_first(status: Status) -> None:
    assert why(DEAL, replace(FIRST, status=status, created_at=LATER)) is RejectReason.DUPLICATE


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"created_at": LATER}, "it came second and is not approved"),
        ({"partner_id": DEAL.partner_id}, "a partner may sell to its customer twice"),
        ({"families": ["payments"]}, "other products are another sale"),
        ({"status": Status.LOST}, "what has ended is in nobody's way"),
        ({"status": Status.EXPIRED}, "what has ended is in nobody's way"),
    ],
)
def test_a_deal_goes_on_beside_another(change: dict[str, object], because: str) -> None:
    assert why(DEAL, replace(FIRST, **change)) is None, because


@pytest.mark.parametrize("status", [status for status in Status if status != Status.IN_REVIEW])
def test_only_what_is_under_review_ends(status: Status) -> None:
    assert why(replace(DEAL, status=status), FIRST) is None
    assert why(replace(DEAL, status=status), account(Ownership.CUSTOMER)) is None


@pytest.mark.parametrize(
    ("ownership", "reason"),
    [
        (Ownership.CUSTOMER, RejectReason.EXISTING_CUSTOMER),
        (Ownership.OPEN_OPPORTUNITY, RejectReason.DIRECT_PIPELINE),
        (Ownership.FORMER_CUSTOMER, None),
        (Ownership.PARTNER_OWNED, None),
    ],
)
def test_the_vendors_own(ownership: Ownership, reason: RejectReason | None) -> None:
    assert why(DEAL, account(ownership)) is reason


def test_the_program_says_what_is_the_vendors_own() -> None:
    open_to_partners = {**OWNERSHIP_VERDICTS, Ownership.CUSTOMER.value: "clear"}
    assert closes_as(DEAL, account(Ownership.CUSTOMER), open_to_partners) is None


def test_the_partner_is_told_why_and_never_who() -> None:
    assert set(REJECTED_BECAUSE) == {
        RejectReason.DUPLICATE,
        RejectReason.EXISTING_CUSTOMER,
        RejectReason.DIRECT_PIPELINE,
    }
