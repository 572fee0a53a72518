"""The front door of the local stack: the API as it is deployed, and the pages beside it."""

import httpx
import pytest

from dealreg.platform.rights import Role
from tests.stack import Stack

pytestmark = pytest.mark.stack


def test_demo_file_names_what_scripts_need(stack: Stack) -> None:
    lists = {"approvers", "partners", "billing_sources", "endpoints", "staff"}
    assert {"base_url", "admin_key", *lists} == set(stack.demo)
    assert [member["roles"] for member in stack.demo["staff"]] == [[role] for role in Role]
    assert [partner["tier"] for partner in stack.demo["partners"]] == ["registered", "silver", "gold"]
    assert {source["kind"] for source in stack.demo["billing_sources"]} == {"standard-webhooks", "stripe"}
    assert stack.demo["endpoints"][0]["owner"] == "vendor"
    assert stack.demo["endpoints"][1]["owner"] in {partner["id"] for partner in stack.demo["partners"]}


@pytest.mark.parametrize("path", ["/_local/", "/_local/mail", "/_local/webhooks", "/_local/logs"])
def test_pages_of_the_local_stack_answer(stack: Stack, path: str) -> None:
    reply = httpx.get(stack.base_url + path, timeout=30)

    assert reply.status_code == 200
    assert "text/html" in reply.headers["content-type"]


def test_api_is_reached_and_asks_for_a_token(stack: Stack) -> None:
    partner = stack.demo["partners"][0]

    assert _status(stack, "/healthz") == 200
    assert _status(stack, "/v1/deals") == 401
    assert _status(stack, "/v1/deals", "drk_unknown") == 401
    assert _status(stack, "/v1/deals", partner["api_key"]) == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/deals/", 404),
        ("GET", "/v1//deals", 404),
        ("GET", "/v1/deals/a%2Fb", 404),
        ("GET", "/v1/deals/%FF%00", 404),
        ("GET", "/v1/deals/deal_%2541", 404),
        ("GET", f"/v1/deals/{'x' * 2000}", 404),
        ("PUT", "/v1/deals", 405),
        ("POST", "/v1/admin/deals/deal_1/deliveries", 405),
        ("PATCH", "/healthz", 405),
        ("HEAD", "/v1/deals", 200),
    ],
)
def test_what_api_gateway_cannot_route_is_answered_by_us(stack: Stack, method: str, path: str, status: int) -> None:
    with stack.client(stack.demo["partners"][0]["api_key"]) as client:
        reply = client.request(method, path)

    assert reply.status_code == status
    if status >= 400:
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["code"] == {404: "not_found", 405: "method_not_allowed"}[status]
    assert ("allow" in reply.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/nowhere", "/deals/a/b/c", "/v1/nothing"])
def test_a_browser_that_goes_astray_gets_a_page(stack: Stack, path: str) -> None:
    reply = httpx.get(stack.base_url + path, headers={"accept": "text/html"}, timeout=30)

    assert reply.status_code == 404
    assert "text/html" in reply.headers["content-type"]


def _status(stack: Stack, path: str, token: str = "") -> int:
    with stack.client(token) as client:
        return client.get(path).status_code


@pytest.mark.parametrize("path", ["/approvals/x%0a", "/approvals/x%0ay", "/sign-in/x%0a", "/approvals/x%00"])
def test_a_link_with_a_control_character_in_it_ends_at_the_program_s_own_page(stack: Stack, path: str) -> None:
    reply = httpx.get(stack.base_url + path, timeout=30)

    assert reply.status_code == 404
    assert "text/html" in reply.headers["content-type"]


def test_one_click_signs_a_demo_user_in(stack: Stack) -> None:
    user = stack.demo["partners"][0]["users"][0]

    reply = httpx.get(f"{stack.base_url}/_local/sign-in/{user['id']}", timeout=30)

    assert reply.status_code == 303
    assert reply.headers["location"].startswith(f"{stack.base_url}/sign-in")
    mail = httpx.get(f"{stack.base_url}/_local/mail.json", timeout=30).json()[0]
    assert mail["to"] == [user["email"]]
    assert reply.headers["location"] in mail["links"]


def test_unsigned_webhook_is_shown_as_not_verified(stack: Stack) -> None:
    endpoint = stack.demo["endpoints"][0]

    refused = httpx.post(endpoint["url"], json={"type": "deal.approved"}, timeout=30)

    assert refused.status_code == 401
    shown = httpx.get(f"{stack.base_url}/_local/webhooks.json", timeout=30).json()[0]
    assert (shown["endpoint_id"], shown["verified"]) == (endpoint["id"], False)


def test_start_page_offers_each_demo_user(stack: Stack) -> None:
    page = httpx.get(f"{stack.base_url}/_local/", timeout=30).text

    for partner in stack.demo["partners"]:
        for user in partner["users"]:
            assert f"/_local/sign-in/{user['id']}" in page
