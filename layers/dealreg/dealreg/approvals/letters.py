"""The letters that ask an approver to decide."""

from collections.abc import Mapping
from datetime import datetime

from dealreg.approvals import asked, store
from dealreg.approvals.asked import AskedView
from dealreg.approvals.people import AWAY, NOBODY
from dealreg.approvals.setting import why_nobody
from dealreg.approvals.steps import DELEGATED as DELEGATED_TO
from dealreg.deals.answers import PartnerAnswer
from dealreg.deals.model import Deal
from dealreg.deals.words import FACTS, verdict_words
from dealreg.notifications.model import Letter, Link, Mailing, Notice, Section
from dealreg.notifications.words import Words, paragraphs
from dealreg.partners.program import Program, current_program
from dealreg.platform import dynamo, times
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import day, moment_with_weekday, money, one_line, unlinked
from dealreg.platform.working_time import Calendar

REQUESTED, REMINDER = "approval.requested", "approval.reminder"
ESCALATED, DELEGATED = "approval.escalated", "approval.delegated"
APPROVAL_LETTERS: Mapping[str, Words] = {
    REQUESTED: Words(
        "Please decide: {customer}, {amount} ({number})",
        "{partner} registered a deal",
        ("{why}", "Please decide by {decide_by}."),
    ),
    REMINDER: Words(
        "Reminder, please decide: {customer}, {amount} ({number})",
        "{partner} is waiting for your decision",
        ("Please decide by {decide_by}.",),
    ),
    ESCALATED: Words(
        "Passed on to you, please decide: {customer}, {amount} ({number})",
        "{partner} is waiting for a decision",
        ("It was not made in time, so the question comes to you.", "Please decide by {decide_by}."),
    ),
    DELEGATED: Words(
        "Passed on to you, please decide: {customer}, {amount} ({number})",
        "{partner} is waiting for a decision",
        ("{why}", "Please decide by {decide_by}."),
    ),
}
_OF_EXTENSIONS: Mapping[str, Words] = {
    REQUESTED: Words(
        "Please decide on an extension: {customer}, {amount} ({number})",
        "{partner} asks for a longer protection",
        ("{why}", "Please decide by {decide_by}."),
    ),
    REMINDER: Words(
        "Reminder, please decide on an extension: {customer}, {amount} ({number})",
        "{partner} is waiting for your decision",
        ("Please decide by {decide_by}.",),
    ),
    ESCALATED: Words(
        "Passed on to you, please decide on an extension: {customer}, {amount} ({number})",
        "{partner} is waiting for a longer protection",
        ("It was not decided in time, so the question comes to you.", "Please decide by {decide_by}."),
    ),
    DELEGATED: Words(
        "Passed on to you, please decide on an extension: {customer}, {amount} ({number})",
        "{partner} is waiting for a longer protection",
        ("{why}", "Please decide by {decide_by}."),
    ),
}
"""Instead of the usual letters, where the question is whether a protection is made longer."""
_ANSWERED = Words(
    "Answered, please decide: {customer}, {amount} ({number})",
    "{partner} answered the reviewer’s question",
    ("{why}", "Please decide by {decide_by}."),
)
"""Instead of the first letter, where the question was asked before."""
_NOTHING_YET = "Each link opens a page that shows the deal once more; nothing is decided before you confirm it there."


def write(notice: Notice, item: dynamo.Item, now: datetime) -> Mailing | None:
    view = asked.find(item["deal_id"], item["review_version"], question_of(notice))
    is_vain = bool(view.held) and notice.kind == REMINDER
    if view.closed or is_vain:
        return None
    program, token = current_program(), store.link_token(view.review, view.question.number)
    letter = approval_letter(notice.kind, view, program, token, read(Setting.PUBLIC_URL), _why(view, now))
    return Mailing(program.name, letter, (view.question.approver,))


def _why(view: AskedView, now: datetime) -> str:
    """Why somebody is asked who was not named; empty for who was."""
    owner, because = view.question.instead_of, view.question.because
    if not owner or because not in (DELEGATED_TO, AWAY, NOBODY):
        return ""
    if because == DELEGATED_TO:
        return f"It was put to {one_line(owner)} first, and passed on to you."
    reason = "is away" if because == AWAY else why_nobody(owner, view.review, view.deal, now)
    return f"{one_line(owner)} {reason}, so the question comes to you."


def question_of(notice: Notice) -> str:
    """Of a reminder's id, what comes before its number."""
    return notice.id.partition("#")[0]


def approval_letter(kind: str, view: AskedView, program: Program, token: str, public_url: str, why: str = "") -> Letter:
    """`why` its reader is asked, who was not named."""
    deal, words = view.deal, _words(kind, view)
    known = {
        "number": deal.number,
        "customer": one_line(deal.customer["name"]),
        "amount": money(deal.amount),
        "partner": one_line(view.partner_name),
        "decide_by": _decide_by(view, program.calendar),
        "why": why,
    }
    page = f"{public_url}/approvals/{token}"
    return Letter(
        subject=words.subject.format_map(known),
        headline=unlinked(words.headline.format_map(known)),
        paragraphs=(*paragraphs(words, known), *filter(None, (view.held,)), _NOTHING_YET),
        facts=_facts_for_approver(deal, program),
        sections=tuple(
            Section(title, tuple(one_line(line, 1000) for line in lines))
            for title, lines in _sections(view).items()
            if lines
        ),
        links=(
            Link("Approve", f"{page}#approve", "good"),
            Link("Reject", f"{page}#reject", "stop"),
            *(() if view.extension else (Link("Ask for information", f"{page}#request-info", "quiet"),)),
        ),
        closing="You get this because you decide on registrations. "
        "The links are yours alone: please do not forward them.",
    )


def _words(kind: str, view: AskedView) -> Words:
    if view.extension:
        return _OF_EXTENSIONS[kind]
    return _ANSWERED if view.answered and kind == REQUESTED else APPROVAL_LETTERS[kind]


def _sections(view: AskedView) -> dict[str, tuple[str, ...]]:
    notes = {"The partner’s notes:": (view.deal.notes,) if view.deal.notes else ()}
    if extension := view.extension:
        asked = f"{extension.days} more days: until {day(extension.until)}, not {day(extension.instead_of)}."
        return {"What is asked:": (asked,), "Why:": (extension.reason,) if extension.reason else (), **notes}
    answered = _answer(view.answered) if view.answered else {}
    return {**answered, "What was found:": view.matches, **notes}


def _answer(answered: PartnerAnswer) -> dict[str, tuple[str, ...]]:
    changed = [
        f"{name}: {_part(before)} → {_part(after)}" if before != after else f"{name}: not changed"
        for name, before, after in answered.changes
    ]
    return {
        "What was asked:": (answered.asked,),
        "What the partner answered:": tuple(changed) or ("Nothing was changed.",),
    }


def _part(text: str) -> str:
    return one_line(text, 400) or "nothing"


def _decide_by(view: AskedView, calendar: Calendar) -> str:
    """What the partner was promised, or when the question is passed on, if that is earlier; empty if it is over."""
    promised = times.from_text(view.deal.decide_by) if view.deal.decide_by else None
    deadline = min((moment for moment in (promised, view.escalate_at) if moment), default=None)
    is_ahead = deadline and deadline > view.question.asked_at
    return moment_with_weekday(deadline, calendar) if deadline and is_ahead else ""


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
        "verdict": "" if deal.extension else "{0.title}. {0.text}".format(verdict_words(deal.verdict, deal.matches)),
    }
    return {FACTS[name]: one_line(value) for name, value in facts.items() if value}
