"""Who is away: recorded, read with who stands in, and ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.approvers_api import ROUTES, handler
from dealreg.approvals.absences import absences_of
from dealreg.approvals.deciders import people_of
from dealreg.notifications import bounces
from dealreg.notifications.bounces import Bounce
from dealreg.partners import partners, routing_text, users
from dealreg.partners.program import Approvers, Program, save_program
from dealreg.partners.routing import MANAGER, Routing, Rule, Step
from dealreg.partners.rules import routing_of
from dealreg.platform import times
from dealreg.platform.http import Caller
from tests.samples import PARTNER, cases, content, routes_of, sample

AT = "approvals-approvers-api"
ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@acme.example"


@pytest.fixture(autouse=True)
def stopped_clock(aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


def away(email: str, **said: Any) -> dict[str, Any]:
    return handler(sample(f"{AT}/go-away", params={"email": email}, body=said), None)


def test_every_route_has_a_sample_and_is_for_admins() -> None:
    assert routes_of(AT) == set(ROUTES)
    replies = [handler(sample(f"{AT}/{case}", caller=PARTNER), None)["statusCode"] for case in cases(AT)]
    assert replies == [403] * len(ROUTES)


def test_everybody_whom_the_program_names_is_listed_with_their_absence() -> None:
    save_program(Program(approvers=Approvers(ADA, BO)), "test")
    recorded = content(handler(sample(f"{AT}/go-away"), None))
    assert recorded["from"] == "2026-12-21T08:00:00.000Z"
    assert recorded.pop("warnings") == []
    listed = content(handler(sample(f"{AT}/list-approvers"), None))
    assert [(one["approver"], one["away"]) for one in listed["items"]] == [(ADA, recorded), (BO, None)]


@pytest.mark.parametrize(("asked", "listed"), [(ADA, [ADA]), (MANAGER, [ADA, CY])])
def test_partners_managers_are_listed_where_the_program_asks_them(asked: str, listed: list[str], now: datetime) -> None:
    routing = Routing((Rule("rest", steps=((Step("channel", (asked,)),),)),), ADA, 2)
    save_program(Program(approvers=Approvers(ADA), worked=routing_text.to_text(routing)), "test")
    partners.create("North", "registered", [], now, "test", manager=CY)
    items = content(handler(sample(f"{AT}/list-approvers"), None))["items"]
    assert [one["approver"] for one in items] == listed


def test_it_is_ended_once_or_twice() -> None:
    away(ADA)
    replies = [handler(sample(f"{AT}/come-back"), None)["statusCode"] for _ in range(2)]
    assert (replies, absences_of([ADA])) == ([204, 204], {})


def test_an_absence_that_is_over_is_not_shown(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    save_program(Program(approvers=Approvers(ADA)), "test")
    away(ADA, until=times.to_text(now + timedelta(days=1)))
    monkeypatch.setattr(times, "now", lambda: now + timedelta(days=1))
    assert content(handler(sample(f"{AT}/list-approvers"), None))["items"] == [
        {"approver": ADA, "open": 0, "oldest": None, "away": None, "bounced": None}
    ]


def test_a_beginning_in_the_past_or_none_is_now(now: datetime) -> None:
    for said in ({"from": times.to_text(now - timedelta(days=9))}, {"from": None}, {}):
        assert content(away(ADA, **said))["from"] == times.to_text(now)


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"until": -1}, "until"),
        ({"until": 0}, "until"),
        ({"from": 2, "until": 2}, "until"),
        ({"from": 3, "until": 2}, "until"),
    ],
)
def test_an_end_that_is_not_ahead_is_refused(hours: dict[str, int], field: str, now: datetime) -> None:
    reply = away(ADA, **{name: times.to_text(now + timedelta(hours=hour)) for name, hour in hours.items()})
    assert (reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]) == (422, [field])


def test_nobody_stands_in_for_themselves_however_it_is_written() -> None:
    reply = away("Ada@ACME.example", to=" ADA@acme.example")
    assert [fault["field"] for fault in content(reply)["errors"]] == ["to"]


@pytest.mark.parametrize("partner", ["North", "South"])
def test_no_user_of_any_partner_stands_in(partner: str, new_partner: Callable[[str], Caller], now: datetime) -> None:
    users.create(new_partner(partner).partner_id, "Ben", BO, now, "test")
    reply = away(ADA, to=BO)
    assert (reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]) == (422, ["to"])
    assert absences_of([ADA]) == {}


def test_of_a_stand_in_whom_the_program_does_not_name_it_warns() -> None:
    save_program(Program(approvers=Approvers(ADA, BO)), "test")
    (warned,) = content(away(ADA, to=CY))["warnings"]
    assert (warned["field"], CY in warned["message"]) == ("to", True)
    assert [content(away(ADA, to=to))["warnings"] for to in (BO, None)] == [[], []]
    assert absences_of([ADA])[ADA].stand_in is None


def test_a_stand_in_whose_address_bounced_is_written_to_again(now: datetime) -> None:
    for person in (ADA, BO):
        bounces.mark(Bounce(person, "bounce", now, "No such mailbox"), now)
    away(ADA, to=BO)
    assert bounces.bounced([ADA, BO]) == {ADA}


def test_a_path_without_an_address_is_refused() -> None:
    reply = away("ada")
    assert [fault["field"] for fault in content(reply)["errors"]] == ["email"]


def test_who_stands_in_is_read_in_turn_and_a_ring_ends() -> None:
    for email, to in ((ADA, BO), (BO, CY), (CY, ADA)):
        assert away(email, to=to)["statusCode"] == 200
    assert {email: absence.stand_in for email, absence in absences_of([ADA]).items()} == {ADA: BO, BO: CY, CY: ADA}


def test_the_people_for_a_partner_are_the_programs_its_manager_and_none_of_its_own(now: datetime) -> None:
    program = save_program(Program(approvers=Approvers(ADA, BO)), "test")
    partner = partners.create("North", "registered", [], now, "test", manager=CY)
    users.create(partner.id, "Ben", BO, now, "test")
    away(CY, to=ADA)
    people = people_of(partner, routing_of(program), now)
    assert (people.manager, people.own_side, people.last_resort) == (CY, frozenset([BO]), ADA)
    assert [(one, asked and asked.approver) for one, asked in people.resolve(["partner.manager", BO], now)] == [
        (CY, ADA),
        (BO, None),
    ]
