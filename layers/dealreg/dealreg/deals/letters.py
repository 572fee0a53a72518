"""The letters about a deal, to those who registered it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.deals import store
from dealreg.deals.extensions import EXTENDED, REFUSED
from dealreg.deals.model import Deal
from dealreg.deals.rules import COMMENTED, REASSIGNED_AWAY, Side
from dealreg.deals.views import next_step
from dealreg.deals.words import FACTS, FIELDS
from dealreg.notifications.model import Letter, Link, Mailing, Notice, Section
from dealreg.notifications.words import Words, lines_of, paragraphs
from dealreg.partners import users
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, events, times
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import day, money, one_line, unlinked

DEAL_LETTERS: Mapping[str, Words] = {
    "deal.submitted": Words(
        "We have your registration: {customer} ({number})",
        "Your registration is in",
        ("{next}", "There is nothing more to do for now. We write to you as soon as something changes."),
    ),
    "deal.in_review": Words(
        "In review now: {customer} ({number})",
        "Your registration has moved up",
        ("It was waiting in line and is in review now. {next}",),
    ),
    "deal.action_required": Words(
        "Please complete: {customer} ({number})",
        "The reviewer needs something from you",
        ("“{reason}”", "Your registration keeps its place until {answer_by}. Without an answer by then it expires."),
        "Answer now",
    ),
    "deal.reminded": Words(
        "Still open, please answer by {answer_by}: {customer} ({number})",
        "The reviewer waits for your answer",
        ("“{reason}”", "Without an answer by {answer_by} your registration expires, and the customer becomes free."),
        "Answer now",
    ),
    "deal.approved": Words(
        "Approved: {customer} ({number})",
        "Your registration is approved",
        (
            "{next}",
            "The reviewer wrote: “{reason}”",
            "Until then the customer is protected for you, for these products. Good luck with the sale!",
        ),
    ),
    "deal.rejected": Words(
        "Not approved: {customer} ({number})",
        "Your registration was not approved",
        (
            "This is why: “{reason}”",
            "If you think that something was overlooked, you can appeal until {appeal_by}, on the registration's page. "
            "It is looked at once more then.",
        ),
    ),
    "deal.withdrawn": Words(
        "Withdrawn: {customer} ({number})",
        "Your registration is withdrawn",
        ("It no longer holds the customer for you. You may register the customer again at any time.",),
    ),
    "deal.expiring": Words(
        "Protection ends on {protected_until}: {customer} ({number})",
        "The protection of your deal ends soon",
        (
            "On {protected_until} this customer becomes free for others to register.",
            "You asked for a longer protection, and get an answer by {extension_decide_by}.",
            "If the sale goes on, write a comment on the registration's page before then.",
        ),
    ),
    EXTENDED: Words(
        "Extended until {protected_until}: {customer} ({number})",
        "The protection of your deal is longer now",
        ("The deal is yours until {ends_on}.", "The reviewer wrote: “{reason}”"),
    ),
    REFUSED: Words(
        "Not extended: {customer} ({number})",
        "The protection of your deal was not made longer",
        ("This is why: “{reason}”", "Its end is what it was: {ends_on}."),
    ),
    "deal.sign_of_life_asked": Words(
        "Does the sale go on? {customer} ({number})",
        "We have not heard of this deal for long",
        (
            "Tell us by {answer_by} that the sale goes on, with the button on the registration's page. "
            "A comment or any other change does it too.",
            "If we hear nothing, the protection ends then and the customer becomes free for others to register.",
        ),
    ),
    "deal.expired": Words(
        "Expired: {customer} ({number})",
        "Your registration has expired",
        ("{next}",),
    ),
    "deal.reassigned": Words(
        "Now yours: {customer} ({number})",
        "A registration was given to you",
        ("{next}", "Another partner had it before. Its dates are as they were."),
    ),
    REASSIGNED_AWAY: Words(
        "No longer yours: {customer} ({number})",
        "Your registration was given to another partner",
        ("You do not see it any more, and it holds the customer for you no longer.",),
        "See your registrations",
    ),
    "deal.won": Words(
        "Won: {customer} ({number})",
        "Congratulations, the deal is won",
        ("The sale of {won_amount} was reported to us, and your registration is won.",),
    ),
    COMMENTED: Words(
        "New comment: {customer} ({number})",
        "{author} commented on your deal",
        ("You can answer on the deal’s page.",),
        "Open the comments",
    ),
}
"""By event type; other events are not worth an e-mail."""


def write(_: Notice, item: dynamo.Item, __: datetime) -> Mailing | None:
    """To whoever registered the deal; to all the partner's people when its system did."""
    program = current_program()
    if not program.partner_emails:
        return None
    event = events.from_item(Setting.DEALS_TABLE, item)
    if _is_own_act(event):
        return None
    deal = store.locate(event.subject)
    people = users.of_partner(event.partner_id)
    author = [user for user in people if user.id == event.internal.get("user_id", deal.user_id)]
    letter = deal_letter(event, deal, read(Setting.PUBLIC_URL))
    return Mailing(program.name, letter, tuple(user.email for user in author or people))


def _is_own_act(event: Event) -> bool:
    """The partner knows it from doing it."""
    if event.type == COMMENTED:
        return event.data.get("side") != Side.VENDOR
    return event.type == EXTENDED and "by" not in event.internal


def deal_letter(event: Event, deal: Deal, public_url: str) -> Letter:
    """Says what held when the event happened, though the deal may have moved on since."""
    words, known = DEAL_LETTERS[event.type], _known_of(event, deal)
    is_gone = event.type == REASSIGNED_AWAY
    fields: list[str] = event.data.get("fields", [])
    sections = {
        "Please complete or correct:": tuple(FIELDS.get(name, name) for name in fields),
        "The comment:": lines_of(event.data.get("text", "")),
    }
    return Letter(
        subject=words.subject.format_map(known),
        headline=unlinked(words.headline.format_map(known)),
        paragraphs=paragraphs(words, known),
        facts={
            FACTS["number"]: known["number"],
            FACTS["customer.name"]: known["customer"],
            FACTS["amount"]: money(event.data["amount"]),
        },
        sections=tuple(Section(title, lines) for title, lines in sections.items() if lines),
        links=(Link(words.link, f"{public_url}/deals{'' if is_gone else f'/{deal.id}'}"),),
        closing=f"You get this because this deal {'was' if is_gone else 'is'} your company's.",
    )


_NOT_YET: Mapping[str, None] = dict.fromkeys(("answer_by", "sign_of_life_by", "appeal_by", "extension"))
"""What came after the event, if it did."""
_DAYS = ("appeal_by", "answer_by", "extension_decide_by")


def _known_of(event: Event, deal: Deal) -> dict[str, str]:
    data: Mapping[str, Any] = event.data
    reason, protected_until = data.get("reason"), data.get("protected_until")
    then = replace(deal, status=data["status"], reason=reason, reason_code=data.get("reason_code"))
    then = replace(then, protected_until=protected_until, **_NOT_YET)
    is_over = bool(protected_until) and protected_until <= times.to_text(event.timestamp)
    return {
        "number": data["number"],
        "customer": one_line(data["customer_name"]),
        "next": next_step(then),
        "reason": reason or "",
        "protected_until": day(protected_until) if protected_until else "",
        "ends_on": f"{day(protected_until)}{', which is past' if is_over else ''}" if protected_until else "",
        **{name: day(data[name]) if data.get(name) else "" for name in _DAYS},
        "won_amount": money(data["won_amount"]) if data.get("won_amount") else "",
        "author": one_line(data.get("author_name", "")),
    }
