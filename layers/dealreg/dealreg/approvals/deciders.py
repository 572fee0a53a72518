"""Who there is to decide on a partner's deals, as the rows say at this moment."""

from dealreg.approvals import absences
from dealreg.approvals.people import People
from dealreg.partners import users
from dealreg.partners.partners import Partner
from dealreg.partners.routing import Routing


def people_of(partner: Partner, routing: Routing) -> People:
    own_side = users.addresses_of(partner.id)
    named = [*routing.people, *([partner.manager] if partner.manager else [])]
    return People(routing.groups, partner.manager, own_side, absences.absences_of(named), routing.last_resort)
