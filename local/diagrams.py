"""Draws what the documents show of the code: `make diagrams`. A test holds the documents to it.

A deal's life comes from the table of transitions, the layers of the package from the contract of import-linter.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from dealreg.deals.statuses import TERMINAL, TRANSITIONS, Status
from local.places import ROOT


def states() -> str:
    """A state diagram that GitHub draws."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.SUBMITTED}"]
    for status, following in TRANSITIONS.items():
        lines += [f"    {status} --> {then}" for then in Status if then in following]
    lines += [f"    {status} --> [*]" for status in Status if status in TERMINAL]
    return "\n".join([*lines, "```"])


def layers() -> str:
    """Each layer of the package below those that may import it; the functions are above all of them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    order = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    lines = ["```mermaid", "flowchart TB"]
    for number, layer in enumerate(order):
        modules = sorted(layer.split(" | "))
        label = " · ".join(module.removeprefix("dealreg.") for module in modules)
        place = "" if modules[0].startswith("dealreg.") else "functions: "
        lines.append(f'    layer{number}["{place}{label}"]')
    lines += [f"    layer{number} --> layer{number + 1}" for number in range(len(order) - 1)]
    return "\n".join([*lines, "```"])


DIAGRAMS: Mapping[tuple[Path, str], Callable[[], str]] = {
    (ROOT / "README.md", "states"): states,
    (ROOT / "docs" / "architecture.md", "layers"): layers,
}
"""By document, and the name of the marks there between which it stands."""


def drawn(document: Path, name: str) -> str:
    """The document with the diagram as it is now. Raises ValueError where its marks are missing."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, rest = document.read_text("utf-8").split(begin)
    _, after = f"\n{rest}".split(end)
    return before + begin + DIAGRAMS[document, name]() + end + after


if __name__ == "__main__":
    for document, name in DIAGRAMS:
        document.write_text(drawn(document, name), "utf-8")
