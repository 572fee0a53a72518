"""Every e-mail that the stack sent, as MiniStack has them."""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx

from local.clock import written
from local.places import STACK_NAME, Places

_HREF = re.compile(r"""href=["'](https?://[^"']+)["']""")
_URL = re.compile(r"https?://[^\s<>\"')]+")


@dataclass(frozen=True)
class Mail:
    id: str
    to: list[str]
    subject: str
    text: str
    html: str
    links: list[str]
    sent_at: str


class Mailbox:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._source = f"{places.endpoint}/_ministack/ses/messages"

    async def fetch(self) -> list[Mail]:
        """All mails, newest first."""
        async with httpx.AsyncClient() as http:
            messages: dict[str, list[dict[str, Any]]] = (await http.get(self._source)).json()["messages"]
        mails = [_mail(message) for of_account in messages.values() for message in of_account]
        return sorted(mails, key=lambda mail: mail.sent_at, reverse=True)

    async def find(self, mail_id: str) -> Mail | None:
        return next((mail for mail in await self.fetch() if mail.id == mail_id), None)

    async def wait_for_new(self, address: str, known: set[str], seconds: float = 20) -> Mail | None:
        """The next mail to `address` that is not among `known`."""
        for _ in range(int(seconds / 0.2)):
            for mail in await self.fetch():
                if mail.id not in known and address in mail.to:
                    return mail
            await asyncio.sleep(0.2)
        return None

    def tell_of(self, mail: Mail, kind: str, now: datetime) -> None:
        """What SES would, which MiniStack does not: that the mail bounced, or was called spam."""
        topic = self._places.aws("cloudformation").describe_stack_resource(
            StackName=STACK_NAME, LogicalResourceId="MailFeedback"
        )["StackResourceDetail"]["PhysicalResourceId"]
        self._places.aws("sns").publish(TopicArn=topic, Message=json.dumps(feedback(mail, kind, now)))


def feedback(mail: Mail, kind: str, now: datetime) -> dict[str, Any]:
    """`kind` is bounce or complaint; anything else counts as a bounce."""
    at, told = written(now), [{"emailAddress": address} for address in mail.to]
    about = {"timestamp": at, "messageId": mail.id, "destination": mail.to}
    if kind == "complaint":
        said = {"complainedRecipients": told, "complaintFeedbackType": "abuse", "timestamp": at}
        return {"eventType": "Complaint", "complaint": said, "mail": about}
    refused = [one | {"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"} for one in told]
    said = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": refused, "timestamp": at}
    return {"eventType": "Bounce", "bounce": said, "mail": about}


def _mail(message: dict[str, Any]) -> Mail:
    html, text = message["BodyHtml"] or "", message["BodyText"] or ""
    found = [unescape(url) for url in _HREF.findall(html)] + [url.rstrip(".,") for url in _URL.findall(text)]
    return Mail(
        id=message["MessageId"],
        to=message["To"] + message["CC"] + message["BCC"],
        subject=message["Subject"],
        text=text,
        html=html,
        links=list(dict.fromkeys(found)),
        sent_at=datetime.fromtimestamp(message["Timestamp"], UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
    )
