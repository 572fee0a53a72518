"""Whether a right of one of the vendor's people reaches a partner. Where it does not, there is nothing to be seen."""

from collections.abc import Iterable

from dealreg.partners import partners
from dealreg.partners.partners import Partner
from dealreg.platform import acts
from dealreg.platform.errors import FieldError, Forbidden, InvalidInput, NotFound
from dealreg.platform.http import Caller, Request
from dealreg.platform.rights import WORDS, Reach, Right


def is_manager(caller: Caller, partner_id: str) -> bool:
    """Raises NotFound for the partner."""
    return bool(caller.email) and partners.load(partner_id).manager == caller.email


def require_partner(request: Request, partner_id: str) -> None:
    """Raises NotFound."""
    require(request.caller, request.right, partner_id)


def require(caller: Caller, right: str, partner_id: str) -> None:
    """Raises NotFound."""
    acts.about(partner_id=partner_id)
    reach = caller.reach(right)
    if Reach.ALL not in reach and not (Reach.OWN in reach and is_manager(caller, partner_id)):
        raise NotFound


def load_partner(request: Request, partner_id: str) -> Partner:
    """As `require_partner`, in one read with what is there."""
    acts.about(partner_id=partner_id)
    partner, reach = partners.load(partner_id), request.caller.reach(request.right)
    is_own = Reach.OWN in reach and bool(request.caller.email) and partner.manager == request.caller.email
    if Reach.ALL not in reach and not is_own:
        raise NotFound
    return partner


def manager_of_new(request: Request, named: str | None) -> str | None:
    """Who may make partners of their own alone is their manager. Raises InvalidInput for another."""
    if Reach.ALL in request.caller.reach(request.right):
        return named
    if named not in (None, request.caller.email):
        raise InvalidInput([FieldError("manager", "You can only make partners whose manager you are.")])
    return request.caller.email


def only_manager(request: Request) -> str | None:
    """Whose partners alone the caller may list; None: all."""
    return None if Reach.ALL in request.caller.reach(request.right) else request.caller.email


def named_partner(request: Request) -> str | None:
    """The partner whose rows alone are asked for. Raises InvalidInput for who has to name one."""
    partner_id = request.query.get("partner_id")
    if partner_id:
        require_partner(request, partner_id)
    elif Reach.ALL not in request.caller.reach(request.right):
        raise InvalidInput([FieldError("partner_id", "Name one of the partners whose manager you are.")])
    return partner_id


def require_settable(caller: Caller, changes: Iterable[str]) -> None:
    """Raises Forbidden for what is set of a partner by those alone who may change money."""
    if "payout" in changes and not caller.may(Right.CHANGE_MONEY):
        raise Forbidden(f"None of your roles lets you {WORDS[Right.CHANGE_MONEY]}.")
