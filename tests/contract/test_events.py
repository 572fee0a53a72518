"""The sample events in events/<function>/: one or more for each function, of the shape that its trigger sends."""

import json
import re
from pathlib import Path

import pytest

from local.routes import template_routes
from tests.contract.functions import MODULES
from tests.template import ROOT

FILES = sorted((ROOT / "events").glob("*/*.json"))
ROUTES = {route.key: route for route in template_routes()}


def folder_of(module: str) -> Path:
    """`deals.admin_api` has its events in deals-admin-api, `relay.app` in relay: the only one of its package."""
    package, name = module.split(".")
    long = ROOT / "events" / f"{package}-{name}".replace("_", "-")
    return long if long.is_dir() else ROOT / "events" / package


@pytest.mark.parametrize("module", MODULES)
def test_every_function_has_sample_events(module: str) -> None:
    assert list(folder_of(module).glob("*.json"))


def test_there_are_no_events_of_functions_that_are_gone() -> None:
    assert {file.parent for file in FILES} <= {folder_of(module) for module in MODULES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_an_event_is_one_that_its_function_gets(file: Path) -> None:
    event = json.loads(file.read_text())
    assert re.fullmatch(r"[a-z0-9-]+", file.stem)
    if "routeKey" in event:
        route = ROUTES[event["routeKey"]]
        is_authorizers = event.get("type") == "REQUEST"
        assert file.parent == folder_of("authorizer.app" if is_authorizers else route.module)
        assert event["version"] == "2.0"
        assert event["requestContext"]["routeKey"] == event["routeKey"]
        if not is_authorizers:
            assert set(event.get("pathParameters") or {}) == set(re.findall(r"{(\w+)}", route.key))
