"""The console's endpoints: those that need somebody first, what was sent to one, and sending it again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from dealreg.platform.events import VENDOR
from dealreg.platform.http import Caller
from dealreg.webhooks.deliveries import store
from dealreg.webhooks.endpoints import lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.endpoints.store import Decision
from dealreg.webhooks.model import Endpoint, Health
from tests.integration.console.conftest import SignedIn
from tests.integration.webhooks.stage import endpoint, event

URL = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def loopback(program: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")


@pytest.fixture
def north(new_partner: Callable[[str], Caller]) -> str:
    return new_partner("North").partner_id


def failing(owner: str, now: datetime) -> Endpoint:
    made = endpoint(owner, f"{URL}/failing", now)[0]
    return endpoints.save(made, Decision(replace(made, health=Health(failing_since=now))))


def page_of(one: Endpoint) -> str:
    return f"/admin/webhooks/{one.owner}/{one.id}"


def test_all_owners_endpoints_stand_in_one_list_with_those_that_need_somebody_first(
    signed_in: SignedIn, north: str, now: datetime
) -> None:
    endpoint(VENDOR, f"{URL}/working", now)
    off = endpoint(north, f"{URL}/off", now)[0]
    lifecycle.change(north, off.id, {"status": "disabled"}, now)
    failing(north, now)
    html = signed_in("viewer").get("/admin/webhooks").html
    places = [html.index(f"/hook/{name}") for name in ("failing", "off", "working")]
    assert places == sorted(places)
    assert html.index("North") < html.index("The program")


@pytest.mark.parametrize(("asked", "shown"), [("failing", True), ("working", False), ("nonsense", True)])
def test_the_list_can_be_narrowed_to_a_state(
    signed_in: SignedIn, north: str, now: datetime, asked: str, *, shown: bool
) -> None:
    failing(north, now)
    assert ("/hook/failing" in signed_in().get(f"/admin/webhooks?state={asked}").html) is shown


def test_the_list_goes_on_where_it_ended_over_the_border_of_a_state(
    signed_in: SignedIn, north: str, now: datetime
) -> None:
    for owner in (north, "part_south"):
        for number in range(13):
            made = endpoint(owner, f"{URL}/{owner}-{number}", now)[0]
            if number % 2:
                endpoints.save(made, Decision(replace(made, health=Health(failing_since=now))))
    ada = signed_in()
    first = ada.get("/admin/webhooks").html
    (cursor,) = [part.partition('"')[0] for part in first.split("cursor=")[1:]]
    second = ada.get(f"/admin/webhooks?cursor={cursor}").html
    assert first.count("<tr>") - 1 + second.count("<tr>") - 1 == 26


def test_who_has_none_is_told_how_one_is_made(signed_in: SignedIn) -> None:
    ada = signed_in()
    assert "Nobody has an endpoint yet." in ada.get("/admin/webhooks").html
    assert "No endpoint is like that." in ada.get("/admin/webhooks?state=failing").html


def test_who_may_only_see_is_shown_no_button_and_refused(signed_in: SignedIn, north: str, now: datetime) -> None:
    one = endpoint(north, URL, now)[0]
    viewer = signed_in("viewer")
    assert "Send a test" not in viewer.get(page_of(one)).html
    assert viewer.submit(f"{page_of(one)}/test", {}).status == 403
    assert signed_in("approver").get("/admin/webhooks").status == 403


def test_another_owners_endpoint_is_not_at_this_address(signed_in: SignedIn, north: str, now: datetime) -> None:
    one = endpoint(north, URL, now)[0]
    assert signed_in().get(f"/admin/webhooks/{VENDOR}/{one.id}").status == 404


def test_an_endpoint_is_tried_and_its_delivery_sent_again(signed_in: SignedIn, north: str, now: datetime) -> None:
    one, ada = endpoint(north, URL, now)[0], signed_in()
    ada.get(page_of(one))
    assert ada.submit(f"{page_of(one)}/test", {}).location == f"{page_of(one)}?done=tested"
    assert "endpoint.test" in ada.follow().html
    store.fan_out(event(now, north), now)
    html = ada.get(page_of(one)).html
    there = f"{page_of(one)}/deliveries/"
    (delivery,) = [part for part in html.split(f'href="{there}')[1:] if ">deal.approved" in part[:80]]
    path = there + delivery.partition('"')[0]
    assert "There was no attempt yet." in ada.get(path).html
    assert ada.submit(f"{path}/resend", {}).location == f"{path}?done=resent"


def test_a_disabled_endpoint_is_enabled(signed_in: SignedIn, north: str, now: datetime) -> None:
    one, ada = endpoint(north, URL, now)[0], signed_in()
    lifecycle.change(north, one.id, {"status": "disabled"}, now)
    assert "It was disabled by its owner." in ada.get(page_of(one)).html
    assert ada.submit(f"{page_of(one)}/enable", {}).status == 303
    assert endpoints.load(north, one.id).status == "enabled"


def test_a_replay_counts_first_and_shows_how_far_it_is(signed_in: SignedIn, north: str, now: datetime) -> None:
    one, ada = endpoint(north, URL, now)[0], signed_in()
    ada.get(page_of(one))
    ada.submit(f"{page_of(one)}/replays", {"hours": "24", "what": ["failed"]})
    counting = ada.follow()
    assert counting.headers["refresh"] == "3"
    assert "This page looks again by itself." in counting.html
    replay = ada.page.html.partition("/replays/")[2].partition("/pause")[0]
    assert ada.submit(f"{page_of(one)}/replays/{replay}/pause", {}).status == 303
    assert "refresh" not in ada.follow().headers


def test_a_replay_of_nothing_is_refused_beside_its_form(signed_in: SignedIn, north: str, now: datetime) -> None:
    one, ada = endpoint(north, URL, now)[0], signed_in()
    ada.get(page_of(one))
    again = ada.submit(f"{page_of(one)}/replays", {"hours": "168", "what": []})
    assert (again.status, 'value="168" selected' in again.html) == (422, True)
