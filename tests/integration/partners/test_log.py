"""The log: what one of the vendor's people or keys does stands in it once, written with the act itself."""

import json
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from dealreg.deals.rules import CommandContext
from dealreg.partners import credentials, log, partners, staff
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program
from dealreg.platform import acts, aws, dynamo, times, tokens
from dealreg.platform.http import Caller
from dealreg.platform.ids import deal_number
from dealreg.platform.paging import PageRequest
from dealreg.platform.settings import Setting, read
from local.functions import ServedRoute, served_routes
from partners.admin_api import handler
from tests.integration.aws_calls import lose_race_to
from tests.integration.silo.everything import Everything, make_everything
from tests.samples import cases, content, read_sample, route_of
from tests.template import ROOT

Call = Callable[..., dict[str, Any]]
BY_KEY = {one.key: one for one in served_routes()}
NOW = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def token(program: Program, now: datetime) -> str:
    """Of an admin key, which was used before."""
    _, made = credentials.create_admin_key("operations", now, "test")
    credentials.authenticate(made, times.now())
    return made


@pytest.fixture
def call(token: str) -> Call:
    def send(method: str, path: str, body: object = None, query: dict[str, str] | None = None) -> dict[str, Any]:
        return handler(event_of(token, method, path, json.dumps(body) if body is not None else "", query), None)

    return send


def event_of(
    token: str, method: str, path: str, body: str = "", query: dict[str, str] | None = None, request_id: str = "r1"
) -> dict[str, Any]:
    return {
        "rawPath": path,
        "headers": {"authorization": f"Bearer {token}", "host": "api.example.com"},
        "queryStringParameters": query or {},
        "requestContext": {"http": {"method": method}, "requestId": request_id},
        "body": body,
    }


def entries() -> list[dynamo.Item]:
    """All of them, oldest first."""
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=read(Setting.LOG_TABLE))
    rows = [dynamo.item_from_wire(item) for page in pages for item in page["Items"]]
    return sorted(rows, key=lambda row: row["sk"])


def entry_by_hand(at: datetime, who: str = "key_1", number: int = 0, **about: str) -> None:
    act = acts.Act(who, "change partner", at, f"by-hand-{number}", about=about)
    dynamo.transact([act.entry()])


def told(now: datetime = NOW, size: int = 100, **wanted: str) -> list[log.ActView]:
    return log.listing(wanted, PageRequest(size), now)["items"]


# ---- one entry an act -----------------------------------------------------------------------------------------------


def acts_of_admins() -> Iterator[tuple[ServedRoute, str, str]]:
    """Of every route by which an admin may change something, a body that its sample event has."""
    for folder in sorted(path.name for path in (ROOT / "events").iterdir() if path.is_dir()):
        for case in cases(folder):
            event = read_sample(f"{folder}/{case}")
            if "requestContext" not in event:
                continue
            one = BY_KEY.get(route_of(event)) if "rawPath" in event else None
            if one and "admin" in one.route.who and not one.key.startswith("GET ") and "/v1/" in one.key:
                yield one, f"{folder}/{case}", event.get("body", "")


def everything_but_the_log() -> dict[str, str]:
    client = aws.client("dynamodb")
    found: dict[str, str] = {}
    for table in client.list_tables()["TableNames"]:
        if table != read(Setting.LOG_TABLE):
            for item in client.scan(TableName=table)["Items"]:
                found[f"{table} {item['pk']} {item['sk']}"] = repr(item)
    return found


def path_of(one: ServedRoute, everything: Everything) -> str:
    path = one.key.partition(" ")[2]
    for name, value in everything.named_in(path).items():
        path = path.replace(f"{{{name}}}", value)
    return path


