"""Who a comment is by, as both sides are told: a partner's person by name, the vendor's without an address."""

from dealreg.deals.rules import Author, Side
from dealreg.partners import partners, users
from dealreg.platform.errors import NotFound
from dealreg.platform.http import Caller

_VENDOR, _REVIEWER = "reviewer", "The reviewer"


def of_partner(caller: Caller) -> Author:
    """A person by name; a system by its company's."""
    try:
        return Author(caller.user_id, users.load(caller.partner_id, caller.user_id).name, Side.PARTNER)
    except NotFound:
        return Author(caller.user_id or "partner", partners.load(caller.partner_id).name, Side.PARTNER)


def of_admin(caller: Caller) -> Author:
    """A person or a key by name, unless that is an address."""
    return Author(_VENDOR, caller.name if caller.name and "@" not in caller.name else _REVIEWER, Side.VENDOR)


def of_approver() -> Author:
    """The program knows approvers by their addresses alone, which no partner sees."""
    return Author(_VENDOR, _REVIEWER, Side.VENDOR)
