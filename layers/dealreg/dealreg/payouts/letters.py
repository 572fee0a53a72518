"""The letter that asks finance to approve a run, and the link in it, which is the right to."""

import re
from datetime import datetime

from dealreg.notifications.model import Letter, Link, Mailing, Notice
from dealreg.partners.program import stored_program
from dealreg.payouts import store
from dealreg.payouts.model import Run
from dealreg.payouts.rules import number_of_run
from dealreg.platform import dynamo, ids, tokens
from dealreg.platform.errors import NotFound
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting, read

PROPOSED = "payout_run.proposed"
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
