"""Users with whether their addresses get mail: for the vendor, who makes and lists them."""

from datetime import datetime
from typing import Annotated

from dealreg.notifications import bounces
from dealreg.notifications.bounces import BounceView
from dealreg.partners import users
from dealreg.partners.users import User
from dealreg.partners.views import UserView
from dealreg.platform.paging import Listing, PageRequest


class MailedUserView(UserView):
    bounced: Annotated[BounceView | None, "Since then the address gets no mail; null: it does"]


def create(partner_id: str, name: str, email: str, now: datetime, by: str) -> User:
    """Who is made anew is written to again, had the address bounced. Raises as `users.create`."""
    return users.create(partner_id, name, email, now, by, also=[bounces.unmark(email)])


def listing(partner_id: str, page: PageRequest) -> Listing[MailedUserView]:
    """Raises NotFound for the partner."""
    found = users.listing(partner_id, page)
    marks = bounces.marked(user["email"] for user in found["items"])
    items: list[MailedUserView] = [{**user, "bounced": marks.get(user["email"])} for user in found["items"]]
    return {"items": items, "next_cursor": found["next_cursor"]}


def view(user: User) -> MailedUserView:
    """Of one that was just made."""
    return {**users.view(user), "bounced": None}
