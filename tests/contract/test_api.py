"""The API's description and the code say the same, and so do the template and the code."""

import json
from importlib import import_module

import pytest
from openapi_spec_validator import validate

from contract import app
from dealreg import __version__
from dealreg.accounts.imports import model as imports
from dealreg.deals.model import Deal, admin_view, place_of, view
from dealreg.platform import events, http
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.money import Money
from dealreg.webhooks.deliveries.rules import new_delivery
from dealreg.webhooks.deliveries.store import message_of
from dealreg.webhooks.model import Endpoint
from dealreg.webhooks.views import delivery_view, endpoint_view
from local import openapi
from local.reply_schemas import SCHEMAS
from local.routes import TemplateRoute, template_routes
from tests.conftest import NOW
from tests.template import ROOT

MODULES = sorted({route.module for route in template_routes()})
DEAL = Deal(
    id="deal_01JD5Y2Q3R7K3M9Q2F0000000A",
    partner_id="part_1",
    status="in_review",
    customer={"name": "Müller"},
    products=[],
    families=[],
    identities=[],
    amount=Money(100, "EUR"),
    verdict="clear",
    matches=[],
    editable=[],
    created_at="2026-11-23T10:00:00.000Z",
    updated_at="2026-11-23T10:00:00.000Z",
)
IMPORT = imports.Import("imp_1", "crm", "full", None, imports.State.AWAITING_UPLOAD, NOW, "key_1")
EVENT = events.Event("evt_1", "deal.submitted", DEAL.id, 1, NOW, "part_1", (), {}, place_of(DEAL.id))
ENDPOINT = Endpoint("whe_1", "part_1", "https://example.com", (), "", "enabled", (), NOW)
DELIVERY = new_delivery(message_of(EVENT), ENDPOINT, NOW)
REQUEST = http.read_request({"routeKey": "GET /v1/deals"})
HEALTH = {"status": "ok", "version": __version__}


@pytest.mark.parametrize("module", MODULES)
def test_the_routes_of_the_template_are_those_of_the_code(module: str) -> None:
    in_template = [route.key for route in template_routes() if route.module == module]
    assert sorted(in_template) == sorted(import_module(module).ROUTES)


def test_no_two_functions_have_the_same_route() -> None:
    keys = [route.key for route in template_routes()]
    assert len(keys) == len(set(keys))


def test_the_description_is_made_from_this_code() -> None:
    is_current = openapi.FILE.read_text("utf-8") == openapi.text()
    assert is_current, "run 'make openapi'"


def test_the_description_is_valid_openapi() -> None:
    validate(json.loads(openapi.text()))


def test_the_tables_of_the_description_name_routes_that_exist() -> None:
    named = {key for keys in openapi.REPLIES.values() for key in keys}
    named |= {openapi.SIGNED, openapi.ACCOUNTS, *openapi.MERGE_PATCHES, *openapi.STATUSES, *openapi.QUERIES}
    assert named <= {route.key for route in template_routes()}


@pytest.mark.parametrize("route", [route for route in template_routes() if "/v1/" in route.key], ids=lambda r: r.key)
def test_the_json_api_asks_for_a_token(route: TemplateRoute) -> None:
    assert not route.is_public


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Deal", view(DEAL)),
        ("AdminDeal", admin_view(DEAL)),
        ("Import", imports.view(IMPORT)),
        ("Event", EVENT.to_envelope()),
        ("Endpoint", endpoint_view(ENDPOINT)),
        ("Delivery", delivery_view(DELIVERY)),
        ("Problem", json.loads(http.problem(REQUEST, 404, http.errors.NotFound()).body)),
        ("Problem", json.loads(http.problem(REQUEST, 422, InvalidInput([FieldError("a", "b")], "c")).body)),
    ],
)
def test_replies_have_the_described_fields(name: str, shown: dict[str, object]) -> None:
    assert set(SCHEMAS[name]["required"]) <= set(shown) <= set(SCHEMAS[name]["properties"])


@pytest.mark.parametrize("case", ["openapi", "health"])
def test_the_contract_is_served(case: str) -> None:
    event = json.loads((ROOT / "events" / "contract" / f"{case}.json").read_text())
    reply = app.handler(event, None)
    expected = json.loads(openapi.FILE.read_text("utf-8")) if case == "openapi" else HEALTH
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"]) == expected
