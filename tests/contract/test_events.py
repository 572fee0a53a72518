"""The sample events in events/<function>/: one or more for each function, of the shape that its trigger sends."""

import json
import re
from pathlib import Path

import pytest

from dealreg.platform.http import read_request
from dealreg.platform.routes import match
from local.functions import gateway_routes, handlers, served_routes
from tests.contract.functions import MODULES
from tests.template import ROOT

FILES = sorted((ROOT / "events").glob("*/*.json"))
ROUTES = {one.key: one.route for one in served_routes()}
MODULE_OF = {one.key: one.module for one in served_routes()}


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
        request, _ = match(ROUTES, read_request(event))
        assert file.parent == folder_of(MODULE_OF[request.route])
        assert event["version"] == "2.0"
        assert event["requestContext"]["routeKey"] == event["routeKey"]
        gateway_path = event["routeKey"].removeprefix("ANY ")
        assert folder_of(handlers()[gateway_routes()[gateway_path]].rpartition(".")[0]) == file.parent
        filled = re.sub(r"{(\w+)\+?}", lambda name: event["pathParameters"][name[1]], gateway_path)
        assert filled in (event["rawPath"], "$default")
