"""Ids: a prefix that names the kind, 48 bits of time so that they sort, 80 random bits."""

import re
import secrets
from datetime import datetime
from urllib.parse import unquote

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that an id can be read aloud."""

_LENGTH = 26
MOMENT_LENGTH = 10
"""Of an id's letters after the prefix, those that say when it was made."""
_NUMBER_LENGTH = 8
_MOST_SIGNS = 4
"""Such as the end of a sentence, in quotes, in brackets."""
_ID = re.compile(rf"[a-z]+_[{ALPHABET}]{{{_LENGTH}}}")


def _encode(value: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def make_id(prefix: str, now: datetime, entropy: int) -> str:
    """`entropy` is an integer of 80 bits; ids of one millisecond are in no order."""
    milliseconds = int(now.timestamp() * 1000)
    return f"{prefix}_{_encode((milliseconds << 80) | entropy, _LENGTH)}"


def new_id(prefix: str, now: datetime) -> str:
    return make_id(prefix, now, secrets.randbits(80))


def is_id(prefix: str, text: str) -> bool:
    head, _, tail = text.partition("_")
    return head == prefix and len(tail) == _LENGTH and all(character in ALPHABET for character in tail)


def of_link(text: str) -> str:
    """The id at the beginning."""
    return at_beginning(_ID, text)


def at_beginning(pattern: re.Pattern[str], text: str) -> str:
    """Of a link's end what is ours: after it comes the punctuation that a mail program took for part of the link.

    With anything else behind it, such as a letter or a digit, it is no link of ours: all of it, as it is.
    """
    found = pattern.match(text)
    return found[0] if found and _is_punctuation(unquote(text[found.end() :])) else text


def _is_punctuation(text: str) -> bool:
    return len(text) <= _MOST_SIGNS and not any(character.isalnum() for character in text)


def deal_locator(deal_id: str) -> str:
    """The eight last characters of a deal's id: its number without the dashes, and its partition of events."""
    return deal_id[-_NUMBER_LENGTH:]


def deal_number(deal_id: str) -> str:
    locator = deal_locator(deal_id)
    return f"D-{locator[:4]}-{locator[4:]}"


def locator_of_number(number: str) -> str | None:
    """Forgives case, spaces, missing dashes and the letters that are read as digits; None if it is no deal number."""
    text = number.strip().upper().replace("-", "").replace(" ", "")
    text = text.removeprefix("D") if len(text) == _NUMBER_LENGTH + 1 else text
    text = text.translate(str.maketrans("ILO", "110"))
    return text if len(text) == _NUMBER_LENGTH and all(character in ALPHABET for character in text) else None
