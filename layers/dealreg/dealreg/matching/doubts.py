"""Why two that share a domain or a number may still be two customers.

Of the organisations in public registers one in four shares its domain with another one.
"""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable

from dealreg.matching.identities import differing_number
from dealreg.matching.index import Prospect
from dealreg.matching.names.normalise import Name, initials, normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.remarks import known_as
from dealreg.matching.names.score import as_learned, compare
from dealreg.platform import dynamo

_WITH_HAN = frozenset(["HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"])
_NOTHING_IN_COMMON = -3.0
"""Points, numbers apart, whatever verdicts made of the weights since."""
_SCHEMES = {"vat": "VAT ids", "national": "tax ids", "lei": "LEIs", "duns": "DUNS numbers"}


def doubt_of_company(prospect: Prospect, identity: str, other: dynamo.Item) -> str:
    """In words, about who has the same identity; empty if nothing speaks against one company.

    The vendor knows which domains its own accounts have, whatever a partner calls the customer.
    """
    if kind := differing_number(prospect.numbers, other.get("numbers", {})):
        return f"but their {_SCHEMES[kind.partition('/')[0]]} differ"
    names = (other["name"], *other.get("aliases", ()))
    is_account = "ownership" in other
    if (
        identity.startswith("domain#")
        and not is_account
        and names_contradict(known_as(prospect.name, *prospect.aliases), known_as(*names))
    ):
        return "but the names have nothing in common"
    return ""


def names_contradict(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether no name of one company can be a name of the other; names in two scripts say nothing of that."""
    return all(_are_apart(one, other) for one, other in itertools.product(ours, theirs))


def _are_apart(one: str, other: str) -> bool:
    if _script(one) != _script(other):
        return False
    left, right = normalise(one), normalise(other)
    score = compare(left, right, as_learned())
    points = score.points - score.parts[Reason.NUMBER]
    return points < _NOTHING_IN_COMMON and not (_abbreviates(left, right) or _abbreviates(right, left))


def _abbreviates(short: Name, long: Name) -> bool:
    return len(short.joined) > 1 and short.joined in initials(long.spoken)


def _script(name: str) -> str:
    """Of most of its letters: LATIN, CYRILLIC and so on; kana and Han are written together."""
    letters = filter(str.isalpha, unicodedata.normalize("NFKC", name))
    scripts = [unicodedata.name(letter, "").partition(" ")[0] for letter in letters]
    counts = Counter("CJK" if script in _WITH_HAN else script for script in scripts)
    return max(counts, key=lambda script: (counts[script], script), default="")
