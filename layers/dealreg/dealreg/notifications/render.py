"""Letters as mail: one look for all of them, in text and in HTML that Outlook, Gmail and Apple Mail show alike.

Nothing is fetched when it is opened: no picture, font or script. The vendor's colour is what varies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dealreg.notifications.model import Letter
from dealreg.platform.colours import ink_on, readable_on
from dealreg.platform.text import one_line, spaced, title, unlinked

COLOUR = "#0d6350"
"""Of a vendor that chose none."""
_PAPER, _NIGHT_CARD = "#f7f6f2", "#1b211e"
"""Of the template's grounds those on which a colour is hardest to read: the darker of the day, the lighter at night."""
_PREHEADER = 140
"""What lists of mails show after the subject."""


@dataclass(frozen=True, slots=True)
class Mail:
    sender: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict[str, str])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters[unlinked.__name__] = unlinked
    return environment


def render(letter: Letter, sender: str, colour: str = COLOUR) -> Mail:
    """`sender` is the name of the program, which heads the mail."""
    subject = title(letter.subject if letter.subject_has_own_address else spaced(letter.subject))
    head = one_line(sender)
    context: dict[str, Any] = {
        "letter": letter,
        "sender": head,
        "subject": subject,
        "preheader": one_line(" ".join(letter.paragraphs), _PREHEADER),
        "colours": _colours(colour),
    }
    text = _environment().get_template("mail.txt").render(context)
    html = _environment().get_template("mail.html").render(context)
    return Mail(head, subject, text.strip() + "\n", html.lstrip(), _headers(letter))


def _colours(vendors: str) -> Mapping[str, str]:
    """Where text stands on the vendor's colour it is white or black; where it is the text, it is made readable."""
    night_fill = readable_on(_NIGHT_CARD, vendors)
    return {
        "fill": vendors,
        "on_fill": ink_on(vendors),
        "accent": readable_on(_PAPER, vendors),
        "night_fill": night_fill,
        "on_night_fill": ink_on(night_fill),
    }


def _headers(letter: Letter) -> dict[str, str]:
    if not letter.unsubscribe:
        return {}
    return {"List-Unsubscribe": f"<{letter.unsubscribe.url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
