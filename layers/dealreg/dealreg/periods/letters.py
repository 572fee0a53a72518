"""The letter about a closed statement, to all the partner's people."""

from datetime import datetime

from dealreg.notifications.model import Letter, Link, Mailing, Notice
from dealreg.partners import users
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, events
from dealreg.platform.settings import Setting, read


def write(_: Notice, item: dynamo.Item, __: datetime) -> Mailing | None:
    program = current_program()
    if not program.partner_emails:
        return None
    event = events.from_item(Setting.LEDGER_TABLE, item)
    addresses = tuple(user.email for user in users.of_partner(event.partner_id))
    return Mailing(program.name, letter_of(event, read(Setting.PUBLIC_URL)), addresses)


def letter_of(event: events.Event, public_url: str) -> Letter:
    period = event.data["period"]
    facts = {one["number"]: f"{one['closing']} {one['currency']}" for one in event.data["statements"]}
    return Letter(
        subject=f"Your commission statement of {period}",
        headline=f"Your statement of {period} is closed",
        paragraphs=(
            "Nothing in it changes any more: what comes later is in the statement of a later month.",
            "This is what your ledger came to at its end, for each statement.",
        ),
        facts=facts,
        links=(Link("See your earnings", f"{public_url}/deals/earnings"),),
        closing="You get this because your company earns commission. A statement is not a tax invoice.",
    )
