"""The words of letters, with what is known filled in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from dealreg.platform.text import one_line


@dataclass(frozen=True, slots=True)
class Words:
    """`{names}` are filled in; a paragraph that names what is not known is left out."""

    subject: str
    headline: str
    paragraphs: tuple[str, ...]
    link: str = "Open the registration"


def paragraphs(words: Words, known: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(text.format_map(known) for text in words.paragraphs if _is_known(text, known))


def _is_known(text: str, known: Mapping[str, str]) -> bool:
    return all(known[name] for _, name, _, _ in Formatter().parse(text) if name)


def lines_of(text: str) -> tuple[str, ...]:
    """What somebody wrote, each of its lines unable to begin one of the letter's own."""
    return tuple(filter(None, (one_line(line, len(line)) for line in text.splitlines())))
