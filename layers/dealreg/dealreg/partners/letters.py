"""The letter with the link that signs a person in."""

from datetime import datetime

from dealreg.notifications.model import Letter, Link, Mailing, Notice
from dealreg.partners import sessions
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, times
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import one_line, unlinked


def write_sign_in(_: Notice, row: dynamo.Item, now: datetime) -> Mailing | None:
    if row["expires_at"] <= times.to_text(now):
        return None
    person, program = sessions.person(row["partner_id"], row["user_id"]), current_program().name
    token = sessions.link_token(row["sign_in_id"])
    letter = sign_in_letter(person.name, program, token, read(Setting.PUBLIC_URL))
    return Mailing(program, letter, (person.email,), was_asked_for=True)


def sign_in_letter(name: str, program: str, token: str, public_url: str) -> Letter:
    return Letter(
        subject=f"Your sign-in link for {program}",
        headline=f"Hello {unlinked(one_line(name))}",
        paragraphs=("This link signs you in. It works once, for 15 minutes.",),
        facts={},
        links=(Link("Sign in", f"{public_url}/sign-in/{token}"),),
        closing="Somebody asked to sign in with this address. If it was not you, do nothing: "
        "nobody gets in without the link.",
    )
