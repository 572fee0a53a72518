"""What strangers send is answered: no path, query, header or body of any route is a fault of ours.

Each route gets requests that are right but for a part of them, from somebody whom it lets in. `make fuzz` sends more.
"""

import base64
import json
import re
from collections.abc import Iterator
from importlib import import_module
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hypothesis import strategies as st

from dealreg.pages.sessions import COOKIE
from dealreg.platform import times
from dealreg.platform.http import read_request
from dealreg.platform.routes import PAGE
from dealreg.webhooks.transport import signing
from local.functions import ServedRoute, served_routes
from tests.integration.silo import odd
from tests.integration.silo.everything import Everything, put_back
from tests.integration.silo.fuzzing import EXAMPLES, SEED, try_out
from tests.samples import cases, read_sample, route_of
from tests.template import ROOT

SAMPLES = {
    route_of(event): event
    for folder in sorted(one.name for one in (ROOT / "events").iterdir())
    for case in cases(folder)
    if "rawPath" in (event := read_sample(f"{folder}/{case}"))
}
OF_A_PROGRAM = ("Traceback", "Input should", "codec", "ordinal", "NoneType", "Error:", "recursion")
Event = dict[str, Any]


class Asking:
    """A route, and requests for it."""

    def __init__(self, one: ServedRoute, everything: Everything) -> None:
        self.method, self.path = one.key.split()
        self.route, self._module, self._key = one.route, one.module, one.key
        self._everything = everything

    def right(self, which: int = 0) -> Event:
        """From somebody whom the route lets in, for one of the things there are."""
        event: Event = {
            "rawPath": self.path.format(**self.named(which)),
            "headers": {"host": "deals.example.com"},
            "cookies": [],
            "queryStringParameters": {},
            "requestContext": {"requestId": "r1", "http": {"method": self.method, "sourceIp": "192.0.2.1"}},
        }
        tokens = self._everything.tokens
        if self.route.media == PAGE:
            event["cookies"] = [f"{COOKIE}={self._everything.session(self.path)}"]
        elif self.route.who:
            event["headers"]["authorization"] = (
                f"Bearer {tokens['partner' if 'partner' in self.route.who else 'admin']}"
            )
        return event | self.sent(self.body())

    def named(self, which: int = 0) -> dict[str, str]:
        return self._everything.named_in(self.path, which)

    def body(self) -> bytes:
        """That of the sample event, with the token of the form's own page."""
        body = read_request(SAMPLES.get(self._key, {})).body
        if self.route.media == PAGE and self.method == "POST":
            return re.sub(rb"csrf=[^&]*&?", b"", body) + f"&csrf={self._everything.csrf(self.path)}".encode()
        return body

    def sent(self, body: bytes) -> Event:
        """With a good signature, where that is asked for."""
        sent: Event = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        if self.path.startswith("/webhooks/billing/"):
            sent["headers"] = signing.sign("msg_2", times.now(), body, [self._everything.billing_secret])
        return sent

    def faults(self, event: Event) -> Iterator[str]:
        """Of the reply, as API Gateway would take it."""
        reply = import_module(self._module).handler(event, None)
        if reply["statusCode"] >= 500:
            yield f"{reply['statusCode']} of {str(event)[:2000]}"
        if reply["statusCode"] >= 400 and any(words in reply["body"] for words in OF_A_PROGRAM):
            yield f"words of a program: {reply['body'][:300]}"
        if odd.has_half_a_pair(reply["body"]):
            yield f"a body that is no UTF-8 of {str(event)[:2000]}"
        for name, value in [*reply["headers"].items(), *(("set-cookie", cookie) for cookie in reply["cookies"])]:
            if not value.isascii() or not value.isprintable():
                yield f"header {name}: {value[:80]!r} of {str(event)[:2000]}"


@st.composite
def odd_requests(draw: st.DrawFn, asking: Asking) -> Event:
    which = draw(st.integers(0, 3))
    event, named = asking.right(which), asking.named(which)
    parts = (
        ["headers", "cookies", "query"] + ["path"] * 2 * bool(named) + ["body"] * 5 * (asking.route.body is not None)
    )
    for part in draw(st.lists(st.sampled_from(parts), min_size=1, max_size=2)):
        match part:
            case "path":
                event["rawPath"] = asking.path.format(**named | {draw(st.sampled_from(sorted(named))): draw(odd.texts)})
            case "query":
                name = draw(st.sampled_from([*asking.route.query] or ["x"]) | odd.texts)
                event["queryStringParameters"] = {name: draw(odd.texts)}
            case "headers":
                event["headers"] = event["headers"] | draw(odd.headers())
            case "cookies":
                event["cookies"] = list(draw(st.sampled_from(odd.COOKIES)))
            case _:
                event |= asking.sent(draw(odd_bodies(asking)))
    return event


@st.composite
def odd_bodies(draw: st.DrawFn, asking: Asking) -> bytes:
    right = asking.body()
    if not right or not draw(st.integers(0, 4)):
        return draw(st.sampled_from(odd.BODIES) | st.binary(max_size=100))
    if asking.route.media != PAGE:
        return json.dumps(draw(odd.spoilt(json.loads(right)))).encode()
    fields = parse_qsl(right.decode(), keep_blank_values=True)
    name = draw(st.sampled_from([name for name, _ in fields]) | odd.texts)
    spoilt = [pair for pair in fields if pair[0] != name] + [(name, draw(odd.texts))]
    return urlencode(spoilt, errors="surrogatepass").encode()


def faults_of(asking: Asking) -> Iterator[str]:
    bodies = Random(SEED + len(asking.path)).sample(odd.BODIES, min(len(odd.BODIES), 4 * EXAMPLES))
    for body in bodies if asking.route.body is not None else ():
        yield from asking.faults(asking.right() | asking.sent(body))
    yield from try_out(4 * EXAMPLES, asking.faults, odd_requests(asking))


def test_no_request_is_a_fault_of_ours(everything: Everything) -> None:
    found: dict[str, list[str]] = {}
    for one in served_routes():
        with put_back():
            if faults := [*faults_of(Asking(one, everything))]:
                found[one.key] = faults
    assert found == {}
