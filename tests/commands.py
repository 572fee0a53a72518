"""The commands that the documents tell people to type."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.template import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"(?:^|\n\n)((?: {4}(?! ).*\n(?: {5,}.*\n)*)+)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:\w+=\S+ )*(?:make\b|python -|\.venv/bin/python -|curl )[^`]*)`")
_DATA = ("{", "[", '"', "pythonpath")


@dataclass(frozen=True)
class Block:
    """What stands by itself, to be copied."""

    document: Path
    text: str

    @property
    def lines(self) -> list[str]:
        """Each with what it goes on with."""
        return [line.strip() for line in re.split(r"\n(?=\S)", re.sub("(?m)^ {4}", "", self.text)) if line.strip()]


def blocks() -> list[Block]:
    found = [
        Block(document, match[1])
        for document in DOCUMENTS
        for match in _BLOCK.finditer(_FENCED.sub("", document.read_text("utf-8")))
    ]
    return [block for block in found if not block.text.strip().startswith(_DATA)]


def commands() -> list[str]:
    """Those of blocks and those within a sentence; a remark behind one is left out."""
    stated = [line for block in blocks() for line in block.lines]
    inline = [text for document in DOCUMENTS for text in _INLINE.findall(document.read_text("utf-8"))]
    return list(dict.fromkeys(re.sub(r"\s+#\s.*", "", text) for text in [*stated, *inline]))
