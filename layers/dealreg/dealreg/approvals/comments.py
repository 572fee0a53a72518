"""Comments as the approver meets them: a letter when the partner writes, and the answer from the approver's page."""

from dataclasses import replace
from datetime import datetime

from dealreg.approvals import asked, closed, store
from dealreg.approvals.asked import AskedView
from dealreg.approvals.model import Choice, Question, Review, Status
from dealreg.approvals.setting import has_left, why_barred
from dealreg.deals import authors, commands
from dealreg.deals import rules as deal_rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, Side
from dealreg.deals.statuses import Status as DealStatus
from dealreg.deals.words import FACTS
from dealreg.notifications import store as notifications
from dealreg.notifications.model import Letter, Link, Mailing, Notice, Section
from dealreg.notifications.words import lines_of
from dealreg.partners import partners
from dealreg.partners.limits import limit
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, events
from dealreg.platform.errors import Gone
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import money, one_line, unlinked

KIND = "approval.commented"


def tell(event: Event, _: datetime) -> None:
    """After a comment: the partner's goes to whoever has the deal in hand."""
    if event.data.get("side") == Side.PARTNER:
        notifications.enqueue(Notice(KIND, event.id, event.place.table, event.key.pk, event.key.sk))


def write(_: Notice, item: dynamo.Item, now: datetime) -> Mailing | None:
    event, program = events.from_item(Setting.DEALS_TABLE, item), current_program()
    deal = deals.locate(event.subject)
    review = store.newest_of(deal)
    question = in_hand(review)
    address = question.approver if question else program.approvers.first
    if not address or event.partner_id != deal.partner_id:
        return None
    page = ""
    if review and question and _is_discussed(review, question, deal):
        page = f"{read(Setting.PUBLIC_URL)}/approvals/{store.link_token(review, question.number)}#comments"
    return Mailing(program.name, _letter(event, deal, partners.load(deal.partner_id).name, page), (address,))


def _letter(event: Event, deal: Deal, partner_name: str, page: str) -> Letter:
    customer, author = one_line(deal.customer["name"]), one_line(event.data["author_name"])
    facts = {"number": deal.number, "customer.name": customer, "amount": money(deal.amount)}
    return Letter(
        subject=f"New comment: {customer} ({deal.number})",
        headline=unlinked(f"{author} commented on a deal"),
        paragraphs=(unlinked(f"It is a registration of {one_line(partner_name)}."),),
        facts={FACTS[name]: value for name, value in facts.items()},
        sections=(Section("The comment:", lines_of(event.data["text"])),),
        links=(Link("Open and answer", page),) if page else (),
        closing="You get this because you decide on registrations."
        + (" The link is yours alone: please do not forward it." if page else ""),
    )


def in_hand(review: Review | None) -> Question | None:
    """Whose approver answers for the deal: the first that is open, who asked the partner, else the newest.

    None if nobody still decides.
    """
    if review is None:
        return None
    deciding = [question for question in review.questions if "@" in question.approver]
    known = [question for question in deciding if not has_left(question.approver, review)]
    open_ = next((question for question in known if question.status is Status.PENDING), None)
    asking = next((question for question in known if question.choice is Choice.REQUEST_INFO), None)
    newest = max(known, key=lambda question: (question.asked_at, question.number), default=None)
    return open_ or asking or newest


def _is_discussed(review: Review, question: Question, deal: Deal) -> bool:
    """Whether its approver can answer a comment from the page: while it is open, or waits for the partner."""
    return not closed.why_closed(review, question, deal) or deal.status == DealStatus.ACTION_REQUIRED


def may_comment(view: AskedView) -> bool:
    """Everybody who is asked may, and who asked the partner for information."""
    if view.review.version != view.deal.asked_version:
        return False
    question = view.question if view.question.status is Status.PENDING else in_hand(view.review)
    is_own = question is not None and question.number == view.question.number
    barred = why_barred(view.question.approver, view.review, view.deal)
    return is_own and not barred and _is_discussed(view.review, view.question, view.deal)


def comment(token: str, text: str, now: datetime) -> None:
    """Raises NotFound for a forged link, Gone for one whose approver has the deal in hand no longer, RateLimited."""
    view = asked.find_by_token(token, now)
    context, author = commands.context_at(now), authors.of_approver()

    def said(current: Deal) -> Change:
        if not may_comment(replace(view, deal=current)):
            told = view.closed or "Somebody else decides on this deal."
            raise Gone(told, question_status=view.question.status)
        return deal_rules.comment(current, context, text, author, view.question.approver)

    # an approver's comments are counted by deal
    commands.apply(view.deal, said, allowance=limit("comments", view.review.deal_id, now).read())
