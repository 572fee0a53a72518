"""The console's accounts: found by whatever tells of them, and the open deals like one."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import pytest

from dealreg.accounts import store as accounts
from dealreg.accounts.model import Account, NewAccount, account_of
from dealreg.deals import register
from dealreg.deals.model import NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.integration.conftest import body
from tests.integration.console.conftest import SignedIn

ODD = ["x" * 4096, "'\"*%_", "שלום", "🦆🦆", "<script>", "\x00", "acc_", "name#", "https://", "..."]


@pytest.fixture
def mueller(program: object, now: datetime) -> Account:
    sent = {
        "name": "Müller Maschinenbau GmbH",
        "domains": ["mueller-maschinenbau.de"],
        "country": "DE",
        "ownership": "customer",
        "external_id": "CRM-1",
    }
    return accounts.save(account_of(parse_values(NewAccount, sent), now))


@pytest.mark.parametrize(
    "asked",
    [
        "Mueller Maschinenbau",
        "müller maschinenbau gmbh",
        "mueller-maschinenbau.de",
        "https://www.mueller-maschinenbau.de/",
        "CRM-1",
    ],
)
def test_an_account_is_found_by_what_tells_of_it(signed_in: SignedIn, mueller: Account, asked: str) -> None:
    page = signed_in("viewer").get(f"/admin/accounts?q={asked}")
    assert f'href="/admin/accounts/{mueller.id}"' in page.html


def test_it_is_found_by_its_id(signed_in: SignedIn, mueller: Account) -> None:
    assert "Müller Maschinenbau GmbH" in signed_in().get(f"/admin/accounts?q={mueller.id}").html


def test_whoever_searches_for_something_else_finds_nothing_and_is_told_what_to_try(
    signed_in: SignedIn, mueller: Account
) -> None:
    html = signed_in().get("/admin/accounts?q=Northern Lights Bakery").html
    assert mueller.id not in html
    assert "Try another form of its name, or its domain." in html


def test_before_a_search_it_says_what_accounts_are_for(signed_in: SignedIn) -> None:
    assert "Registrations are checked against these" in signed_in().get("/admin/accounts").html


@pytest.mark.parametrize("asked", ODD)
def test_odd_text_finds_nothing_and_is_no_fault(signed_in: SignedIn, mueller: Account, asked: str) -> None:
    page = signed_in("viewer").get(f"/admin/accounts?q={quote(asked)}")
    assert (page.status, mueller.id in page.html) == (200, False)
    assert len(page.html) < 40_000


def test_an_accounts_page_shows_the_open_deals_like_it(
    signed_in: SignedIn, mueller: Account, new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    north = new_partner("North")
    new = parse_values(NewDeal, body(), register.validation_context())
    register.register(north, new, None, context)
    html = signed_in().get(f"/admin/accounts/{mueller.id}").html
    assert "North" in html
    assert "In review" in html
    assert "No open deal is like it." not in html


def test_an_account_without_deals_says_so_and_an_unknown_one_is_not_there(
    signed_in: SignedIn, mueller: Account
) -> None:
    ada = signed_in()
    assert "No open deal is like it." in ada.get(f"/admin/accounts/{mueller.id}").html
    assert ada.get("/admin/accounts/acc_nobody").status == 404


def test_who_may_not_see_the_program_sees_no_accounts(signed_in: SignedIn) -> None:
    assert signed_in("finance").get("/admin/accounts").status == 403
