"""Who a comment is by, as both sides are told: a partner's person by name, the vendor's without an address."""

from dealreg.deals.rules import Author, Side
from dealreg.partners import credentials, partners, users
from dealreg.platform.errors import NotFound
from dealreg.platform.http import Caller

_REVIEWER = "The reviewer"


def of_partner(caller: Caller) -> Author:
    """A person by name; a system by its company's."""
    try:
        return Author(caller.user_id, users.load(caller.partner_id, caller.user_id).name, Side.PARTNER)
    except NotFound:
        return Author(caller.user_id or "partner", partners.load(caller.partner_id).name, Side.PARTNER)


def of_admin(caller: Caller) -> Author:
    """By the name of the key, unless that is an address."""
    name = credentials.admin_key_name(caller.user_id)
    return Author(caller.user_id, name if name and "@" not in name else _REVIEWER, Side.VENDOR)


def of_approver() -> Author:
    """The program knows approvers by their addresses alone, which no partner sees."""
    return Author("reviewer", _REVIEWER, Side.VENDOR)
