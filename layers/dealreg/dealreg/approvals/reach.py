"""Whether a right of one of the vendor's people reaches a deal. Where it does not, there is nothing to be seen."""

from dealreg.approvals import store
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners.reach import is_manager
from dealreg.platform import acts
from dealreg.platform.errors import FieldError, Forbidden, InvalidInput, NotFound
from dealreg.platform.http import Caller, Request
from dealreg.platform.rights import Reach, Right


def deal_of(request: Request) -> Deal:
    """The one that the path names. Raises NotFound."""
    deal = deals.locate(request.params["id"])
    require_deal(request.caller, request.right, deal)
    return deal


def require_deal(caller: Caller, right: str, deal: Deal) -> None:
    """Raises NotFound."""
    acts.about(deal_id=deal.id, partner_id=deal.partner_id)
    reach = caller.reach(right)
    if Reach.ALL in reach or (Reach.OWN in reach and is_manager(caller, deal.partner_id)):
        return
    if Reach.ASKED not in reach or not _is_asked(caller, deal):
        raise NotFound


def require_all(request: Request) -> None:
    """Of what is told of all deals at once. Raises Forbidden."""
    if not request.caller.reach(request.right) - {Reach.ASKED}:
        raise Forbidden("You can only see the deals that you are asked about.")


def decides_as_asked(caller: Caller, deal: Deal) -> bool:
    """Whether a decision is an answer to the caller's own question, and no more."""
    reach = caller.reach(Right.DECIDE_DEALS)
    may_all = Reach.ALL in reach or (Reach.OWN in reach and is_manager(caller, deal.partner_id))
    return not may_all


def only_asked(request: Request, named: str | None) -> str | None:
    """Whose questions alone the caller may list; `named` is whose are asked for. Raises InvalidInput for another's."""
    reach = request.caller.reach(request.right)
    if reach - {Reach.ASKED}:
        return named
    if named not in (None, request.caller.email):
        raise InvalidInput([FieldError("approver", "You can only list what you are asked about.")])
    return request.caller.email


def _is_asked(caller: Caller, deal: Deal) -> bool:
    review = store.newest_of(deal) if caller.email else None
    return review is not None and any(question.approver == caller.email for question in review.questions)
