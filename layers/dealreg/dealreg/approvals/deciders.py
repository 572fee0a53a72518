"""Who there is to decide on a partner's deals, as the rows say at this moment."""

from collections.abc import Iterable
from datetime import UTC, datetime

from dealreg.approvals.absences import absences_of
from dealreg.approvals.people import Absence, People
from dealreg.notifications import bounces
from dealreg.partners import users
from dealreg.partners.partners import Partner
from dealreg.partners.routing import Routing

_UNTIL_REPAIRED = Absence(datetime.min.replace(tzinfo=UTC), None, None)


def people_of(partner: Partner, routing: Routing, at: datetime, also: Iterable[str] = ()) -> People:
    """`also`: who may be asked, or was, beside those whom these settings name."""
    named = {*routing.people, *also, *([partner.manager] if partner.manager else [])}
    own_side = users.addresses_of(partner.id)
    return People(routing.groups, partner.manager, own_side, absent(named, at), routing.last_resort)


def absent(people: Iterable[str], at: datetime) -> dict[str, Absence]:
    """Of these people and of who stands in for them: who is away, and whom no mail reaches, which is no better."""
    asked = set(people)
    found = absences_of(asked)
    stand_ins = {absence.stand_in for absence in found.values() if absence.stand_in}
    for address in bounces.bounced(asked | stand_ins):
        if address not in found or not found[address].covers(at):
            found[address] = _UNTIL_REPAIRED
    return found
