"""Who there is to decide on a partner's deals, as the rows say at this moment."""

from dealreg.approvals.people import People
from dealreg.partners import users
from dealreg.partners.partners import Partner
from dealreg.partners.routing import Routing


def people_of(partner: Partner, routing: Routing) -> People:
    own_side = frozenset(user.email for user in users.of_partner(partner.id))
    return People(routing.groups, None, own_side, {}, routing.last_resort)
