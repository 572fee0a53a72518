"""What the documents show of the code is what the code says, and what they lead to is there."""

import re
from pathlib import Path

import pytest

from local import diagrams
from tests.template import ROOT

README = (ROOT / "README.md").read_text("utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
WIDTH = 120
ONE_LINK = re.compile(r"\s*(?:- |\d+\. )?(?:\[[^\]]*\]\(\S+\)|\S*https?://\S+)[.,;:)]*")
FENCED = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
INDENTED = re.compile(r"(?<=\n\n) {4,}\S.*(?:\n {4,}\S.*)*")
LINKS = [
    (document, link)
    for document in DOCUMENTS
    for link in re.findall(r"\]\(([^)]+)\)", document.read_text("utf-8"))
    if not re.match(r"https?://", link)
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(("document", "name"), diagrams.DIAGRAMS, ids=str)
def test_a_diagram_is_drawn_from_the_code(document: Path, name: str) -> None:
    is_current = diagrams.drawn(document, name) == document.read_text("utf-8")
    assert is_current, "run 'make diagrams'"


def test_a_deal_may_be_approved_from_review_in_the_picture() -> None:
    assert "in_review --> approved" in README


@pytest.mark.parametrize(("document", "link"), LINKS, ids=str)
def test_a_link_leads_somewhere(document: Path, link: str) -> None:
    path, _, heading = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    assert target.exists()
    if heading:
        assert heading in anchors(target)


def anchors(document: Path) -> list[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_a_line_of_prose_fits_a_screen(document: Path) -> None:
    prose = INDENTED.sub("", FENCED.sub("", document.read_text("utf-8")))
    lines = [line for line in prose.splitlines() if not line.lstrip().startswith("|") and not ONE_LINK.fullmatch(line)]
    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_when_and_why_and_the_readme_lists_it_by_its_title(decision: Path) -> None:
    title, date, what, why = decision.read_text("utf-8").split("\n\n")[:4]
    assert f"[{title.removeprefix('# ')}]({relative(decision)})" in README
    assert re.fullmatch(r"Decided \d{4}-\d{2}(-\d{2})?\.", date)
    assert what.startswith("**Decision.**")
    assert "**Why.**" in decision.read_text("utf-8"), why


def test_the_licence_of_each_package_of_the_functions_is_named() -> None:
    pinned = [line for path in ROOT.glob("layers/*/requirements.txt") for line in path.read_text("ascii").splitlines()]
    packages = [line.partition("==")[0] for line in pinned if "==" in line]
    licences = README.partition("\n## Licence\n")[2]
    assert [name for name in packages if f"`{name}`" not in licences] == []


def test_all_targets_are_listed_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.M)
    assert phony
    described = re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.M)
    assert sorted(described) == sorted(phony[1].split())
