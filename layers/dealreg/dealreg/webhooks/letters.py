"""The letters that tell an owner how an endpoint is doing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealreg.notifications.model import Letter, Mailing, Notice
from dealreg.notifications.words import Words
from dealreg.partners import users
from dealreg.partners.program import current_program
from dealreg.platform import dynamo
from dealreg.platform.text import moment_with_weekday, one_line

ENDPOINT_LETTERS: Mapping[str, Words] = {
    "endpoint.failing": Words(
        "Your webhook endpoint is failing: {url}",
        "A webhook endpoint of yours does not answer",
        (
            "Since {since} nothing that we sent there was accepted. Nothing is lost: we go on trying.",
            "After five days it would be disabled; what it is to get would then be held until you enable it again.",
        ),
    ),
    "endpoint.disabled": Words(
        "Your webhook endpoint was disabled: {url}",
        "A webhook endpoint of yours was disabled",
        (
            "{why}",
            "What it is to get is held for 90 days. Enable it with POST /v1/webhook-endpoints/{id}/enable: all that "
            "was held is then sent.",
        ),
    ),
    "endpoint.recovered": Words(
        "Your webhook endpoint works again: {url}",
        "A webhook endpoint of yours works again",
        ("It accepted what we sent. What had to wait follows by itself.",),
    ),
}
_REASONS = {
    "gone": "It answered 410 Gone, which says that it is not to be called any more.",
    "failing": "For five days it accepted nothing of what we sent.",
}


def write(notice: Notice, item: dynamo.Item, _: datetime) -> Mailing | None:
    """To all the partner's people; of the vendor's own endpoints to the approver, who is its contact."""
    program, letter = current_program(), endpoint_letter(notice.kind, item["data"])
    if item["partner_id"]:
        return Mailing(program.name, letter, tuple(user.email for user in users.of_partner(item["partner_id"])))
    approver = program.approvers.first
    return Mailing(program.name, letter, (approver,)) if approver else None


def endpoint_letter(event_type: str, data: Mapping[str, Any]) -> Letter:
    words, since = ENDPOINT_LETTERS[event_type], data["failing_since"]
    known = {
        "id": data["endpoint_id"],
        "url": one_line(data["url"]),
        "since": moment_with_weekday(since) if since else "",
        "why": _REASONS.get(data["reason"] or "", ""),
    }
    return Letter(
        subject=words.subject.format_map(known),
        subject_has_own_address=True,
        headline=words.headline,
        paragraphs=tuple(text.format_map(known) for text in words.paragraphs),
        facts={"Endpoint": known["url"], "Id": known["id"]},
        links=(),
        closing="You get this because the endpoint belongs to your company.",
    )
