"""The Lambda functions of template.yaml, and what the code behind each can reach."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from dealreg import relay, wiring
from dealreg.platform.settings import Setting
from tests.template import ROOT, load_template, resources

SOURCES = (ROOT / "functions", ROOT / "layers" / "dealreg")


@dataclass(frozen=True)
class Function:
    name: str
    properties: dict[str, Any]

    @property
    def module(self) -> str:
        return self.properties["Handler"].rpartition(".")[0]

    @property
    def variables(self) -> dict[str, Any]:
        """Its own, besides those that all functions have."""
        return self.properties.get("Environment", {}).get("Variables", {})

    @property
    def statements(self) -> list[dict[str, Any]]:
        """Of its role, with those of the managed policies that it names."""
        return [statement for policy in self.properties.get("Policies", ()) for statement in _statements_of(policy)]


FUNCTIONS = [
    Function(name, body["Properties"]) for name, body in resources(load_template(), "AWS::Serverless::Function").items()
]
MODULES = sorted({function.module for function in FUNCTIONS})


def as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _statements_of(policy: dict[str, Any]) -> list[dict[str, Any]]:
    if "Ref" in policy:
        return load_template()["Resources"][policy["Ref"]]["Properties"]["PolicyDocument"]["Statement"]
    return policy["Statement"]


@cache
def file_of(module: str) -> Path | None:
    """Of a module of ours; None for anybody else's."""
    for source in SOURCES:
        path = source.joinpath(*module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.exists():
                return file
    return None


@dataclass(frozen=True)
class Module:
    definitions: dict[str, ast.stmt]
    """Functions, classes and variables by name."""
    imports: dict[str, tuple[str, str]]
    """By the name they have here: a module of ours and the name in it, "" for the module itself."""


@cache
def read_module(name: str) -> Module:
    file = file_of(name)
    tree = ast.parse(file.read_text() if file else "")
    definitions: dict[str, ast.stmt] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=defined) | ast.ClassDef(name=defined):
                definitions[defined] = statement
            case ast.Assign(targets=[ast.Name(id=defined)]) | ast.AnnAssign(target=ast.Name(id=defined)):
                definitions[defined] = statement
            case _:
                pass
    imports = {
        alias.asname or alias.name: (f"{node.module}.{alias.name}", "")
        if file_of(f"{node.module}.{alias.name}")
        else (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return Module(definitions, imports)


def code_of(function: Function) -> Iterator[ast.stmt]:
    """What of our code a function can come to: for the sweep of a table, through the handlers of that table alone."""
    begin = (function.module, "handler")
    table = function.variables.get("SWEPT_TABLE")
    if not table:
        return reachable(begin)
    handlers: list[Any] = [
        handle.func if isinstance(handle, partial) else handle
        for handle in wiring.due_handlers(Setting(table)).values()
    ]
    publishers = [one for one in wiring.CAPABILITIES if table in one.event_tables]
    handlers += [
        handle
        for one in publishers
        for event_type in one.event_types()
        for handle in relay.event_handlers(wiring.CAPABILITIES, event_type)
    ]
    starts = ((handle.__module__, handle.__name__) for handle in handlers)
    return reachable(begin, *starts, without=(wiring.__name__, wiring.due_handlers.__name__))


def reachable(*begin: tuple[str, str], without: tuple[str, str] = ("", "")) -> Iterator[ast.stmt]:
    """By the names that the code uses; names are of a module and in it.

    Of a capability's wiring only the parts that somebody on the way asks for: who mails letters sweeps nothing.
    """
    found = {without}
    asked_for: set[str] = set()
    parts: list[tuple[str, ast.keyword]] = []
    waiting = [*begin]
    while waiting:
        here = waiting.pop()
        statement = read_module(here[0]).definitions.get(here[1])
        if here in found or statement is None:
            continue
        found.add(here)
        if wired := _parts_of_capability(statement):
            parts += [(here[0], part) for part in wired]
        else:
            yield statement
            waiting += _names_used(statement, here[0])
            asked_for |= _attributes(statement)
        waiting += [used for owner, part in parts if part.arg in asked_for for used in _names_used(part.value, owner)]


def _parts_of_capability(statement: ast.stmt) -> list[ast.keyword]:
    match statement:
        case ast.Assign(value=ast.Call(func=ast.Name(id="Capability"), keywords=parts)):
            return parts
        case _:
            return []


def _attributes(statement: ast.stmt) -> set[str]:
    """Of whatever object, but not those by which it looks at itself."""
    return {
        node.attr
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }


def _names_used(code: ast.AST, module: str) -> Iterator[tuple[str, str]]:
    imports = read_module(module).imports
    for node in ast.walk(code):
        match node:
            case ast.Name(id=used):
                yield imports.get(used, (module, used))
            case ast.Attribute(value=ast.Name(id=owner), attr=used) if owner in imports:
                yield imports[owner][0], used
            case _:
                pass
