"""A notice becomes letters: reads what it is about, writes, sends once to each recipient."""

import logging
from collections.abc import Mapping
from datetime import datetime
from email.utils import formataddr

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.approvals import store as approvals
from dealreg.deals import store as deals
from dealreg.notifications import letters, store
from dealreg.notifications.endpoint_letters import endpoint_letter
from dealreg.notifications.model import Mailing, Notice
from dealreg.notifications.render import Mail, render
from dealreg.partners import sessions, users
from dealreg.partners.program import current_program
from dealreg.platform import aws, dynamo, events, times
from dealreg.platform.errors import Unavailable
from dealreg.platform.settings import Setting, read
from dealreg.webhooks.model import VENDOR

logger = logging.getLogger(__name__)

_HEADERS: Mapping[str, str] = {
    "Auto-Submitted": "auto-generated",  # RFC 3834 §5: no out-of-office answers
    "X-Auto-Response-Suppress": "All",  # the same for Exchange
}


def deliver(body: str, now: datetime) -> None:
    """`body` is a queue message. Raises Unavailable after all recipients were tried, if one could not be written to."""
    notice = store.read_notice(body)
    mailing = _mailing(notice, now)
    if mailing is None:
        logger.info("nothing to tell", extra={"kind": notice.kind, "notice_id": notice.id})
        return
    mail = render(mailing.letter, current_program().name)
    refused: list[str] = []
    for address in mailing.addresses:
        try:
            _send_once(notice, address, mail, now)
        except ClientError as error:
            refused.append(error.response.get("Error", {}).get("Code", ""))
        except BotoCoreError as error:
            refused.append(type(error).__name__)
    if refused:  # by their codes alone: what SES says may name the recipient, and this is logged
        raise Unavailable(f"{len(refused)} of {len(mailing.addresses)} letters not sent: {', '.join(refused)}")


def _send_once(notice: Notice, address: str, mail: Mail, now: datetime) -> None:
    if store.was_sent(notice, address):
        return
    aws.client("sesv2").send_email(
        FromEmailAddress=formataddr((mail.sender, read(Setting.SENDER_ADDRESS))),
        Destination={"ToAddresses": [address]},
        Content={
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
                "Headers": [{"Name": name, "Value": value} for name, value in _HEADERS.items()],
            }
        },
    )
    store.mark_sent(notice, address, now)
    logger.info("letter sent", extra={"kind": notice.kind, "notice_id": notice.id})


def _mailing(notice: Notice, now: datetime) -> Mailing | None:
    """None when what was to be told no longer holds, or nobody is there to be told."""
    family = notice.kind.partition(".")[0]
    about = {
        "deal": _about_deal,
        "approval": _about_approval,
        "endpoint": _about_endpoint,
        "sign_in": _about_sign_in,
    }
    return about[family](notice, now)


def _about_deal(notice: Notice, now: datetime) -> Mailing | None:
    """To whoever registered the deal; to all the partner's people when its system did."""
    item = dynamo.get(read(Setting.DEALS_TABLE), notice.pk, notice.sk)
    if item is None or not current_program().partner_emails:
        return None
    event = events.from_item(item)
    deal = deals.locate(event.deal_id)
    people = users.of_partner(event.partner_id)
    author = [user for user in people if user.id == deal.user_id]
    letter = letters.deal_letter(event, deal, read(Setting.PUBLIC_URL))
    return Mailing(letter, tuple(user.email for user in author or people))


def _about_approval(notice: Notice, now: datetime) -> Mailing | None:
    item = dynamo.get(read(Setting.DEALS_TABLE), notice.pk, notice.sk)
    if item is None:
        return None
    view = approvals.view_of(item["deal_id"], item["approval_id"], now)
    if view.closed or not view.approval.approver:
        return None
    token = approvals.link_token(view.approval)
    letter = letters.approval_letter(notice.kind, view, current_program(), token, read(Setting.PUBLIC_URL))
    return Mailing(letter, (view.approval.approver,))


def _about_endpoint(notice: Notice, now: datetime) -> Mailing | None:
    """To all the partner's people; of the vendor's own endpoints to the approver, who is its contact."""
    item = dynamo.get(read(Setting.WEBHOOKS_TABLE), notice.pk, notice.sk)
    if item is None:
        return None
    letter = endpoint_letter(notice.kind, item["envelope"]["data"])
    if item["owner"] == VENDOR:
        approver = current_program().approvers.first
        return Mailing(letter, (approver,)) if approver else None
    return Mailing(letter, tuple(user.email for user in users.of_partner(item["owner"])))


def _about_sign_in(notice: Notice, now: datetime) -> Mailing | None:
    row = dynamo.get(read(Setting.PARTNERS_TABLE), notice.pk, notice.sk)
    if row is None or row["expires_at"] <= times.to_text(now):
        return None
    user = users.load(row["partner_id"], row["user_id"])
    token = sessions.link_token(row["sign_in_id"])
    letter = letters.sign_in_letter(user.name, current_program().name, token, read(Setting.PUBLIC_URL))
    return Mailing(letter, (user.email,))
