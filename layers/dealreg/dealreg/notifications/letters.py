"""What each letter says. Pure: what is known comes in, words go out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from dealreg.approvals.model import ApprovalView
from dealreg.deals.model import Deal, next_step
from dealreg.deals.words import FACTS, FIELDS, VERDICTS
from dealreg.notifications.model import Letter, Link, Section
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.events import Event
from dealreg.platform.text import day, moment_with_weekday, money, one_line


@dataclass(frozen=True, slots=True)
class Words:
    """`{names}` are filled in; a paragraph that names what is not known is left out."""

    subject: str
    headline: str
    paragraphs: tuple[str, ...]
    link: str = "Open the registration"


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
        ("“{reason}”", "Your registration keeps its place while you answer."),
        "Answer now",
    ),
    "deal.approved": Words(
        "Approved: {customer} ({number})",
        "Your registration is approved",
        ("{next}", "Until then nobody else can register this customer for these products. Good luck with the sale!"),
    ),
    "deal.rejected": Words(
        "Not approved: {customer} ({number})",
        "Your registration was not approved",
        ("The reviewer wrote: “{reason}”", "If you think that something was overlooked, talk to your partner manager."),
    ),
    "deal.withdrawn": Words(
        "Withdrawn: {customer} ({number})",
        "Your registration is withdrawn",
        ("It no longer holds the customer for you. You may register the customer again at any time.",),
    ),
    "deal.expiring": Words(
        "Protection ends on {protected_until}: {customer} ({number})",
        "The protection of your deal ends soon",
        ("On {protected_until} this customer becomes free for others to register. Tell us if the sale goes on.",),
    ),
    "deal.expired": Words(
        "Expired: {customer} ({number})",
        "Your registration has expired",
        ("It no longer holds the customer for you. If the sale goes on, register it again.",),
    ),
    "deal.won": Words(
        "Won: {customer} ({number})",
        "Congratulations, the deal is won",
        ("The sale of {won_amount} was reported to us and is credited to you.",),
    ),
}
"""By event type; other events are not worth an e-mail."""

APPROVAL_LETTERS: Mapping[str, Words] = {
    "approval.requested": Words(
        "Please decide: {customer}, {amount} ({number})",
        "{partner} registered a deal",
        ("Please decide by {decide_by}.",),
    ),
    "approval.reminder": Words(
        "Reminder, please decide: {customer}, {amount} ({number})",
        "{partner} is waiting for your decision",
        ("Please decide by {decide_by}.",),
    ),
    "approval.escalated": Words(
        "Passed on to you, please decide: {customer}, {amount} ({number})",
        "{partner} is waiting for a decision",
        ("It was not made in time, so the question comes to you.", "Please decide by {decide_by}."),
    ),
}
_NOTHING_YET = "Each link opens a page that shows the deal once more; nothing is decided before you confirm it there."


def deal_letter(event: Event, deal: Deal, public_url: str) -> Letter:
    """Says what held when the event happened, though the deal may have moved on since."""
    words, known = DEAL_LETTERS[event.type], _known_of(event, deal)
    fields: list[str] = event.data.get("fields", [])
    asked = tuple(FIELDS.get(name, name) for name in fields)
    return Letter(
        subject=words.subject.format_map(known),
        headline=words.headline,
        paragraphs=_paragraphs(words, known),
        facts={
            FACTS["number"]: known["number"],
            FACTS["customer.name"]: known["customer"],
            FACTS["amount"]: money(event.data["amount"]),
        },
        sections=(Section("Please complete or correct:", asked),) if asked else (),
        links=(Link(words.link, f"{public_url}/deals/{deal.id}"),),
        closing="You get this because you registered this deal.",
    )


def _known_of(event: Event, deal: Deal) -> dict[str, str]:
    data: Mapping[str, Any] = event.data
    reason, protected_until = data.get("reason"), data.get("protected_until")
    then = replace(deal, status=data["status"], reason=reason, protected_until=protected_until)
    return {
        "number": data["number"],
        "customer": one_line(data["customer_name"]),
        "next": next_step(then),
        "reason": reason or "",
        "protected_until": day(protected_until) if protected_until else "",
        "won_amount": money(data["won_amount"]) if data.get("won_amount") else "",
    }


def approval_letter(kind: str, view: ApprovalView, program: Program, token: str, public_url: str) -> Letter:
    deal, words = view.deal, APPROVAL_LETTERS[kind]
    known = {
        "number": deal.number,
        "customer": one_line(deal.customer["name"]),
        "amount": money(deal.amount),
        "partner": one_line(view.partner_name),
        "decide_by": _decide_by(view),
    }
    page = f"{public_url}/approvals/{token}"
    sections = {"What was found:": view.matches, "The partner’s notes:": (deal.notes,) if deal.notes else ()}
    return Letter(
        subject=words.subject.format_map(known),
        headline=words.headline.format_map(known),
        paragraphs=(*_paragraphs(words, known), _NOTHING_YET),
        facts=_facts_for_approver(deal, program),
        sections=tuple(
            Section(title, tuple(one_line(line, 1000) for line in lines)) for title, lines in sections.items() if lines
        ),
        links=(
            Link("Approve", f"{page}#approve", "good"),
            Link("Reject", f"{page}#reject", "stop"),
            Link("Ask for information", f"{page}#request-info", "quiet"),
        ),
        closing="You get this because you decide on registrations. "
        "The links are yours alone: please do not forward them.",
    )


def _decide_by(view: ApprovalView) -> str:
    """What the partner was promised, or when the question is passed on, if that is earlier; empty if it is over."""
    approval, promised = view.approval, view.deal.decide_by
    deadline = min(approval.expires_at, times.from_text(promised)) if promised else approval.expires_at
    return moment_with_weekday(deadline) if deadline > approval.asked_at else ""


def _facts_for_approver(deal: Deal, program: Program) -> dict[str, str]:
    customer = deal.customer
    products = [product.name for product in program.products if product.id in deal.products]
    facts = {
        "customer.name": ", ".join(filter(None, (customer["name"], customer.get("country")))),
        "amount": money(deal.amount),
        "products": ", ".join(products),
        "expected_close_date": day(deal.expected_close_date) if deal.expected_close_date else "",
        "customer.domain": customer.get("domain"),
        "customer.tax_id": customer.get("tax_id"),
        "number": deal.number,
        "verdict": "{0.title}. {0.text}".format(VERDICTS[deal.verdict]),
    }
    return {FACTS[name]: one_line(value) for name, value in facts.items() if value}


def sign_in_letter(name: str, program: str, token: str, public_url: str) -> Letter:
    return Letter(
        subject=f"Your sign-in link for {program}",
        headline=f"Hello {one_line(name)}",
        paragraphs=("This link signs you in. It works once, for 15 minutes.",),
        facts={},
        links=(Link("Sign in", f"{public_url}/sign-in/{token}"),),
        closing="Somebody asked to sign in with this address. If it was not you, do nothing: "
        "nobody gets in without the link.",
    )


def _paragraphs(words: Words, known: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(text.format_map(known) for text in words.paragraphs if _is_known(text, known))


def _is_known(text: str, known: Mapping[str, str]) -> bool:
    return all(known[name] for _, name, _, _ in Formatter().parse(text) if name)
