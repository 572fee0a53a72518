"""From API Gateway's event to a request, and from errors to RFC 9457 problems."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import errors, http
from dealreg.platform.routes import ANYONE, MAX_BODY, Route, serve


def event(**changes: Any) -> dict[str, Any]:
    context = {"requestId": "r1", "http": {"method": "POST"}}
    return {"rawPath": "/v1/deals", "requestContext": context, **changes}


def answer(error: Exception, **changes: Any) -> dict[str, Any]:
    def refuse(_: http.Request) -> http.Reply:
        raise error

    return serve({"POST /v1/deals": Route(refuse, ANYONE)}, event(**changes))


@given(st.binary(max_size=200))
def test_a_body_arrives_byte_for_byte(body: bytes) -> None:
    encoded = event(body=base64.b64encode(body).decode(), isBase64Encoded=True)
    assert http.read_request(encoded).body == body


@given(st.text(max_size=200))
def test_a_body_of_text_is_utf_8(text: str) -> None:
    assert http.read_request(event(body=text)).body == text.encode()


def test_half_a_surrogate_pair_has_bytes_too() -> None:
    assert http.read_request(event(body="\ud800")).body == b"\xed\xa0\x80"


def test_absent_parts_are_empty() -> None:
    request = http.read_request({})
    assert (request.body, request.params, request.query, request.cookies, request.recognised) == (b"", {}, {}, {}, None)


def test_header_names_are_lower_case() -> None:
    assert http.read_request(event(headers={"If-Match": '"1"'})).headers == {"if-match": '"1"'}


def test_cookies_are_read_by_name() -> None:
    assert http.read_request(event(cookies=["a=1", "b=2=3", "broken"])).cookies == {"a": "1", "b": "2=3"}


def test_a_caller_that_nobody_recognised_is_none() -> None:
    with pytest.raises(errors.Unauthenticated):
        _ = http.read_request(event()).caller


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput([errors.FieldError("amount", "Too much.")]), 422, "invalid_input"),
        (errors.Malformed(), 400, "malformed_request"),
        (errors.NotFound(), 404, "not_found"),
        (errors.StaleVersion(), 409, "stale_version"),
        (errors.AlreadyExists(), 409, "already_exists"),
        (errors.CapReached(), 409, "cap_reached"),
        (errors.IdempotencyMismatch(), 422, "idempotency_mismatch"),
        (errors.ConditionFailed({}), 503, "condition_failed"),
        (errors.RateLimited(), 429, "rate_limited"),
        (KeyError("a bug"), 500, "internal_error"),
    ],
)
def test_an_error_is_a_problem_with_a_stable_code(error: Exception, status: int, code: str) -> None:
    reply = answer(error)
    problem = json.loads(reply["body"])
    assert (reply["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert reply["headers"]["content-type"] == "application/problem+json"
    assert problem["request_id"] == "r1"


def test_every_error_has_a_status() -> None:
    waiting: list[type[errors.DealregError]] = [errors.DealregError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        assert any(base in http.STATUS for base in kind.__mro__)


def test_our_faults_say_nothing_of_their_cause() -> None:
    assert "a bug" not in answer(KeyError("a bug"))["body"]


def test_every_field_is_told_at_once() -> None:
    faults = [errors.FieldError("amount", "A."), errors.FieldError("customer.name", "B.")]
    problem = json.loads(answer(errors.InvalidInput(faults))["body"])
    assert problem["errors"] == [{"field": "amount", "message": "A."}, {"field": "customer.name", "message": "B."}]


def test_a_busy_system_says_when_to_come_back() -> None:
    assert int(answer(errors.Unavailable())["headers"]["retry-after"]) > 0


def test_a_body_over_the_limit_is_not_read() -> None:
    assert answer(AssertionError("was read"), body="x" * (MAX_BODY + 1))["statusCode"] == 413
    assert answer(errors.NotFound(), body="x" * MAX_BODY)["statusCode"] == 404


class TestIfMatch:
    @pytest.mark.parametrize("told", [None, "*", '"3"', "3", ' "3" ', '"1", "3"'])
    def test_names_the_version(self, told: str | None) -> None:
        assert http.matches(told, 3)

    @pytest.mark.parametrize("told", ['"4"', "4", '"33"', 'W/"3"', '"1", "2"', '"abc"', '""'])
    def test_names_another(self, told: str) -> None:
        assert not http.matches(told, 3)

    @pytest.mark.parametrize("told", ["", "abc", '"', '"3', '3"', "three", "-3", "3.0", '"1" "3"', '"3",', "*, *", "٣"])
    def test_what_can_be_no_etag_is_no_change_of_somebody_else(self, told: str) -> None:
        with pytest.raises(errors.Malformed, match="If-Match"):
            http.matches(told, 3)

    @given(st.text())
    def test_whatever_is_sent_is_an_answer_or_a_fault_of_the_caller(self, told: str) -> None:
        with contextlib.suppress(errors.Malformed):
            assert not http.matches(told, 0) or "0" in told or told.strip() == "*"
