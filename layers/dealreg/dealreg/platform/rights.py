"""What the vendor's people and keys may do: the rights of each role, and how far they reach.

A route names the right that it needs (`needs` in `ROUTES`); a role that lacks it is refused with 403. A right that
reaches only some rows leaves the others unseen: 404.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

EVERYTHING = "admin"
"""The scope of who has every right."""


class Role(StrEnum):
    ADMIN = "admin"
    PARTNER_MANAGER = "partner_manager"
    APPROVER = "approver"
    FINANCE = "finance"
    VIEWER = "viewer"


class Right(StrEnum):
    SEE_DEALS = "see_deals"
    DECIDE_DEALS = "decide_deals"
    CHANGE_DEALS = "change_deals"
    SEE_PARTNERS = "see_partners"
    CHANGE_PARTNERS = "change_partners"
    SEE_EARNINGS = "see_earnings"
    SEE_MONEY = "see_money"
    CHANGE_MONEY = "change_money"
    SEE_PROGRAM = "see_program"
    CHANGE_PROGRAM = "change_program"


WORDS: Mapping[Right, str] = {
    Right.SEE_DEALS: "see deals",
    Right.DECIDE_DEALS: "decide about deals",
    Right.CHANGE_DEALS: "change deals",
    Right.SEE_PARTNERS: "see partners",
    Right.CHANGE_PARTNERS: "change partners and their people",
    Right.SEE_EARNINGS: "see what partners earn",
    Right.SEE_MONEY: "see billing and payouts",
    Right.CHANGE_MONEY: "change billing and payouts",
    Right.SEE_PROGRAM: "see the program's settings",
    Right.CHANGE_PROGRAM: "change the program's settings",
}


class Reach(StrEnum):
    """Of a right: all rows, those of partners whose manager somebody is, or the deals somebody is asked about."""

    ALL = "all"
    OWN = "own"
    ASKED = "asked"


ROLES: Mapping[Role, Mapping[Right, Reach]] = {
    Role.ADMIN: dict.fromkeys(Right, Reach.ALL),
    Role.PARTNER_MANAGER: {
        Right.SEE_DEALS: Reach.ALL,
        Right.DECIDE_DEALS: Reach.OWN,
        Right.CHANGE_DEALS: Reach.OWN,
        Right.SEE_PARTNERS: Reach.OWN,
        Right.CHANGE_PARTNERS: Reach.OWN,
        Right.SEE_EARNINGS: Reach.OWN,
    },
    Role.APPROVER: {Right.SEE_DEALS: Reach.ASKED, Right.DECIDE_DEALS: Reach.ASKED},
    Role.FINANCE: {
        Right.SEE_DEALS: Reach.ALL,
        Right.SEE_PARTNERS: Reach.ALL,
        Right.SEE_EARNINGS: Reach.ALL,
        Right.SEE_MONEY: Reach.ALL,
        Right.CHANGE_MONEY: Reach.ALL,
    },
    Role.VIEWER: {
        Right.SEE_DEALS: Reach.ALL,
        Right.SEE_PARTNERS: Reach.ALL,
        Right.SEE_PROGRAM: Reach.ALL,
    },
}

Rights = Mapping[str, frozenset[Reach]]


def rights_of(roles: Iterable[str]) -> Rights:
    """Of who has several roles: each right as far as any of them reaches."""
    found: dict[str, set[Reach]] = {}
    for role in roles:
        for right, reach in ROLES[Role(role)].items():
            found.setdefault(right, set()).add(reach)
    return {right: frozenset(reaches) for right, reaches in found.items()}
