"""The API keeps to its own description, whatever is sent: schemathesis makes the requests and judges the replies.

Of every operation, for a partner's key, a session and an admin's key: no fault of ours, no status, type or shape that
the description does not have, and nothing taken that it excludes. `make fuzz` sends many more, by other seeds.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from random import Random
from typing import Any, cast

from hypothesis import strategies as st
from requests import Session
from requests.exceptions import InvalidHeader

from dealreg.pages.sessions import COOKIE
from dealreg.platform.routes import PAGE
from local import openapi
from local.functions import served_routes
from tests.gateway import Gateway
from tests.integration.silo.everything import Everything, put_back
from tests.integration.silo.fuzzing import EXAMPLES, SEED, try_out

SERVED = {one.key: one.route for one in served_routes()}
BASE = "https://deals.example.com"
LIBRARY: Any = import_module("schemathesis")
CONFIG: Any = import_module("schemathesis.config")
FAILURES: Any = import_module("schemathesis.core.failures")
JUDGES: Any = import_module("schemathesis.specs.openapi.checks")
"""Any: the types of its own generics are left open."""
CHECKS = [
    import_module("schemathesis.checks").not_a_server_error,
    JUDGES.status_code_conformance,
    JUDGES.content_type_conformance,
    JUDGES.response_headers_conformance,
    JUDGES.response_schema_conformance,
    JUDGES.negative_data_rejection,
]
MODES = list(LIBRARY.GenerationMode)


class Asking:
    """One operation, as each of those asks for it who may ask for anything."""

    def __init__(self, operation: Any, everything: Everything) -> None:
        self.operation, self._everything = operation, everything
        self.key = f"{operation.method.upper()} {operation.path}"
        self._route = SERVED[self.key]
        self._named = everything.named_in(operation.path)
        self._session = Session()
        self._session.mount(BASE, Gateway())

    def let_in(self) -> list[str]:
        if self._route.media == PAGE:
            return ["session"]
        kinds = {"partner": "partner", "session": "partner", "admin": "admin"}
        return [who for who, kind in kinds.items() if not self._route.who or kind in self._route.who]

    def refused(self) -> list[str]:
        return sorted(set(self._everything.tokens) - set(self.let_in()))

    def faults(self, case: Any, who: str, is_there: bool) -> Iterator[str]:
        """Of the reply to a case; the path names what is there, or whatever the case has."""
        if is_there:
            case.path_parameters = dict(self._named)
        headers, cookies = self._proof(case, who)
        try:
            response = case.call(BASE, self._session, headers, cookies=cookies, allow_redirects=False)
        except InvalidHeader:  # no client can send it
            return
        try:
            case.validate_response(response, headers=headers, checks=CHECKS)
        except FAILURES.FailureGroup as found:
            yield from (f"{who} {response.status_code}: {fault}" for fault in found.exceptions)
        except FAILURES.Failure as fault:
            yield f"{who} {response.status_code}: {fault}"

    def _proof(self, case: Any, who: str) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and cookies of who asks; a form gets its own page's token."""
        token = self._everything.tokens[who]
        if self._route.media != PAGE:
            return {"authorization": f"Bearer {token}"}, {}
        if isinstance(body := case.body, dict):
            case.body = {**cast("dict[str, Any]", body), "csrf": self._everything.csrf(self.operation.path)}
        return {"sec-fetch-site": "same-origin"}, {COOKIE: token}


def edges_of(operation: Any) -> list[Any]:
    """At the bounds of what the description allows, and just beyond; some of them, unless there is time for all."""
    config = CONFIG.GenerationConfig()
    cases = [*operation.schema.iter_coverage_cases(operation, generation_modes=MODES, generation_config=config)]
    return Random(SEED).sample(cases, min(len(cases), 3 * EXAMPLES))


def faults_of(asking: Asking) -> Iterator[str]:
    askers, edges = asking.let_in(), edges_of(asking.operation)
    for number, case in enumerate(edges):
        yield from asking.faults(case, askers[number % len(askers)], is_there=bool(number % 4))
    for who in asking.refused():
        yield from asking.faults(edges[0], who, is_there=True)
    cases = st.one_of([asking.operation.as_strategy(generation_mode=mode) for mode in MODES])
    yield from try_out(2 * EXAMPLES, asking.faults, cases, st.sampled_from(askers), st.booleans())


def test_every_operation_keeps_to_the_description(everything: Everything) -> None:
    found: dict[str, list[str]] = {}
    for result in LIBRARY.openapi.from_dict(json.loads(openapi.text())).get_all_operations():
        asking = Asking(result.ok(), everything)
        with put_back():
            if faults := [*faults_of(asking)]:
                found[asking.key] = faults
    assert found == {}
