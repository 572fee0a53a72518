"""Rows of disputes, in the Ledger table.

`DISPUTES` / `DISPUTE#<id>`: all of them, of which there are few · `PARTNER#<id>` / `OWN_DISPUTE#<id>`: whose they are
· `PARTNER#<id>` / `OPEN_DISPUTE#<line or deal>`: while one is open.
"""

from collections.abc import Mapping
from typing import Any

from dealreg.disputes.model import Answer, Dispute
from dealreg.ledger import rows
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.platform.money import Money

ALL, DISPUTE, OWN = "DISPUTES", "DISPUTE#", "OWN_DISPUTE#"


def key_of(dispute_id: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), ALL, f"{DISPUTE}{dispute_id}")


def open_key(dispute: Dispute) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"PARTNER#{dispute.partner_id}", f"OPEN_DISPUTE#{dispute.about}")


def load(dispute_id: str) -> Dispute:
    """Raises NotFound."""
    key = key_of(dispute_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound("There is no such dispute.")
    return from_item(item)


def load_own(partner_id: str, dispute_id: str) -> Dispute:
    """Raises NotFound, for another partner's too."""
    dispute = load(dispute_id)
    if dispute.partner_id != partner_id:
        raise NotFound("There is no such dispute.")
    return dispute


def opened(dispute: Dispute) -> list[dynamo.Action]:
    """The last of them fails if one is open already."""
    own = {"pk": f"PARTNER#{dispute.partner_id}", "sk": f"{OWN}{dispute.id}", "id": dispute.id}
    key = open_key(dispute)
    still = {"pk": key.pk, "sk": key.sk, "id": dispute.id}
    return [
        dynamo.put(rows.table(), to_item(dispute), dynamo.ABSENT),
        dynamo.put(rows.table(), own, dynamo.ABSENT),
        dynamo.put(rows.table(), still, dynamo.ABSENT),
    ]


def answered(dispute: Dispute) -> list[dynamo.Action]:
    """The first of them fails if it was answered meanwhile."""
    return [
        dynamo.put(rows.table(), to_item(dispute), "#state = :open", {"open": "open"}),
        dynamo.delete(open_key(dispute)),
    ]


def page(start: dynamo.Item | None, size: int) -> tuple[list[Dispute], dynamo.Item | None]:
    """Of all, newest first."""
    found = dynamo.page(rows.table(), ALL, DISPUTE, forward=False, limit=size, start=start)
    return [from_item(item) for item in found.items], found.next_key


def page_of_partner(partner_id: str, start: dynamo.Item | None, size: int) -> tuple[list[Dispute], dynamo.Item | None]:
    """Newest first."""
    found = dynamo.page(rows.table(), f"PARTNER#{partner_id}", OWN, forward=False, limit=size, start=start)
    keys = [key_of(item["id"]) for item in found.items]
    items = dynamo.batch_get(keys)
    return [from_item(items[key]) for key in keys], found.next_key


def to_item(dispute: Dispute) -> dynamo.Item:
    key, answer = key_of(dispute.id), dispute.answer
    item: dict[str, Any] = {
        "pk": key.pk,
        "sk": key.sk,
        "id": dispute.id,
        "partner_id": dispute.partner_id,
        "user_id": dispute.user_id,
        "text": dispute.text,
        "made_at": times.to_text(dispute.made_at),
        "line_id": dispute.line_id,
        "deal_id": dispute.deal_id,
        "state": dispute.state,
    }
    if answer:
        item["answer"] = {
            "outcome": answer.outcome,
            "text": answer.text,
            "at": times.to_text(answer.at),
            "by": answer.by,
            "amount": dict(answer.amount.to_wire()) if answer.amount else None,
            "minor": answer.amount.minor if answer.amount else None,
            "line_id": answer.line_id,
        }
    return item


def from_item(item: Mapping[str, Any]) -> Dispute:
    said = item.get("answer")
    return Dispute(
        id=item["id"],
        partner_id=item["partner_id"],
        user_id=item["user_id"],
        text=item["text"],
        made_at=times.from_text(item["made_at"]),
        line_id=item["line_id"],
        deal_id=item["deal_id"],
        answer=_answer(said) if said else None,
    )


def _answer(said: Mapping[str, Any]) -> Answer:
    amount = Money(said["minor"], said["amount"]["currency"]) if said["amount"] else None
    return Answer(said["outcome"], said["text"], times.from_text(said["at"]), said["by"], amount, said["line_id"])
