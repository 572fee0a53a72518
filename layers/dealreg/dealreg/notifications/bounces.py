"""Addresses that take no mail: what SES tells of bounces and complaints, and the marks that it leaves.

A mark is a row of the Partners table, `ADDRESS#<address>` / `BOUNCED`. Its stream brings it to every capability with a
stream handler for `(Setting.PARTNERS_TABLE, KIND)`, which is how questions to a bounced approver are escalated.
"""

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

from dealreg.platform import dynamo, outbox, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.replies import Moment
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import one_line

logger = logging.getLogger(__name__)

KIND = "BOUNCED"
_KEPT = timedelta(days=90)
"""Then an address is tried again: mailboxes come back, and nobody remembers to say so."""
_LONGEST_REASON = 200

Cause = Literal["bounce", "complaint"]


class BounceView(TypedDict):
    kind: Cause
    at: Moment
    reason: str


@dataclass(frozen=True, slots=True)
class Bounce:
    address: str
    kind: Cause
    """A complaint is a reader who called a mail spam."""
    at: datetime
    reason: str
    """In the words of SES or of the other side's mail server."""


def is_feedback(message: Mapping[str, Any]) -> bool:
    """Whether a queue message is what SES tells, and not a notice."""
    return "eventType" in message


def record(message: Mapping[str, Any], now: datetime) -> None:
    """Marks the addresses of an event that SES published."""
    for bounce in read_feedback(message):
        mark(bounce, now)


def read_feedback(message: Mapping[str, Any]) -> list[Bounce]:
    """Nothing for what passes, such as a full mailbox, and for a reader who says that a mail is no spam."""
    match message:
        case {"eventType": "Bounce", "bounce": {"bounceType": "Permanent"} as said}:
            return [_bounce(one, "bounce", said) for one in _concerned(message, said["bouncedRecipients"])]
        case {"eventType": "Complaint", "complaint": said} if said.get("complaintFeedbackType") != "not-spam":
            return [_bounce(one, "complaint", said) for one in _concerned(message, said["complainedRecipients"])]
        case _:
            logger.info("mail feedback that means nothing", extra={"type": message["eventType"]})
            return []


def _concerned(message: Mapping[str, Any], recipients: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whom we wrote to, which is one address a mail: the server may name the one that it was forwarded to."""
    written_to = message["mail"]["destination"]
    return [recipients[0] | {"emailAddress": written_to[0]}] if len(written_to) == 1 and recipients else recipients


def _bounce(recipient: Mapping[str, Any], kind: Cause, said: Mapping[str, Any]) -> Bounce:
    reasons = (recipient.get("diagnosticCode"), said.get("complaintFeedbackType"), said.get("bounceSubType"))
    reason = one_line(next(filter(None, reasons), ""), _LONGEST_REASON)
    return Bounce(recipient["emailAddress"], kind, times.from_text(said["timestamp"]), reason)


def mark(bounce: Bounce, now: datetime) -> None:
    key = _key(bounce.address)
    item = {
        "pk": key.pk,
        "sk": key.sk,
        "kind": bounce.kind,
        "at": times.to_text(bounce.at),
        "reason": bounce.reason,
        "ttl": int((now + _KEPT).timestamp()),
        **outbox.MARK,
    }
    with suppress(ConditionFailed):  # told already, or of something newer
        dynamo.write(dynamo.put(key.table, item, "attribute_not_exists(pk) OR #at < :at", {"at": item["at"]}))
        logger.warning("address marked", extra={"kind": bounce.kind})


def marked(addresses: Iterable[str]) -> dict[str, BounceView]:
    """Of the addresses, as they are written, those that take no mail, and why."""
    keys = {address: _key(address) for address in addresses}
    found = dynamo.batch_get(keys.values())
    return {address: _view(found[key]) for address, key in keys.items() if key in found}


def bounced(addresses: Iterable[str]) -> set[str]:
    return set(marked(addresses))


def unmark(address: str) -> dynamo.Action:
    """For whoever saves an address again: it is to be written to from now on."""
    return dynamo.delete(_key(address))


def forget_saved(*addresses: str | None) -> None:
    """As `unmark`, of many, most of which are not marked: who saves an address again says that it is right."""
    for address in sorted(bounced(filter(None, addresses))):
        dynamo.write(unmark(address))


def address_of(row: Mapping[str, Any]) -> str:
    """Whose mark a row is, for stream handlers."""
    return row["pk"].partition("#")[2]


def _key(address: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.PARTNERS_TABLE), f"ADDRESS#{address.strip().lower()}", KIND)


def _view(item: Mapping[str, Any]) -> BounceView:
    return {"kind": item["kind"], "at": item["at"], "reason": item["reason"]}
