"""The letters about a run, with the link that is the right to approve it, and about what a partner was paid."""

import re
from collections.abc import Mapping
from datetime import datetime

from dealreg.ledger import claimed
from dealreg.notifications.model import Letter, Link, Mailing, Notice
from dealreg.notifications.words import Words, paragraphs
from dealreg.partners import users
from dealreg.partners.program import current_program, stored_program
from dealreg.payouts import store
from dealreg.payouts.model import Payout, Run
from dealreg.payouts.rules import number_of_run
from dealreg.platform import dynamo, events, ids, tokens
from dealreg.platform.errors import NotFound
from dealreg.platform.events import Event
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import day, one_line, unlinked

PROPOSED, PAID, RETURNED = "payout_run.proposed", "payout.paid", "payout.returned"
_LINK = re.compile(r"(run_[0-9A-Z]{26})-([A-Za-z0-9_-]{43})")


def write(_: Notice, event: dynamo.Item, __: datetime) -> Mailing | None:
    """None where nobody is named to approve, or nothing is left to."""
    program, run = stored_program(), store.load_run(event["subject"])
    approver = program.money.payout_approver
    if approver is None or run.state != "proposed":
        return None
    url = f"{read(Setting.PUBLIC_URL)}/approvals/payout-runs/{link_token(run, approver)}"
    return Mailing(program.name, proposed_letter(run, url), (approver,))


def proposed_letter(run: Run, url: str) -> Letter:
    number = number_of_run(run.id)
    return Letter(
        subject=f"Please approve: payout run {number}",
        headline="Commissions wait to be paid out",
        paragraphs=("The link opens a page that shows the run; nothing is decided before you confirm it there.",),
        facts={"Run": number, "Total": sums(run), "Payouts": str(run.payouts)},
        links=(Link("Look at the run", url),),
        closing="You get this because you approve payout runs. The link is yours alone: please do not forward it.",
    )


def sums(run: Run) -> str:
    """Without tax."""
    return ", ".join(str(Money(minor, currency)) for currency, minor in sorted(run.totals.items())) or "nothing"


def link_token(run: Run, approver: str) -> str:
    """The end of the link. It is of this approver: of another one it is no link any more."""
    return f"{run.id}-{tokens.derive('payout run', run.id, approver)}"


def of_link(text: str) -> str:
    """The token at the beginning."""
    return ids.at_beginning(_LINK, text)


def find_by_token(token: str) -> tuple[Run, str]:
    """With who approves. Raises NotFound for a link that is not ours, or not any more."""
    found, approver = _LINK.fullmatch(token), stored_program().money.payout_approver
    if found is None or approver is None or not tokens.matches(found[2], "payout run", found[1], approver):
        raise NotFound
    return store.load_run(found[1]), approver


# ---- to the partner -------------------------------------------------------------------------------------------------

PARTNER_LETTERS: Mapping[str, Words] = {
    PAID: Words(
        "Your commission is paid: {total}",
        "Your commission is paid",
        ("It was paid on {paid_on}; a bank may take some days to credit it.",),
    ),
    RETURNED: Words(
        "Your payout came back: {total}",
        "A payout came back",
        (
            "What was paid to you on {paid_on} has come back to us. It is payable again, and part of a later payout.",
            "This is why: “{text}”",
            "If your bank account has changed, please tell us.",
        ),
    ),
}


def write_to_partner(_: Notice, item: dynamo.Item, __: datetime) -> Mailing | None:
    """To all the partner's people. Of what came back meanwhile nobody is told any more that it was paid."""
    program = current_program()
    if not program.partner_emails:
        return None
    event = events.from_item(Setting.LEDGER_TABLE, item)
    payout = store.load_payout(claimed.payout_key(event.partner_id, event.data["payout_id"]))
    if event.type == PAID and payout.returned_at:
        return None
    addresses = tuple(user.email for user in users.of_partner(event.partner_id))
    return Mailing(program.name, partner_letter(event, payout, read(Setting.PUBLIC_URL)), addresses)


def partner_letter(event: Event, payout: Payout, public_url: str) -> Letter:
    words, data = PARTNER_LETTERS[event.type], event.data
    amount, tax, total = (
        str(Money(minor, payout.currency)) for minor in (payout.minor, payout.tax, payout.minor + payout.tax)
    )
    known = {
        "total": total,
        "paid_on": day(payout.paid_at) if payout.paid_at else "",
        "text": unlinked(one_line(data.get("text") or "")),
    }
    parts = {"Commission": amount, "Tax": tax} if payout.tax else {}
    facts = {"Payout": data["payout_number"], **parts, "Total": total, "Reference": data.get("reference")}
    return Letter(
        subject=words.subject.format_map(known),
        headline=words.headline,
        paragraphs=paragraphs(words, known),
        facts={name: one_line(value) for name, value in facts.items() if value},
        links=(Link("See your earnings", f"{public_url}/deals/earnings"),),
        closing="You get this because your company earns commission. It is not a tax invoice.",
    )
