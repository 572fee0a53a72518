"""What a route says it takes is what its handler reads: a body of no known field brings every fault of that type."""

import json
from collections.abc import Callable
from importlib import import_module

import pytest
from pydantic import BaseModel

from dealreg.platform.http import Caller
from dealreg.platform.routes import PAGE
from local.functions import ServedRoute, served_routes
from tests.samples import ADMIN, token_of

THING_FIRST = {"POST /v1/admin/deals/{id}/matches/{match_id}", "PATCH /v1/admin/billing-sources/{id}"}
"""Look for the thing that they are about before they read the body."""
ROUTES = [
    one
    for one in served_routes()
    if isinstance(one.route.body, type) and issubclass(one.route.body, BaseModel) and one.route.media != PAGE
]


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: one.key)
def test_a_handler_reads_the_type_that_its_route_names(one: ServedRoute, new_partner: Callable[[str], Caller]) -> None:
    partner = new_partner("North")
    caller = partner if "partner" in one.route.who else ADMIN
    method, path = one.key.split()
    event = {
        "rawPath": path.replace("{", "").replace("}", ""),
        "headers": {"authorization": f"Bearer {token_of(caller)}"},
        "requestContext": {"http": {"method": method}},
        "body": json.dumps({"surprise": 1}),
    }
    reply = import_module(one.module).handler(event, None)
    if one.key in THING_FIRST:
        assert reply["statusCode"] == 404
        return
    faults = {fault["field"] for fault in json.loads(reply["body"])["errors"]}
    required = {field.alias or name for name, field in one.route.body.model_fields.items() if field.is_required()}
    assert reply["statusCode"] == 422
    assert faults >= required | {"surprise"}
