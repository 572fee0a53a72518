"""Comments as the approver meets them: a letter when the partner writes, and the answer from the approver's page."""

from dataclasses import replace
from datetime import datetime

from dealreg.approvals import rules, store
from dealreg.approvals.model import Approval, ApprovalView
from dealreg.deals import authors, commands
from dealreg.deals import rules as deal_rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, Side
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
    question = in_hand(deal)
    address = question.approver if question else program.approvers.first
    if not address or event.partner_id != deal.partner_id:
        return None
    discussed = question if question and rules.is_discussed(question, deal, now) else None
    page = f"{read(Setting.PUBLIC_URL)}/approvals/{store.link_token(discussed)}#comments" if discussed else ""
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


def in_hand(deal: Deal) -> Approval | None:
    """The question whose approver answers for the deal; None if nobody was asked who still decides."""
    return rules.in_hand(store.questions_of(deal.id), current_program().approvers)


def may_comment(asked: ApprovalView, now: datetime) -> bool:
    question = in_hand(asked.deal)
    return question is not None and question.id == asked.approval.id and rules.is_discussed(question, asked.deal, now)


def comment(token: str, text: str, now: datetime) -> None:
    """Raises NotFound for a forged link, Gone for one whose approver has the deal in hand no longer, RateLimited."""
    asked = store.find_by_token(token, now)
    question, context, author = asked.approval, commands.context_at(now), authors.of_approver()

    def said(current: Deal) -> Change:
        if not may_comment(replace(asked, deal=current), now):
            raise Gone(asked.closed or "Somebody else decides on this deal.", approval_status=question.status)
        return deal_rules.comment(current, context, text, author, question.approver)

    commands.apply(asked.deal, said, allowance=limit("comments", question.deal_id, now).read())
