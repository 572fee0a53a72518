"""Whatever a receiver's bytes are, they are an answer of the attempt: recorded, counted, tried again at its time."""

import base64
import gzip
import json
import socket
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dealreg.platform import times
from dealreg.platform.errors import RateLimited, StaleVersion
from dealreg.webhooks.deliveries import history, policy, store
from dealreg.webhooks.endpoints import keys, lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.items import attempt_to_item
from dealreg.webhooks.model import Attempt, Endpoint
from dealreg.webhooks.transport import sender, sinks
from dealreg.webhooks.transport.addresses import parse_url
from dealreg.webhooks.views import attempt_view
from tests.integration.webhooks.calls import call
from tests.integration.webhooks.receivers import Receiver, Script, scripted
from tests.integration.webhooks.stage import (
    NORTH,
    attempts,
    deliver,
    delivery,
    endpoint,
    event,
    queued,
    rows,
    work_off,
)
from tests.samples import content

pytestmark = pytest.mark.usefixtures("local")
OK = b"HTTP/1.1 200 OK\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\n"
DEEP = b"[" * 16_300


def answer(head: bytes, body: bytes = b"", *fields: bytes) -> bytes:
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


ANSWERS = {
    "deep JSON": answer(OK, DEEP),
    "deep objects": answer(OK, b'{"challenge":' * 1200),
    "a number of 5,000 digits": answer(OK, b'{"challenge":' + b"9" * 5000 + b"}"),
    "a lone surrogate": answer(OK, b'{"challenge":"\\ud800"}'),
    "a NUL": answer(OK, b'{"challenge":"\\u0000"}\x00'),
    "no text": answer(OK, bytes(range(256)) * 64),
    "a date in the year 10^19": answer(BUSY, b"", b"Retry-After: Fri, 27 Nov 10000000000000000000 10:00:00 GMT"),
    "a date in the year 0": answer(BUSY, b"", b"Retry-After: Fri, 27 Nov 0000 10:00:00 GMT"),
    "an offset of a hundred days": answer(BUSY, b"", b"Retry-After: Fri, 27 Nov 2026 10:00:00 +999999"),
    "10^300 seconds": answer(BUSY, b"", b"Retry-After: 1" + b"0" * 300),
    "-1 seconds": answer(BUSY, b"", b"Retry-After: -1"),
    "digits of another script": answer(BUSY, b"", "Retry-After: ٣٠".encode()),
    "its date in the year 10^19": answer(OK, b"", b"Date: Fri, 27 Nov 10000000000000000000 10:00:00 GMT"),
    "a length of 5,000 digits": answer(OK, b"x", b"Content-Length: " + b"9" * 5000),
    "a length below zero": answer(OK, b"x", b"Content-Length: -1"),
    "a chunk below zero": answer(OK, b"-5\r\nabcde\r\n", b"Transfer-Encoding: chunked"),
    "a chunk without an end": answer(OK, b"f" * 5000 + b"\r\n", b"Transfer-Encoding: chunked"),
    "a chunk of 2^64": answer(OK, b"10000000000000000\r\nabc", b"Transfer-Encoding: chunked"),
    "a gzip bomb": answer(OK, gzip.compress(b"0" * 10_000_000), b"Content-Encoding: gzip"),
    "no gzip": answer(OK, b"\x1f\x8bnot", b"Content-Encoding: gzip"),
    "a deflate bomb": answer(OK, zlib.compress(b"0" * 10_000_000), b"Content-Encoding: deflate, \xff"),
    "a location that is none": answer(b"HTTP/1.1 302 Found\r\n", b"", b"Location: \xff\x00http://[::1"),
    "a status of 5,000 digits": answer(b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n"),
    "a status below zero": answer(b"HTTP/1.1 -20 OK\r\n"),
    "another version": answer(b"HTTP/9.9 200 OK\r\n"),
    "no version": answer(b"HTTP/ 200\r\n"),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nothing": b"",
    "a header without a name": answer(OK, b"", b": x", b" folded", b"\xff\xfe: \x00"),
    "101 headers": answer(OK, b"", *[b"X-%d: 1" % n for n in range(101)]),
    "a header of 70,000 characters": answer(OK, b"", b"X: " + b"x" * 70_000),
    "100 after 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 3000,
}
each_answer = pytest.mark.parametrize("name", sorted(ANSWERS))


def saying(said: bytes) -> Script:
    def script(wire: socket.socket) -> None:
        wire.sendall(said)

    return script


def attempt_at(port: int, now: datetime, *, is_challenge: bool) -> str:
    """The id of a delivery after its first attempt."""
    if is_challenge:
        one, _ = endpoint(NORTH, f"http://127.0.0.1:{port}/", now)
        lifecycle.change(NORTH, one.id, {"url": one.url + "2"}, now)
    else:
        endpoint(NORTH, f"http://127.0.0.1:{port}/", now)
        store.fan_out(event(now), now)
    (delivery_id,) = queued()
    deliver(delivery_id, now, 0.5)
    return delivery_id


@each_answer
@pytest.mark.parametrize("is_challenge", [False, True], ids=["a message", "the challenge"])
def test_it_is_recorded_proves_nothing_and_its_delivery_goes_on(name: str, is_challenge: bool, now: datetime) -> None:
    with scripted(saying(ANSWERS[name])) as port:
        after = delivery(attempt_at(port, now, is_challenge=is_challenge))
    (recorded,) = attempts(after.id)
    assert (after.attempts, after.lease_until, recorded["number"]) == (1, None, 1)
    assert after.last_result == recorded["result"] != ""
    if after.status == "pending":
        assert after.next_attempt_at
        assert timedelta(0) < after.next_attempt_at - now <= policy.LONGEST_RETRY_AFTER + timedelta(minutes=1)
        assert endpoints.load(NORTH, after.endpoint_id).health.failed_attempts == 1, "it counts for its health"
    if is_challenge:
        proved = endpoints.load(NORTH, after.endpoint_id).status != "unverified"
        assert (proved, after.status) == (False, "pending"), "nothing of it is an answer to the challenge"
    assert content(call("show-delivery", after.id))["attempts"]


def test_ten_of_them_take_as_long_as_ten_failures_do(now: datetime) -> None:
    with scripted(saying(ANSWERS["a date in the year 10^19"])) as port:
        delivery_id, at = attempt_at(port, now, is_challenge=False), now
        while (after := delivery(delivery_id)).status == "pending":
            at = after.next_attempt_at or at
            deliver(delivery_id, at, 0.5)
    assert (after.status, after.step) == ("failed", 10)
    assert at - now > timedelta(hours=74)


def fails(_: Any) -> Any:
    raise RecursionError


def test_what_we_never_thought_of_is_an_answer_too(
    receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(NORTH, receiver.url, now)
    store.fan_out(event(now), now)
    (delivery_id,) = queued()
    monkeypatch.setattr(sender, "_readable", fails)
    deliver(delivery_id, now, 0.5)
    after = delivery(delivery_id)
    assert (after.status, after.last_result, len(attempts(delivery_id))) == ("pending", "bad_answer", 1)


def field_line(name: bytes, value: bytes) -> bytes:
    return name + b": " + value


BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        answer,
        st.one_of(
            st.just(OK),
            st.binary(max_size=30).map(lambda some: b"HTTP/1.1 " + some + b"\r\n"),
            st.integers(-1, 1000).map(lambda status: b"HTTP/1.1 %d X\r\n" % status),
        ),
        st.binary(max_size=100),
        st.builds(
            field_line,
            st.sampled_from([b"Retry-After", b"Date", b"Content-Length", b"Transfer-Encoding", b"Content-Encoding"]),
            st.one_of(st.binary(max_size=40), st.sampled_from([b"chunked", b"gzip", b"-1", b"9" * 30])),
        ),
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=BYTES)
def test_any_bytes_are_an_answer(said: bytes, now: datetime) -> None:
    """From the socket to what is stored and shown of it."""
    with scripted(saying(said)) as port:
        got = sender.post(parse_url(f"http://127.0.0.1:{port}/", allow_loopback=True), {}, b"{}", 0.5)
    assume(got.timing.connect_ms is not None)  # a machine so slow that its time was over before anybody was asked
    assert got.result in ("answered", "bad_answer", "timeout")
    assert timedelta(0) <= policy.wait_after(got, 1, now, 0.5) <= timedelta(hours=25)
    item = attempt_to_item(Attempt(1, now, got))
    json.dumps(attempt_view(item)).encode()
    assert not sinks.gives_back(got, "challenge") or b"challenge" in said


class TestReceiversThatCannotEcho:
    """As catch hooks and workflows answer by default: a success, and nothing of what they were asked."""

    @pytest.fixture(
        params=['{"attempt":"1","status":"success"}', "Accepted", '{"message":"Started"}', "", "[" * 16_300]
    )
    def asked(self, request: pytest.FixtureRequest, receiver: Receiver) -> dict[str, Any]:
        """The endpoint, as it was made; its receiver has been sent the challenge."""
        receiver.always = str(request.param).encode()
        made = content(call("create", body={"url": receiver.url, "event_types": ["deal.*"]}))
        work_off(times.now())
        return made

    def arrived(self, receiver: Receiver) -> str:
        """What its owner sees on the receiver's own page."""
        return json.loads(receiver.requests[0].body)["data"]["challenge"]

    def test_enable_says_why_not_and_what_it_answered(self, asked: dict[str, Any]) -> None:
        reply = call("enable", asked["id"])
        problem = content(reply)
        assert (reply["statusCode"], problem["code"], problem["endpoint_status"]) == (
            409,
            "state_conflict",
            "unverified",
        )
        assert f"/v1/webhook-endpoints/{asked['id']}/confirm" in problem["detail"]
        assert (problem["last_result"], problem["last_status_code"]) == ("unproven", 200)
        assert content(call("show", asked["id"]))["status_reason"] == problem["detail"]

    def test_before_its_first_answer_there_is_none_to_tell_of(self, receiver: Receiver) -> None:
        made = content(call("create", body={"url": receiver.url, "event_types": ["deal.*"]}))
        problem = content(call("enable", made["id"]))
        assert (problem["last_result"], problem["last_status_code"]) == (None, None)

    def test_its_owner_types_what_arrived(self, asked: dict[str, Any], receiver: Receiver) -> None:
        store.fan_out(event(times.now()), times.now())
        reply = call("confirm", asked["id"], body={"challenge": f" {self.arrived(receiver)} "})
        shown = content(reply)
        assert (reply["statusCode"], shown["status"], shown["status_reason"]) == (200, "enabled", None)
        receiver.requests.clear()
        work_off(times.now())
        assert [request.headers["webhook-id"] for request in receiver.requests] == ["evt_1"], "what was held"
        assert call("confirm", asked["id"], body={"challenge": "again"})["statusCode"] == 409

    @pytest.mark.parametrize("typed", ["", "x" * 43, "ü" * 43, 17, None])
    def test_nothing_else_will_do(self, asked: dict[str, Any], typed: object) -> None:
        assert call("confirm", asked["id"], body={"challenge": typed})["statusCode"] == 422
        assert content(call("show", asked["id"]))["status"] == "unverified"

    def test_nor_what_went_to_another_url(self, asked: dict[str, Any], receiver: Receiver) -> None:
        call("change", asked["id"], body={"url": receiver.url + "2"})
        assert call("confirm", asked["id"], body={"challenge": self.arrived(receiver)})["statusCode"] == 422

    def test_nor_as_often_as_one_likes(self, asked: dict[str, Any]) -> None:
        replies = {call("confirm", asked["id"], body={"challenge": "x"})["statusCode"] for _ in range(12)}
        assert replies == {422, 429}


def test_a_url_that_moves_meanwhile_is_not_what_was_confirmed(
    receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = endpoint(NORTH, receiver.url, now)
    lifecycle.change(NORTH, one.id, {"url": receiver.url + "2"}, now)
    challenge = keys.challenge_of(endpoints.load(NORTH, one.id))
    really_verify = endpoints.verify

    def verify(seen: Endpoint) -> bool:
        lifecycle.change(NORTH, one.id, {"url": receiver.url + "3"}, now)
        return really_verify(seen)

    monkeypatch.setattr(endpoints, "verify", verify)
    with pytest.raises(StaleVersion):
        lifecycle.confirm(NORTH, one.id, challenge, now)
    assert endpoints.load(NORTH, one.id).status == "unverified"


ECHOES: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "within JSON": lambda body: json.dumps({"data": body.decode()}).encode(),
    "in base64": base64.b64encode,
    "backwards": lambda body: body[::-1],
}


@pytest.mark.parametrize("name", sorted(ECHOES))
def test_who_cannot_see_what_arrives_does_not_learn_the_challenge_from_us(name: str, now: datetime) -> None:
    """By making an endpoint of a service that repeats all it is sent."""

    def script(wire: socket.socket) -> None:
        sent = ECHOES[name](str(challenges()).encode())
        wire.sendall(answer(OK, sent, b"X-Request-Id: " + sent[:200], b"Location: /" + sent[:200]))

    with scripted(script) as port:
        one, _ = endpoint(NORTH, f"http://127.0.0.1:{port}/", now)
        lifecycle.change(NORTH, one.id, {"url": one.url + "2"}, now)
        (delivery_id,) = queued()
        deliver(delivery_id, now, 0.5)
    said = [ECHOES[name](challenge.encode()).decode() for challenge in challenges()]
    shown = json.dumps(history.show(NORTH, delivery_id))
    assert history.show(NORTH, delivery_id)["last_result"] == "unproven"
    for challenge in (*challenges(), *said):
        assert challenge not in shown
        assert challenge not in json.dumps(rows("ATTEMPT#"))


def challenges() -> list[str]:
    """Of all endpoints."""
    return [keys.challenge_of(one) for one in endpoints.of_owner(NORTH)]


def test_a_challenge_at_every_change_is_too_many(receiver: Receiver, now: datetime) -> None:
    one, _ = endpoint(NORTH, receiver.url, now)
    with pytest.raises(RateLimited):
        for number in range(30):
            lifecycle.change(NORTH, one.id, {"url": f"{receiver.url}{number}"}, now)
    assert len(rows("DELIVERY#")) < 20