def test_whatever_an_admin_changes_by_the_api_has_one_entry_and_what_is_refused_none(
    new_partner: Callable[[str], Caller],
    context: CommandContext,
    now: datetime,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")
    everything = make_everything(new_partner("North"), context, now)
    (key,) = [one for one in credentials.admin_keys() if one.last_used_at]
    changed: set[str] = set()
    for number, (one, case, body) in enumerate(acts_of_admins()):
        before, logged = everything_but_the_log(), len(entries())
        method = one.key.partition(" ")[0]
        event = event_of(token, method, path_of(one, everything), body, request_id=f"request-{number}")
        status = import_module(one.module).handler(event, None)["statusCode"]
        new = entries()[logged:]
        has_changed = everything_but_the_log() != before
        assert int(has_changed) <= len(new) <= 1, (case, status)
        assert status < 400 or (not has_changed and not new), (case, status)
        assert [entry["who"] for entry in new] == [key.id] * len(new), case
        changed |= {one.key} if has_changed else set()
    assert len(changed) > 20, "most samples are acts that this world allows"


class TestAnEntry:
    def test_says_who_did_what_from_what_to_what(self, call: Call, token: str, partner: Partner) -> None:
        call("PATCH", f"/v1/admin/partners/{partner.id}", {"name": "Nordlicht AG"})
        (act,) = content(call("GET", "/v1/admin/log"))["items"]
        assert (act["name"], act["what"], act["partner_id"]) == ("operations", "change partner", partner.id)
        assert act["changes"] == [{"field": "name", "before": "Nordlicht", "after": "Nordlicht AG"}]

    def test_is_kept_for_400_days(self, call: Call, partner: Partner) -> None:
        call("PATCH", f"/v1/admin/partners/{partner.id}", {"name": "Nordlicht AG"})
        (row,) = entries()
        at = times.from_text(row["sk"].partition("#")[0])
        assert row["ttl"] == int((at + timedelta(days=400)).timestamp())

    def test_has_no_secret_and_no_long_text(self, call: Call, partner: Partner) -> None:
        made = content(call("POST", f"/v1/admin/partners/{partner.id}/api-keys", {"name": "n" * 120}))
        (row,) = entries()
        assert made["api_key"] not in repr(row)
        assert len(row["sent"]["name"]) == 80

    def test_is_not_there_for_what_is_refused(self, call: Call, partner: Partner) -> None:
        assert call("PATCH", f"/v1/admin/partners/{partner.id}", {"tier": "bronze"})["statusCode"] == 422
        assert call("PATCH", "/v1/admin/partners/part_1", {"name": "X"})["statusCode"] == 404
        assert call("PATCH", f"/v1/admin/partners/{partner.id}", {"name": partner.name})["statusCode"] == 200
        assert entries() == []

    def test_is_not_there_for_an_act_that_lost_to_another(
        self, call: Call, partner: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        email = "jana@nordlicht.example"
        lose_race_to(monkeypatch, lambda: Context().run(staff.create, "Jana", email, ["viewer"], now, "test"))
        lost = call("POST", f"/v1/admin/partners/{partner.id}/users", {"name": "Jana", "email": email})
        assert (lost["statusCode"], entries()) == (409, [])

    def test_is_not_there_for_a_partners_own_act(self, partner: Partner, now: datetime) -> None:
        partners.change(partner.id, {"name": "By nobody of the vendor's"}, "test")
        assert entries() == []


# ---- as it is read --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("aws")
class TestReading:
    def test_goes_from_the_newest_back_over_the_months(self) -> None:
        moments = [NOW - timedelta(days=days) for days in (0, 1, 20, 45, 90, 390)]
        for moment in moments:
            entry_by_hand(moment)
        assert [act["at"] for act in told()] == [times.to_text(moment) for moment in moments]

    def test_goes_page_by_page_and_shows_each_act_once(self) -> None:
        for number in range(7):
            entry_by_hand(NOW - timedelta(days=number * 9), number=number)
        seen: list[str] = []
        start: dynamo.Item | None = None
        for _ in range(10):
            listed = log.listing({}, PageRequest(2, start, "test"), NOW)
            seen += [act["at"] for act in listed["items"]]
            if listed["next_cursor"] is None:
                break
            start = tokens.open_cursor("test", listed["next_cursor"])
        assert seen == [times.to_text(NOW - timedelta(days=number * 9)) for number in range(7)]

    def test_is_narrowed_to_a_person_a_partner_or_a_deal(self) -> None:
        deal_id = "deal_01JD8V4M2T7QK3N5P9XWZRB6YC"
        entry_by_hand(NOW, "stf_1", 1)
        entry_by_hand(NOW, "key_1", 2, partner_id="part_1")
        entry_by_hand(NOW, "key_1", 3, partner_id="part_2", deal_id=deal_id)
        assert [act["who"] for act in told(who="stf_1")] == ["stf_1"]
        assert [act["partner_id"] for act in told(partner_id="part_1")] == ["part_1"]
        assert [act["deal_id"] for act in told(deal_id=deal_id)] == [deal_id]
        assert told(who="stf_1", partner_id="part_1") == []

    def test_finds_a_deal_by_its_number(self) -> None:
        deal_id = "deal_01JD8V4M2T7QK3N5P9XWZRB6YC"
        entry_by_hand(NOW, deal_id=deal_id)
        entry_by_hand(NOW, number=1, deal_id="deal_01JD8V4M2T7QK3N5P9XWZRB6YD")
        assert [act["deal_id"] for act in told(deal_id=deal_number(deal_id).lower())] == [deal_id]

    def test_looks_through_a_bounded_number_and_says_that_there_is_more(self) -> None:
        for number in range(1002):
            entry_by_hand(NOW, "key_1", number)
        entry_by_hand(NOW - timedelta(days=1), "stf_1")
        listed = log.listing({"who": "stf_1"}, PageRequest(25), NOW)
        assert listed["items"] == []
        assert listed["next_cursor"] is not None

    def test_in_a_file_no_text_becomes_a_formula(self) -> None:
        entry_by_hand(NOW, "=1+1@kontor.example")
        text, cursor = log.export({}, PageRequest(100), NOW)
        assert cursor is None
        assert text.splitlines()[0] == "at,who,name,what,partner_id,deal_id,changes"
        assert ",=1+1" not in text


class TestNames:
    def test_of_who_left_stay_until_they_are_erased(self, call: Call, now: datetime) -> None:
        staff.create("Ada", "ada@kontor.example", ["admin"], now, "test")
        ole = staff.create("Ole", "ole@kontor.example", ["admin"], now, "test")
        entry_by_hand(now, ole.id)
        assert call("DELETE", f"/v1/admin/staff/{ole.id}/name")["statusCode"] == 409, "who is there keeps the name"
        call("DELETE", f"/v1/admin/staff/{ole.id}")
        assert [act["name"] for act in told(now, who=ole.id)] == ["Ole"]
        assert call("DELETE", f"/v1/admin/staff/{ole.id}/name")["statusCode"] == 204
        assert [act["name"] for act in told(now, who=ole.id)] == [log.SOMEBODY]

    def test_of_a_revoked_key_and_of_who_came_by_a_link_are_told(self, program: Program, now: datetime) -> None:
        key, _ = credentials.create_admin_key("operations", now, "test")
        entry_by_hand(now, key.id)
        entry_by_hand(now, "head@acme.example", 1)
        assert {act["name"] for act in told(now)} == {"operations", "head@acme.example"}


def test_a_list_takes_no_parameter_that_it_does_not_know(call: Call) -> None:
    assert call("GET", "/v1/admin/log", query={"person": "x"})["statusCode"] == 422
