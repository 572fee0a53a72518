"""Letters as mail: one look for all of them, in text and in HTML that mail clients on a phone show well."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dealreg.notifications.model import Letter
from dealreg.platform.text import one_line, unlinked


@dataclass(frozen=True, slots=True)
class Mail:
    sender: str
    subject: str
    text: str
    html: str


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


def render(letter: Letter, sender: str) -> Mail:
    """`sender` is the name of the program, which heads the mail."""
    context = {"letter": letter, "sender": one_line(sender)}
    text = _environment().get_template("mail.txt").render(context)
    html = _environment().get_template("mail.html").render(context)
    return Mail(one_line(sender), one_line(letter.subject), text.strip() + "\n", html)
