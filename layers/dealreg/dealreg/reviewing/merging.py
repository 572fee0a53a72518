"""What it means for a registration that its customer turns out to be somebody's already. Pure."""

from collections.abc import Mapping

from dealreg.accounts.model import Account
from dealreg.deals.model import Deal
from dealreg.deals.statuses import TERMINAL, RejectReason, Status
from dealreg.matching.rules import Verdict

_OF_OUR_OWN = {
    Verdict.EXISTING_CUSTOMER: RejectReason.EXISTING_CUSTOMER,
    Verdict.DIRECT_PIPELINE: RejectReason.DIRECT_PIPELINE,
}


def closes_as(deal: Deal, other: Deal | Account, ownership_verdicts: Mapping[str, str]) -> RejectReason | None:
    """Why a deal under review ends when `other` is the same customer; None where it goes on.

    The first to register keeps a customer, and the vendor keeps those that the program calls its own. A deal goes on
    beside the same partner's other deals, beside other products, beside what has ended, and when the program leaves
    such accounts (former customers, a partner's own) to the reviewer. What waits in a queue waits for just this.
    """
    if deal.status != Status.IN_REVIEW:
        return None
    if isinstance(other, Account):
        return _OF_OUR_OWN.get(Verdict(ownership_verdicts[other.ownership]))
    rivals = other.partner_id != deal.partner_id and set(other.families) & set(deal.families)
    first = other.status not in TERMINAL and _order(other) < _order(deal)
    return RejectReason.DUPLICATE if rivals and (first or other.status in (Status.APPROVED, Status.WON)) else None


def _order(deal: Deal) -> tuple[str, str]:
    return deal.has_customer_since, deal.id
