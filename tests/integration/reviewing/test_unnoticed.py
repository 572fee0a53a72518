"""Whatever later registrants of a customer do, and whatever is done with theirs, its first one's partner sees nothing.

Everything that a partner can read is read again after each group of acts: every GET route that partners have, by the
API and as a page, with its headers; what a check and another registration would be told; the events that it is sent.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from dealreg.deals import edits, judging, register, rules, store
from dealreg.deals.model import ConflictCheckRequest, Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import Status
from dealreg.pages.sessions import COOKIE
from dealreg.partners import sessions, users
from dealreg.partners.limits import limit
from dealreg.platform.http import Caller
from dealreg.platform.routes import PARTNER
from dealreg.platform.validation import parse_values
from dealreg.reviewing import verdicts
from dealreg.reviewing.matches import MatchVerdict
from deals import api
from forms import pages
from tests.integration.forms.conftest import sign_in_token
from tests.integration.reviewing.conftest import Follow, NewPartner, again, given_deal, later
from tests.samples import token_of

NAME, DOMAIN = "Kranz Maschinen", "kranz.de"
Deals = dict[str, Deal]


def read_all(token: str, session: str, deal: Deal, statuses: Iterable[Status]) -> dict[str, Any]:
    """By route and query."""
    headers = {"authorization": f"Bearer {token}"}
    found: dict[str, Any] = {}
    for handler, routes in ((api.handler, api.ROUTES), (pages.handler, pages.ROUTES)):
        for key, route in routes.items():
            if not key.startswith("GET ") or route.who != PARTNER:
                continue
            queries = [{}, *({"status": status} for status in statuses if "status" in route.query)]
            for query in queries:
                event = {
                    "rawPath": key.removeprefix("GET ").replace("{id}", deal.id),
                    "queryStringParameters": query,
                    "headers": headers if handler is api.handler else {},
                    "cookies": [f"{COOKIE}={session}"] if handler is pages.handler else [],
                    "requestContext": {"http": {"method": "GET"}},
                }
                reply = handler(event, None)
                assert reply["statusCode"] == 200, key
                shown = re.sub(r'name="form" value="[\w-]+"', "", reply["body"])  # of each empty form another
                found[f"{key} {query}"] = (shown, reply["headers"])
    return found


def told_again(caller: Caller, context: CommandContext) -> object:
    """What a check by the name alone says, which is what another registration would be told."""
    customer = {"name": NAME, "country": "DE", "contact": {"email": "kranz@gmail.com"}}
    asked = parse_values(ConflictCheckRequest, {"customer": customer}, register.validation_context())
    moment = later(context, days=1).now
    return register.judge(caller.partner_id, asked, moment, limit("checks", caller.partner_id, moment))[0]


@dataclass(frozen=True)
class Partner:
    caller: Caller
    token: str
    session: str
    deal: Deal

    def sees(self, context: CommandContext, statuses: Iterable[Status] = ()) -> object:
        sent = [event.to_envelope() for event in store.events_of(self.deal) if self.caller.partner_id in event.audience]
        return read_all(self.token, self.session, self.deal, statuses), told_again(self.caller, context), sent


Act = Callable[[NewPartner, CommandContext, Deals], object]


def _registers(who: str, name: str = NAME, domain: str = DOMAIN, **after: int) -> Act:
    def act(new_partner: NewPartner, context: CommandContext, deals: Deals) -> None:
        deals[who] = given_deal(new_partner(who), later(context, **after), name, domain)

    return act


def _becomes(who: str, rule: Callable[[Deal, CommandContext], rules.Change]) -> Act:
    def act(_: NewPartner, context: CommandContext, deals: Deals) -> None:
        deal = again(deals[who])
        store.commit(deal, rule(deal, later(context, hours=2)))

    return act


def _corrects(who: str, customer: dict[str, Any]) -> Act:
    def act(_: NewPartner, context: CommandContext, deals: Deals) -> None:
        deal, fields = again(deals[who]), [f"customer.{name}" for name in customer]
        asked = store.commit(deal, rules.request_info(deal, later(context, hours=2), fields, "Which?", "head"))
        edits.resubmit(asked, {"customer": customer}, later(context, hours=3))

    return act


def _is_said_to_be(who: str, verdict: MatchVerdict, *, merged: bool) -> Act:
    def act(_: NewPartner, context: CommandContext, deals: Deals) -> None:
        verdicts.record(again(deals[who]), deals["North"].id, verdict, "head", context.now, merged=merged)

    return act


ACTS: tuple[dict[str, Act], ...] = (
    {
        "a look-alike at the same moment": _registers(
            "South", "Kranz Machinen GmbH", "kranz.shop", minutes=1, seconds=20
        ),
        "the same name by nothing else": _registers("East", NAME, "kranz-gruppe.example", hours=1),
        "the same domain": _registers("West", hours=1),
        "the domain under another name": _registers("Alpen", "Institut Nordlicht", DOMAIN, minutes=2),
        "a number is added": _corrects("South", {"tax_id": "DE136695976"}),
        "somebody of before takes the name": _corrects("Before", {"name": NAME}),
    },
    {
        "it is approved": _becomes("South", lambda deal, context: rules.approve(deal, context, 90, "head")),
        "it is the same customer": _is_said_to_be("East", MatchVerdict.SAME, merged=True),
        "it is another customer": _is_said_to_be("Alpen", MatchVerdict.DIFFERENT, merged=False),
    },
    {
        "it was not the same after all": _is_said_to_be("East", MatchVerdict.RELATED, merged=False),
        "it waits no more": _becomes("West", lambda deal, context: rules.withdraw(deal, context, "")),
        "it is rejected": _becomes(
            "East", lambda deal, context: rules.reject(deal, context, "duplicate", "No.", "head")
        ),
        "its protection ends": _becomes(
            "South", lambda deal, context: rules.expire(deal, context, "claim_released", "x")
        ),
    },
)
"""Each group is followed by all that the acts set in motion."""


@pytest.fixture
def world(new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow) -> tuple[Partner, Deals]:
    before = given_deal(new_partner("Before"), context, "Zwack Unicum", "zwack.example")
    first = given_deal(north := new_partner("North"), later(context, minutes=1), NAME, DOMAIN)
    user = users.load(north.partner_id, north.user_id)
    sessions.request_sign_in(user.email, now)
    session = sessions.use_sign_in(sign_in_token(user), now)
    follow()
    return Partner(north, token_of(north), session, first), {"Before": before, "North": first}


def test_nothing_is_seen_of_what_later_registrants_do(
    world: tuple[Partner, Deals],
    new_partner: NewPartner,
    context: CommandContext,
    follow: Follow,
) -> None:
    north, deals = world
    before, in_each_list = north.sees(context), north.sees(context, Status)
    for acts in ACTS:
        for act in acts.values():
            act(new_partner, context, deals)
        follow()
        judging.recheck(again(north.deal), later(context, days=1))
        assert north.sees(context) == before, list(acts)
    assert north.sees(context, Status) == in_each_list
    assert {again(deal).verdict for deal in deals.values()} > {"clear"}
