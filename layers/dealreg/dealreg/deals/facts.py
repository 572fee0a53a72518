"""What a review looks at of a deal: the facts that rules ask of, and what of them an approver has seen. Pure."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from dealreg.deals.model import Deal
from dealreg.matching.rules import Certainty, Verdict
from dealreg.partners.routing import DEFAULT_CALENDAR, READABLE, Routing
from dealreg.partners.rules import Facts
from dealreg.platform import times

WORDS: Mapping[str, str] = {
    "amount": "the deal value",
    "products": "the products",
    "customer": "the customer, or what was found of it",
    "expected_close_date": "the closing date",
    "notes": "the notes",
    "type": "the type",
    "partner": "the partner",
}
"""What the parts are called for an approver."""
NEARLY_ALIKE = 90
"""Per cent. A match this likely rules out automatic approval, though it takes more to be a possible duplicate."""
PARTNER = "partner"
_ALWAYS = (PARTNER,)
_PARTS = (*READABLE, *_ALWAYS)
_BYTES, _LENGTH = 8, 11
"""Of a part's digest, and of its text: nobody finds another part with the same while a review lasts."""


def is_nearly_alike(match: Mapping[str, Any]) -> bool:
    """Whether a match that counts for nothing yet keeps a deal from being approved by nobody."""
    return match.get("certainty") == Certainty.NONE and match.get("likelihood", 0) >= NEARLY_ALIKE


def is_for_a_person(match: Mapping[str, Any]) -> bool:
    """Whether one that counts for nothing in the verdict keeps a deal from being approved by nobody.

    Whoever registered at the same moment may have been approved without having seen the deal.
    """
    return is_nearly_alike(match) or (match.get("later", False) and match.get("certainty") != Certainty.NONE)


def facts_of(deal: Deal, routing: Routing) -> Facts:
    registered = routing.calendars[DEFAULT_CALENDAR].local(times.from_text(deal.created_at))
    return Facts(
        amount=deal.amount,
        registered_on=registered.date(),
        tier=deal.tier,
        partner=deal.partner_id,
        verdict=Verdict(deal.verdict),
        families=frozenset(deal.families),
        country=deal.customer.get("country") or "",
        type=deal.type or "",
        is_for_a_person=any(is_for_a_person(match) for match in deal.matches),
    )


def seen(deal: Deal) -> str:
    """A digest of each part, one after the other, of all that a decision is about. The contact's data is none of it."""
    return "".join(map(_digest, _values(deal).values()))


def same(one: str, other: str, parts: Iterable[str] = _PARTS) -> bool:
    """Whether who saw `one` saw these parts of `other`, and whose deal it is."""
    return not (set(changed(one, other)) & {*parts, *_ALWAYS})


def changed(one: str, other: str) -> list[str]:
    """Which parts differ; all of them from what is no such digest."""
    if len(one) != len(_PARTS) * _LENGTH:
        return list(_PARTS)
    return [
        part
        for place, part in enumerate(_PARTS)
        if one[place * _LENGTH : (place + 1) * _LENGTH] != other[place * _LENGTH : (place + 1) * _LENGTH]
    ]


def _values(deal: Deal) -> dict[str, Any]:
    customer = {name: value for name, value in deal.customer.items() if name != "contact"}
    return {
        "amount": [deal.amount.minor, deal.amount.currency],
        "products": sorted(deal.products),
        "customer": [customer, deal.verdict],
        "expected_close_date": deal.expected_close_date,
        "notes": deal.notes,
        "type": deal.type,
        PARTNER: deal.partner_id,
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
    digest = hashlib.blake2b(text, digest_size=_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
