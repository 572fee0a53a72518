"""From a path and a caller to a handler: what is found, who is let in, what is said otherwise."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import errors, routes
from dealreg.platform.http import Caller, Reply, Request, json_reply
from dealreg.platform.routes import ADMIN, ANY_CALLER, ANYONE, PARTNER, SEE_ENDPOINTS, STAFF, Route, Who, serve
from dealreg.platform.text import moment, shown_by
from dealreg.platform.working_time import DEFAULT

IST = timedelta(hours=5, minutes=30)

CALLERS = {
    "partner": Caller("partner", "part_1", "user_1", frozenset(["deals", "webhooks"])),
    "session": Caller("partner", "part_1", "user_1", frozenset(["deals"])),
    "scopeless": Caller("partner", "part_1", "user_1", frozenset()),
    "admin": Caller("admin", "", "key_1", frozenset(["admin"])),
    "powerless": Caller("admin", "", "key_1", frozenset()),
    "stranger": Caller("robot", "", "", frozenset(["deals", "webhooks", "admin"])),
}


def echo(request: Request) -> Reply:
    said = {"route": request.route, "params": dict(request.params), "query": dict(request.query)}
    return json_reply(200, said, {"x-said": "yes"})


def table(*keys: str, who: Who = ANYONE, query: Mapping[str, Any] | None = None) -> dict[str, Route]:
    return {key: Route(echo, who, query=query or {}) for key in keys}


DEALS = table(
    "GET /v1/deals",
    "POST /v1/deals",
    "POST /v1/deals/check",
    "GET /v1/deals/{id}",
    "PATCH /v1/deals/{id}",
    "GET /v1/deals/{id}/matches/{match_id}",
)


def ask(method: str, path: str, known: Mapping[str, Route] = DEALS, **changes: Any) -> dict[str, Any]:
    event = {"rawPath": path, "requestContext": {"http": {"method": method}, "requestId": "r1"}, **changes}
    return serve(known, event, recognise=lambda request: CALLERS.get(request.headers.get("authorization", "")))


class TestMatching:
    def test_parts_in_braces_are_parameters(self) -> None:
        said = json.loads(ask("GET", "/v1/deals/deal_1/matches/acc_2")["body"])
        assert said["route"] == "GET /v1/deals/{id}/matches/{match_id}"
        assert said["params"] == {"id": "deal_1", "match_id": "acc_2"}

    def test_a_fixed_part_goes_before_a_parameter(self) -> None:
        known = table("POST /v1/{anything}/check", "POST /v1/deals/{id}", "POST /v1/deals/check")
        for order in (known, dict(reversed(known.items()))):
            assert json.loads(ask("POST", "/v1/deals/check", order)["body"])["route"] == "POST /v1/deals/check"
            assert json.loads(ask("POST", "/v1/deals/other", order)["body"])["params"] == {"id": "other"}

    def test_another_method_of_a_fixed_path_is_the_parameters_route(self) -> None:
        """As at API Gateway: GET /v1/deals/check asks for a deal of that name."""
        assert json.loads(ask("GET", "/v1/deals/check")["body"])["params"] == {"id": "check"}

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "/",
            "//",
            "/v1/deals/",
            "//v1/deals",
            "/v1//deals",
            "/v1/deals//matches/acc_1",
            "/v1/deals/a/b",
            "/v1/deals/a/matches/",
            "/v1/deals/" + "x" * routes.MAX_PATH,
            "/v1/deals/" + "é" * (routes.MAX_PATH // 2),
            "/v1/deals/\x00",
            "/v1/deals/\udcff",
            "v1/deals",
            "/V1/deals",
        ],
    )
    def test_what_is_no_route_is_a_404(self, path: str) -> None:
        reply = ask("GET", path)
        assert (reply["statusCode"], json.loads(reply["body"])["code"]) == (404, "not_found")
        assert reply["headers"]["content-type"] == "application/problem+json"

    @given(st.text(max_size=600), st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "", "BREW"]))
    def test_no_path_is_a_fault_of_ours(self, path: str, method: str) -> None:
        assert ask(method, path)["statusCode"] < 500
        assert ask(method, f"/v1/deals/{path}")["statusCode"] < 500

    @given(st.text(st.characters(exclude_characters="/"), min_size=1, max_size=60).filter(str.isprintable))
    def test_a_parameter_arrives_as_it_was_sent(self, text: str) -> None:
        assert json.loads(ask("GET", f"/v1/deals/{text}")["body"])["params"] == {"id": text}

    def test_a_handler_sees_the_query_that_its_route_declares(self) -> None:
        known = table("GET /v1/deals", query={"status": str})
        reply = ask("GET", "/v1/deals", known, queryStringParameters={"status": "won", "cursor": "x"})
        assert json.loads(reply["body"])["query"] == {"status": "won"}


class TestTexts:
    def test_a_reply_can_always_be_written(self) -> None:
        reply = ask(
            "GET",
            "/v1/deals",
            table("GET /v1/deals", who=ADMIN),
            queryStringParameters={"\ud800": ""},
            headers={"authorization": "admin"},
        )
        assert (reply["statusCode"], reply["body"].encode().decode()) == (422, reply["body"])


class TestMethods:
    def test_another_method_is_a_405_that_names_those_there_are(self) -> None:
        reply = ask("DELETE", "/v1/deals/deal_1")
        assert (reply["statusCode"], json.loads(reply["body"])["code"]) == (405, "method_not_allowed")
        assert reply["headers"]["allow"] == "GET, HEAD, OPTIONS, PATCH"

    def test_head_is_a_get_without_its_body(self) -> None:
        got, head = ask("GET", "/v1/deals"), ask("HEAD", "/v1/deals")
        assert (head["statusCode"], head["headers"], head["body"]) == (200, got["headers"], "")

    def test_head_where_there_is_no_get(self) -> None:
        assert ask("HEAD", "/v1/deals", table("POST /v1/deals"))["statusCode"] == 405

    def test_options_names_the_methods_to_anybody(self) -> None:
        reply = ask("OPTIONS", "/v1/deals", table("GET /v1/deals", "POST /v1/deals", who=ADMIN))
        assert (reply["statusCode"], reply["body"]) == (204, "")
        assert reply["headers"]["allow"] == "GET, HEAD, OPTIONS, POST"


class TestStrays:
    @pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/v1/deals", 405)])
    def test_a_browser_gets_a_page(self, method: str, path: str, status: int) -> None:
        reply = ask(method, path, headers={"accept": "text/html,application/xhtml+xml"})
        assert (reply["statusCode"], reply["headers"]["content-type"]) == (status, "text/html; charset=utf-8")
        assert "default-src 'none'" in reply["headers"]["content-security-policy"]
        assert path not in reply["body"]

    def test_a_handlers_own_refusal_is_a_problem_to_a_browser_too(self) -> None:
        def refuse(_: Request) -> Reply:
            raise errors.NotFound

        reply = ask("GET", "/v1/deals", {"GET /v1/deals": Route(refuse, ANYONE)}, headers={"accept": "text/html"})
        assert reply["headers"]["content-type"] == "application/problem+json"


class TestRefusals:
    """A page that tells of a fault reads rows too."""

    @staticmethod
    def refused(fault: Exception, *in_the_page: Exception) -> dict[str, Any]:
        waiting = list(in_the_page)

        def handle(_: Request) -> Reply:
            raise fault

        def show(_: Request, status: int, error: errors.DealregError) -> Reply:
            if waiting:
                raise waiting.pop(0)
            return Reply(status, error.code)

        event = {"rawPath": "/", "requestContext": {"http": {"method": "GET"}}}
        return serve({"GET /": Route(handle, ANYONE)}, event, on_error=show)

    def test_what_else_is_found_wrong_is_told_instead(self) -> None:
        reply = self.refused(errors.InvalidInput([]), errors.NotFound())
        assert (reply["statusCode"], reply["body"]) == (404, "not_found")

    @pytest.mark.parametrize("second", [errors.Unavailable(), KeyError("a bug")])
    def test_a_page_that_cannot_be_shown_at_all_is_a_problem(self, second: Exception) -> None:
        reply = self.refused(KeyError("a bug"), errors.NotFound(), second)
        assert reply["headers"]["content-type"] == "application/problem+json"
        assert reply["statusCode"] == (503 if isinstance(second, errors.Unavailable) else 500)


class TestWhatARequestIsAnsweredIn:
    @staticmethod
    def answered(within: routes.Within, fault: Exception | None = None) -> str:
        def handle(_: Request) -> Reply:
            if fault:
                raise fault
            return Reply(200, moment("2026-11-23T10:00:00Z"))

        def show(_: Request, status: int, error: errors.DealregError) -> Reply:
            return Reply(status, f"{error.code}, {moment('2026-11-23T10:00:00Z')}")

        event = {"rawPath": "/", "requestContext": {"http": {"method": "GET"}}}
        return str(serve({"GET /": Route(handle, ANYONE)}, event, on_error=show, within=within)["body"])

    def test_holds_for_the_reply_and_for_a_refusal_and_no_longer(self) -> None:
        indian = replace(DEFAULT, zone="Asia/Kolkata", offsets=((datetime(2026, 1, 1, tzinfo=UTC), IST),))
        assert self.answered(lambda: shown_by(indian)) == "23 Nov 2026, 15:30 (Asia/Kolkata)"
        refused = self.answered(lambda: shown_by(indian), errors.NotFound())
        assert refused == "not_found, 23 Nov 2026, 15:30 (Asia/Kolkata)"
        assert self.answered(nullcontext) == "23 Nov 2026, 10:00 UTC"

    def test_if_it_cannot_be_had_that_is_told(self) -> None:
        def unavailable() -> AbstractContextManager[None]:
            raise errors.Unavailable

        assert self.answered(unavailable).startswith("unavailable, ")


class TestRights:
    @pytest.mark.parametrize(
        ("who", "allowed"),
        [
            (ANYONE, {"partner", "session", "scopeless", "admin", "powerless", "stranger", ""}),
            (ANY_CALLER, {"partner", "session", "scopeless", "admin", "powerless"}),
            (PARTNER, {"partner", "session"}),
            (SEE_ENDPOINTS, {"partner", "admin"}),
            (STAFF, {"admin", "powerless"}),
            (ADMIN, {"admin"}),
        ],
        ids=["anyone", "any caller", "partner", "endpoint owner", "staff", "admin"],
    )
    def test_who_may_and_who_may_not(self, who: Who, allowed: set[str]) -> None:
        known = table("GET /v1/deals", who=who)
        answers = {name: ask("GET", "/v1/deals", known, headers={"authorization": name}) for name in (*CALLERS, "")}
        expected = {name: 200 if name in allowed else 403 if name else 401 for name in answers}
        assert {name: reply["statusCode"] for name, reply in answers.items()} == expected

    def test_whoever_is_nobody_learns_what_would_help(self) -> None:
        assert ask("GET", "/v1/deals", table("GET /v1/deals", who=ADMIN))["headers"]["www-authenticate"] == "Bearer"

    def test_rights_come_before_the_body(self) -> None:
        known = table("POST /v1/deals", who=ADMIN)
        for body in ("{", "x" * (routes.MAX_BODY + 1)):
            assert ask("POST", "/v1/deals", known, body=body)["statusCode"] == 401
            denied = ask("POST", "/v1/deals", known, body=body, headers={"authorization": "partner"})
            assert denied["statusCode"] == 403

    def test_nobody_is_asked_who_they_are_where_anybody_may(self) -> None:
        def fail(_: Request) -> Caller | None:
            raise AssertionError

        event = {"rawPath": "/v1/deals", "requestContext": {"http": {"method": "GET"}}}
        assert serve(table("GET /v1/deals"), event, recognise=fail)["statusCode"] == 200
