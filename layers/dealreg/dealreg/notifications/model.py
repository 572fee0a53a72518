"""What is to be told, and the letter that tells it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter to write, by ids alone: it holds nobody's name, address or token."""

    kind: str
    """The type of the event that it tells of, or another name under which a capability has a letter."""
    id: str
    """Each recipient gets one letter per kind and id, however often the notice comes."""
    table: str
    """A Setting."""
    pk: str
    sk: str
    """The row it is about."""


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    tone: str = "main"
    """`main` for the one thing to do, `good` and `stop` for a yes and a no, `quiet` for the rest."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several things that a letter lists, with a link of its own."""

    title: str
    text: str
    link: Link


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail as words; how it looks is the template's matter.

    What strangers typed is best in the subject, facts, sections and entries, where nothing becomes a link; elsewhere it
    goes through `platform.text.unlinked`.
    """

    subject: str
    """With the deal's number at its end if it is about one deal, and only then. Too long a subject loses its middle."""
    headline: str
    paragraphs: tuple[str, ...]
    facts: Mapping[str, str]
    links: tuple[Link, ...]
    closing: str
    """Why it was sent, and what to do when it should not have been."""
    sections: tuple[Section, ...] = ()
    entries: tuple[Entry, ...] = ()
    subject_has_own_address: bool = False
    """It holds an address of the reader's own, which stays as it is."""
    unsubscribe: Link | None = None
    """Of a mail that comes again and again: a POST to it ends that without asking, a GET changes nothing (RFC 8058)."""


@dataclass(frozen=True, slots=True)
class Mailing:
    sender: str
    """The program's name, which heads the mail."""
    letter: Letter
    addresses: tuple[str, ...]
    was_asked_for: bool = False
    """By its reader, a minute ago: that some other mail was called spam does not hold it back."""
