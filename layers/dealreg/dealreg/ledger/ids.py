"""Ids of facts inside the ledger: a sale or payment, a refund or customer is a source's, so two sources never meet.

Pure. What is shown, and every key, has the provider's id and the source beside it.
"""

import zlib
from dataclasses import replace
from datetime import datetime

from dealreg.commissions.facts import Claim, Payment, SaleContent
from dealreg.platform.ids import ALPHABET, is_id, make_id

_SEPARATOR = "\x1f"
"""No id has it: what senders write is printable."""
_NUMBER, _OWNER = 7, 9
"""Letters of a line's id that say its number, and whose it is."""


def qualified(source_id: str, provider_id: str) -> str:
    return f"{source_id}{_SEPARATOR}{provider_id}"


def source_of(qualified_id: str) -> str:
    return qualified_id.partition(_SEPARATOR)[0]


def provider_id_of(qualified_id: str) -> str:
    return qualified_id.partition(_SEPARATOR)[2]


def without_source(text: str, source_id: str) -> str:
    """A text that names things of this source, such as a bucket or a step, as it is shown."""
    return text.replace(f"{source_id}{_SEPARATOR}", "")


def payment_of_source(said: Payment, source_id: str) -> Payment:
    return replace(
        said,
        id=qualified(source_id, said.id),
        sale_id=qualified(source_id, said.sale_id),
        also=tuple(qualified(source_id, name) for name in said.also),
        content=content_of_source(said.content, source_id) if said.content else None,
    )


def content_of_source(said: SaleContent, source_id: str) -> SaleContent:
    return replace(
        said,
        id=qualified(source_id, said.id),
        subscription_id=qualified(source_id, said.subscription_id) if said.subscription_id else None,
        billing_id=qualified(source_id, said.billing_id) if said.billing_id else None,
    )


def claim_of_source(said: Claim, source_id: str) -> Claim:
    return replace(
        said,
        id=qualified(source_id, said.id),
        payment_id=qualified(source_id, said.payment_id) if said.payment_id else None,
        sale_id=qualified(source_id, said.sale_id) if said.sale_id else None,
    )


# ---- lines ----------------------------------------------------------------------------------------------------------


def line_id(partner_id: str, number: int, posted_at: datetime) -> str:
    """It has the line's number in it, so that a partner's line is found by it in one read."""
    owner = zlib.crc32(partner_id.encode())
    return make_id("com", posted_at, number * 32**_OWNER + owner)


def number_in(line: str) -> int | None:
    """None for what is no line's id."""
    if not is_id("com", line):
        return None
    digits = line[-_NUMBER - _OWNER : -_OWNER]
    return sum(ALPHABET.index(digit) * 32**place for place, digit in enumerate(reversed(digits)))
