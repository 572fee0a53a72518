"""Whose a sale is that names no deal, of a new customer: by tax id, then domain, as the conflict check does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dealreg.billing import money
from dealreg.billing.facts import Fact, Names, OfDeal, OfEngine
from dealreg.billing.model import InboxEvent, Reason
from dealreg.commissions.facts import Payment
from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status
from dealreg.deals.store import locate
from dealreg.ledger import names
from dealreg.ledger.names import Name
from dealreg.matching import evidence
from dealreg.matching.identities import of_customer, without_domains
from dealreg.matching.index import Prospect
from dealreg.matching.rules import Certainty, Match, explain
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.platform.foreign_json import object_in

_MOST = 20
"""Deals that are looked at; the surest first."""
_KINDS = ("tax#", "domain#")
_MOST_REMEMBERED = 10_000
_known: set[Name] = set()
"""Names of which some deal is known: what they lead to is the ledger's to say."""


@dataclass(frozen=True, slots=True)
class Candidate:
    deal: Deal
    matches: Sequence[Match]

    @property
    def certainty(self) -> Certainty:
        return Certainty.EXACT if self.is_certain_by("") else Certainty.POSSIBLE

    @property
    def likelihood(self) -> int:
        return max(match.likelihood for match in self.matches)

    @property
    def reasons(self) -> list[str]:
        return [explain(match) for match in self.matches]

    def is_certain_by(self, kind: str) -> bool:
        return any(one.certainty is Certainty.EXACT and one.identity.startswith(kind) for one in self.matches)


def recognise(
    event: InboxEvent, told: Sequence[Fact], facts: Sequence[OfEngine], now: datetime
) -> tuple[list[OfEngine], bool]:
    """The facts, with the one deal that is certain where they name none; and whether several are."""
    who = _who(told)
    is_unnamed = (who.tax_id or who.email) and not all(_names_deal(fact) for fact in facts)
    if not is_unnamed or _is_known(money.names_in(event.source_id, facts)):
        return list(facts), False
    found = certain(candidates(told, now), {family for fact in facts for family in _families(fact)})
    if isinstance(found, Deal):
        return [_of_deal(fact, found.id) for fact in facts], False
    return list(facts), found is Reason.SEVERAL_DEALS


def certain(found: Sequence[Candidate], families: set[str]) -> Deal | Reason | None:
    """By the first kind of identity that answers; of several deals the one of a product family of the sale."""
    for kind in _KINDS:
        deals = [one.deal for one in found if one.is_certain_by(kind)]
        if len(deals) > 1:
            deals = [deal for deal in deals if families & {*deal.families}] or deals
        if deals:
            return deals[0] if len(deals) == 1 else Reason.SEVERAL_DEALS
    return None


def candidates(told: Iterable[Fact], now: datetime) -> list[Candidate]:
    """Approved and won deals of all partners whose customer it is or may be; the surest first."""
    who = _who(told)
    if not (who.tax_id or who.email or who.name):
        return []
    by_deal: dict[str, list[Match]] = {}
    for match in _matches(who, times.to_text(now)):
        if match.kind == "deal" and match.certainty is not Certainty.NONE:
            by_deal.setdefault(match.id, []).append(match)
    found = [Candidate(deal, by_deal[deal.id]) for deal in _open_deals([*by_deal][:_MOST])]
    return sorted(found, key=lambda one: (one.certainty is not Certainty.EXACT, -one.likelihood))


def _matches(who: Names, at: str) -> Iterator[Match]:
    """By each kind of identity on its own, then by name."""
    program = current_program()
    known = of_customer({"tax_id": who.tax_id, "contact": {"email": who.email or ""}})
    families = tuple(sorted({product.family for product in program.products}))
    claims = without_domains(known.claims, program.own_domains)
    whole = Prospect("", "", who.name or "", None, claims, families, known.hints, known.numbers)
    found = dynamo.batch_get(evidence.keys(whole))
    whole = evidence.demote_doubtful(whole, found, at)
    for kind in _KINDS:
        own = [tuple(key for key in keys if key.startswith(kind)) for keys in (whole.identities, whole.hints)]
        one = replace(whole, identities=own[0], hints=own[1])
        yield from (match for match in evidence.matches(one, found, at) if match.identity != "name")
    if who.name:
        alike = evidence.matches(whole, found, at, program.possible_points)
        yield from (match for match in alike if match.identity == "name")


def _open_deals(deal_ids: Iterable[str]) -> Iterator[Deal]:
    for deal_id in deal_ids:
        try:
            deal = locate(deal_id)
        except NotFound:
            continue
        if deal.status in (Status.APPROVED, Status.WON):
            yield deal


def _who(told: Iterable[Fact]) -> Names:
    """The first customer that is told of."""
    for fact in told:
        of = object_in(fact["data"].get("sale")) or fact["data"]
        if customer := object_in(of.get("customer")):
            return Names(name=customer.get("name"), email=customer.get("email"), tax_id=customer.get("tax_id"))
    return Names()


def _is_known(named: Sequence[Name]) -> bool:
    if not named or _known.intersection(named):
        return bool(named)
    if not names.deal_of(named):
        return False
    if len(_known) >= _MOST_REMEMBERED:
        _known.clear()
    _known.update(named)
    return True


def _names_deal(fact: OfEngine) -> bool:
    """Or does not need one: what goes back is of its payment's."""
    if isinstance(fact, OfDeal):
        return bool(fact.reference)
    return not isinstance(fact, Payment) or fact.content is None or bool(fact.content.deal_id)


def _families(fact: OfEngine) -> Iterable[str]:
    content = fact.content if isinstance(fact, Payment) else None
    return [line.family for line in content.lines if line.family] if content else []


def _of_deal(fact: OfEngine, deal_id: str) -> OfEngine:
    if isinstance(fact, OfDeal):
        return replace(fact, reference=fact.reference or deal_id)
    if isinstance(fact, Payment) and fact.content:
        return replace(fact, content=replace(fact.content, deal_id=fact.content.deal_id or deal_id))
    return fact
