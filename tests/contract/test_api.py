"""The API's description, the routes of the code and those of the template say the same."""

import json
from importlib import import_module

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from contract import app
from dealreg import __version__
from dealreg.platform.routes import PAGE
from local import openapi
from local.functions import ServedRoute, gateway_routes, served_routes
from local.schemas import Components
from tests.gateway import function_for
from tests.samples import read_sample

ROUTES = served_routes()
MODULES = sorted({one.module for one in ROUTES})
HEALTH = {"status": "ok", "version": __version__}


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: one.key)
def test_api_gateway_brings_a_route_to_the_function_that_has_it(one: ServedRoute) -> None:
    assert function_for(one.key.partition(" ")[2]) == one.function


def test_no_two_functions_have_the_same_route() -> None:
    keys = [one.key for one in ROUTES]
    assert len(keys) == len(set(keys))


def test_no_way_into_a_function_leads_to_nothing() -> None:
    """Each path of the template is there, or the beginning of one that is."""
    for path, function in gateway_routes().items():
        below = path.removesuffix("{proxy+}").replace("$default", "/")
        assert any(one.function == function and one.key.partition(" ")[2].startswith(below) for one in ROUTES), path


def test_only_the_rest_goes_to_the_function_that_says_there_is_nothing() -> None:
    assert gateway_routes()["$default"] == "Contract"
    assert function_for("/v2/nothing") == "Contract"


def test_the_description_is_made_from_this_code() -> None:
    is_current = openapi.FILE.read_text("utf-8") == openapi.text()
    assert is_current, "run 'make openapi'"


def test_the_description_is_valid_openapi() -> None:
    validate(json.loads(openapi.text()))


@pytest.mark.parametrize(
    "one", [one for one in ROUTES if one.key.partition(" ")[2].startswith("/v1/")], ids=lambda one: one.key
)
def test_the_json_api_asks_for_a_token(one: ServedRoute) -> None:
    assert one.route.who


@pytest.mark.parametrize("one", [one for one in ROUTES if "/admin/" in one.key], ids=lambda one: one.key)
def test_the_vendors_api_is_for_admins(one: ServedRoute) -> None:
    assert set(one.route.who) == {"admin"}


@pytest.mark.parametrize("one", [one for one in ROUTES if one.route.media != PAGE], ids=lambda one: one.key)
def test_a_reply_with_a_body_has_a_type(one: ServedRoute) -> None:
    assert (one.route.reply is None) == (one.route.status in (204, 303))


def test_two_types_of_one_name_are_refused() -> None:
    class DealProgress(BaseModel):
        other: str

    types = Components([DealProgress])
    with pytest.raises(LookupError, match="two types DealProgress"):
        types.schema(next(one.route.reply for one in ROUTES if one.key == "GET /v1/deals/{id}"))


@pytest.mark.parametrize("case", ["openapi", "health"])
def test_the_contract_is_served(case: str) -> None:
    reply = app.handler(read_sample(f"contract/{case}"), None)
    expected = json.loads(openapi.FILE.read_text("utf-8")) if case == "openapi" else HEALTH
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"]) == expected


@pytest.mark.parametrize("module", MODULES)
def test_what_serves_has_routes(module: str) -> None:
    assert import_module(module).ROUTES
