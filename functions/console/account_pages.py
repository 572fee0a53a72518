"""The vendor's own accounts: search, and the open deals like one."""

from console import shown
from dealreg.accounts import search
from dealreg.accounts import store as accounts
from dealreg.accounts.model import view
from dealreg.matching.rules import OWNERS
from dealreg.platform import times
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import PAGE, SEE_PROGRAM, Route, Routes
from dealreg.reviewing.deals_like import deals_like

HERE = "/admin/accounts"
_LONGEST = 200
"""Of what was searched for, as it is shown again."""


def search_accounts(request: Request) -> Reply:
    asked = request.query.get("q", "")
    found = search.search(asked)
    return shown.frame(request, 200, "accounts.html", here=HERE, asked=asked[:_LONGEST], accounts=found, owners=OWNERS)


def show_account(request: Request) -> Reply:
    account = accounts.load(request.params["id"])
    return shown.frame(
        request,
        200,
        "account.html",
        here=HERE,
        account=view(account),
        owner=OWNERS[account.ownership],
        deals=deals_like(account, times.now()),
    )


ROUTES: Routes = {
    "GET /admin/accounts": Route(search_accounts, SEE_PROGRAM, query={"q": str}, media=PAGE),
    "GET /admin/accounts/{id}": Route(show_account, SEE_PROGRAM, media=PAGE),
}
