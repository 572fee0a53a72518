"""What the conflict index is about, of a registration: as it is asked for, and as it is kept."""

from dataclasses import replace
from datetime import datetime, timedelta

from dealreg.deals.model import ConflictCheckRequest, Deal
from dealreg.matching import index
from dealreg.matching.identities import of_customer, without_domains
from dealreg.matching.index import Prospect
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, current_program
from dealreg.platform import times
from dealreg.platform.ids import make_id

_AT_ONCE = timedelta(minutes=5)
"""Longer than any request takes: of two registrations so near to each other neither is sure to have seen the other."""


def of_request(
    asked: ConflictCheckRequest, program: Program, partner_id: str, now: datetime, deal_id: str = ""
) -> Prospect:
    """Of one that is only asked about without an id."""
    customer = asked.customer
    known = of_customer(customer.model_dump(exclude_none=True))
    return Prospect(
        deal_id=deal_id,
        partner_id=partner_id,
        name=customer.name,
        country=customer.country,
        identities=known.claims,
        families=tuple(families_of(asked, program)),
        hints=known.hints,
        numbers=known.numbers,
        newest=_newest(now),
    )


def of_deal(deal: Deal) -> Prospect:
    return Prospect(
        deal_id=deal.id,
        partner_id=deal.partner_id,
        name=deal.customer["name"],
        country=deal.customer.get("country"),
        identities=tuple(deal.identities),
        families=tuple(deal.families),
        hints=tuple(deal.hints),
        numbers=of_customer(deal.customer).numbers,
        aliases=tuple(deal.aliases),
        index_keys=tuple(deal.index_keys),
        corrected=_id_at(times.from_text(deal.another_since)) if deal.another_since else "",
        newest=_newest(times.from_text(deal.customer_since or deal.created_at)),
    )


def families_of(asked: ConflictCheckRequest, program: Program) -> list[str]:
    """Of the products that are named, or of all."""
    return sorted(
        {product.family for product in program.products if not asked.products or product.id in asked.products}
    )


def of_partner(prospect: Prospect, partner: Partner) -> Prospect:
    """As far as it can be identified: by no domain of the partner's own, or the vendor's."""
    kept = without_domains(prospect.identities, own_domains(partner))
    return prospect if kept == prospect.identities else replace(prospect, identities=kept)


def own_domains(partner: Partner) -> tuple[str, ...]:
    """The partner's and the vendor's."""
    return (*partner.own_domains, *current_program().own_domains)


def kept_of(prospect: Prospect) -> dict[str, list[str]]:
    """What a deal's row keeps of its prospect, by field."""
    return {
        "identities": list(prospect.identities),
        "hints": list(prospect.hints),
        "index_keys": index_keys(prospect),
    }


def index_keys(prospect: Prospect) -> list[str]:
    return list(index.index_keys(prospect.entries))


def with_index_keys(deal: Deal) -> Deal:
    """Of the rows that are to hold its entries as it is now."""
    return replace(deal, index_keys=index_keys(of_deal(deal)))


def _newest(since: datetime) -> str:
    return _id_at(since + _AT_ONCE)


def _id_at(moment: datetime) -> str:
    """The first that a deal could have."""
    return make_id("deal", moment, 0)
