"""The HTTP routes: what template.yaml says of each, and what the code of the function that serves it says."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, cast

from pydantic import BaseModel
from samcli.yamlhelper import yaml_parse  # pyright: ignore[reportUnknownVariableType]  # samcli has no types here

from local.places import ROOT


@dataclass(frozen=True, slots=True)
class TemplateRoute:
    """A route of template.yaml."""

    key: str
    """Such as "GET /v1/deals/{id}", as API Gateway calls it in the event."""
    function: str
    """The Lambda's logical name."""
    module: str
    is_public: bool
    """Whether API Gateway lets everybody through."""


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


def template_routes() -> list[TemplateRoute]:
    found: list[TemplateRoute] = []
    for name, properties in _functions():
        module = properties["Handler"].rpartition(".")[0]
        for event in properties.get("Events", {}).values():
            if event["Type"] == "HttpApi":
                said = event["Properties"]
                is_public = said.get("Auth", {}).get("Authorizer") == "NONE"
                found.append(TemplateRoute(f"{said['Method']} {said['Path']}", name, module, is_public))
    return sorted(found, key=lambda route: (route.key.split()[1], route.key))


@dataclass(frozen=True, slots=True)
class Code:
    """What a route's function does with its request, read from its source and that of its module's helpers."""

    name: str
    doc: str
    body: type[BaseModel] | None
    """The model that it parses."""
    reads_body: bool
    status: int | None
    """Of its reply, where it is written out."""
    query: list[str]
    headers: list[str]


def code_of(route: TemplateRoute) -> Code:
    module = import_module(route.module)
    function = module.ROUTES[route.key]
    nodes = [node for tree in _sources(module, function.__name__) for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    return Code(
        name=function.__name__,
        doc=inspect.getdoc(function) or "",
        body=next(_models(module, calls), None),
        reads_body=any(isinstance(node, ast.Attribute) and node.attr == "body" and _is_request(node) for node in nodes),
        status=next(_statuses(calls), None),
        query=[*_gets(calls, "query"), *(["limit"] if any(_name(call) == "page_size" for call in calls) else [])],
        headers=_gets(calls, "headers"),
    )


def _sources(module: ModuleType, name: str) -> list[ast.FunctionDef]:
    """The function's tree, and those of the functions of its module that it calls."""
    defined = {
        node.name: node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)
    }
    found = {name: defined[name]}
    waiting = [name]
    while waiting:
        for node in ast.walk(defined[waiting.pop()]):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if called in defined and called not in found:
                found[called] = defined[called]
                waiting.append(called)
    return list(found.values())


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _is_request(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "request"


def _models(module: ModuleType, calls: list[ast.Call]) -> Iterator[type[BaseModel]]:
    """`parse(Model, request.body, …)`."""
    for call in calls:
        if _name(call) == "parse" and len(call.args) > 1 and "request.body" in ast.unparse(call.args[1]):
            model: Any = module
            for part in ast.unparse(call.args[0]).split("."):
                model = getattr(model, part)
            yield model


def _statuses(calls: list[ast.Call]) -> Iterator[int]:
    for call in calls:
        if _name(call) in ("json_reply", "Reply"):
            match call.args:
                case [ast.Constant(value=int(status)), *_]:
                    yield status
                case _:
                    pass


def _gets(calls: list[ast.Call], attribute: str) -> list[str]:
    """The names in `request.<attribute>.get("name")`."""
    names = [
        str(argument.value)
        for call in calls
        if ast.unparse(call.func) == f"request.{attribute}.get"
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant)
    ]
    return list(dict.fromkeys(names))
