"""The endpoints of all owners for the vendor, those that need somebody first."""

from collections.abc import Sequence

from dealreg.partners import partners
from dealreg.platform import dynamo
from dealreg.platform.events import VENDOR
from dealreg.platform.paging import Listing, PageRequest
from dealreg.webhooks.endpoints import rules
from dealreg.webhooks.endpoints.store import of_owner, table
from dealreg.webhooks.items import endpoint_from_item
from dealreg.webhooks.model import Endpoint, EndpointState
from dealreg.webhooks.views import OwnedEndpointView, endpoint_view


def listing(page: PageRequest, state: EndpointState | None, owner: str) -> Listing[OwnedEndpointView]:
    """Of a state, or of all in their order; of one owner, or of everybody ("")."""
    wanted = [state] if state else [*EndpointState]
    if owner:
        found = [one for one in of_owner(owner) if rules.state_of(one) in wanted]
        return page.listing(_views(sorted(found, key=lambda one: wanted.index(rules.state_of(one)))), None)
    items, start = _page_of_everybody(page, wanted)
    return page.listing(_views([endpoint_from_item(item) for item in items]), start)


def _page_of_everybody(
    page: PageRequest, wanted: Sequence[EndpointState]
) -> tuple[list[dynamo.Item], dynamo.Item | None]:
    """One state after the other, as far as there is room."""
    items, start = list[dynamo.Item](), page.start
    for state in wanted:
        if start and start["state"] != state:
            continue
        room = page.size - len(items)
        if not room:
            return items, {"state": state}
        after = start if start and "id" in start else None
        found = dynamo.index_page(table(), "by_state", ("state", state), limit=room, start=after)
        items += found.items
        if found.next_key:
            return items, found.next_key
        start = None
    return items, None


def _views(endpoints: Sequence[Endpoint]) -> list[OwnedEndpointView]:
    names = partners.names(one.owner for one in endpoints if one.owner != VENDOR)
    return [
        {
            **endpoint_view(one),
            "owner": one.owner,
            "partner_name": names.get(one.owner),
            "state": rules.state_of(one).value,
        }
        for one in endpoints
    ]
