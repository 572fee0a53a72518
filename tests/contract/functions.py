"""The Lambda functions of template.yaml, and what the code behind each can reach."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dealreg import due_handlers
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
    return value if isinstance(value, list) else [value]


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
    if table := function.variables.get("SWEPT_TABLE"):
        handlers = [inspect.unwrap(handle) for handle in due_handlers.of_table(Setting(table)).values()]
        others = (due_handlers.__name__, due_handlers.of_table.__name__)
        return reachable(begin, *((handle.__module__, handle.__name__) for handle in handlers), without=others)
    return reachable(begin)


def reachable(*begin: tuple[str, str], without: tuple[str, str] = ("", "")) -> Iterator[ast.stmt]:
    """By the names that the code uses; names are of a module and in it."""
    found = {without}
    waiting = [*begin]
    while waiting:
        here = waiting.pop()
        code = read_module(here[0])
        statement = code.definitions.get(here[1])
        if here in found or statement is None:
            continue
        found.add(here)
        yield statement
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=used):
                    waiting.append(code.imports.get(used, (here[0], used)))
                case ast.Attribute(value=ast.Name(id=owner), attr=used) if owner in code.imports:
                    waiting.append((code.imports[owner][0], used))
                case _:
                    pass
