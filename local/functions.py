"""The Lambda functions: what template.yaml says of each, and the HTTP routes that their code has."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from samcli.yamlhelper import yaml_parse  # pyright: ignore[reportUnknownVariableType]  # samcli has no types here

from dealreg.platform.routes import Route
from local.places import ROOT


@dataclass(frozen=True, slots=True)
class ServedRoute:
    key: str
    """Such as "GET /v1/deals/{id}"."""
    function: str
    """The Lambda's logical name."""
    module: str
    route: Route


@functools.cache
def _template() -> Any:
    return cast("Any", yaml_parse((ROOT / "template.yaml").read_text()))


def _functions() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in _template()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource["Properties"]


def handlers() -> dict[str, str]:
    """By the function's logical name."""
    return {name: properties["Handler"] for name, properties in _functions()}


def fixed_variables() -> dict[str, str]:
    """Environment of every function, as far as the template itself says its values."""
    variables = _template()["Globals"]["Function"]["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if isinstance(value, str)}


def gateway_routes() -> dict[str, str]:
    """The paths by which API Gateway picks a function, and its logical name; "$default" takes the rest."""
    return {
        event.get("Properties", {}).get("Path", "$default"): name
        for name, properties in _functions()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def served_routes() -> list[ServedRoute]:
    """All of them, by path."""
    served = dict.fromkeys(gateway_routes().values())
    modules = {name: handler.rpartition(".")[0] for name, handler in handlers().items() if name in served}
    found = [
        ServedRoute(key, name, module, route)
        for name, module in modules.items()
        for key, route in import_module(module).ROUTES.items()
    ]
    return sorted(found, key=lambda one: (one.key.split()[1], one.key))
