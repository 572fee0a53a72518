"""A notice becomes letters: its writer writes, each recipient gets one. Who writes is an argument."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import formataddr

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.notifications import bounces, store
from dealreg.notifications.model import Mailing, Notice
from dealreg.notifications.render import COLOUR, Mail, render
from dealreg.platform import aws, dynamo
from dealreg.platform.errors import Unavailable
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)

_HEADERS: dict[str, str] = {
    "Auto-Submitted": "auto-generated",  # RFC 3834 §5: no out-of-office answers
    "X-Auto-Response-Suppress": "All",  # the same for Exchange
}


Write = Callable[[Notice, dynamo.Item, datetime], Mailing | None]


def deliver(body: str, writers: Mapping[str, Write], now: datetime, colour: str = COLOUR) -> None:
    """`body` is a queue message; `writers` are by kind of notice; `colour` is the vendor's.

    Raises Unavailable after all recipients were tried, if one could not be written to.
    """
    notice = store.read_notice(body)
    write, item = writers[notice.kind], dynamo.get(read(Setting(notice.table)), notice.pk, notice.sk)
    mailing = write(notice, item, now) if item else None
    if mailing is None:
        logger.info("nothing to tell", extra={"kind": notice.kind, "notice_id": notice.id})
        return
    mail, silent = render(mailing.letter, mailing.sender, colour), bounces.marked(mailing.addresses)
    refused: list[str] = []
    for address in mailing.addresses:
        if address in silent and not (mailing.was_asked_for and silent[address]["kind"] == "complaint"):
            logger.info("address takes no mail", extra={"kind": notice.kind, "notice_id": notice.id})
            continue
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
        ConfigurationSetName=read(Setting.CONFIGURATION_SET),
        Content={
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
                "Headers": [{"Name": name, "Value": value} for name, value in (_HEADERS | mail.headers).items()],
            }
        },
    )
    store.mark_sent(notice, address, now)
    logger.info("letter sent", extra={"kind": notice.kind, "notice_id": notice.id})
