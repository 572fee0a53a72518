"""The keys under which look-alikes meet: at most twelve are written for a name, at most eight are read for a check.

`j` the joined name · `t` a rare word as it sounds · `p` the beginning from the first word that counts · `2` two
common words · `3` any two words · `<` `>` beginning and end of a long word · `d` a short word with one letter left
out · `a` initials · `1` a common first word. Two names meet if a key written for one is read for the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from dealreg.conflicts.normalise import Name, initials
from dealreg.conflicts.words import sound

MOST_WRITTEN = 12
MOST_READ = 8
BLOCK_CAP = 64
"""Entries in one block: about 6 kB. A full block takes no more, which is what keeps a check's cost the same."""
_RARE = 11
"""Bits from which a word has a block of its own: 57 of 117,000 names have it."""
_COUNTS = 10
"""Bits from which a word says more than what kind of organisation it is."""
_LONG = 7
_BEGINNING = 6


@dataclass(frozen=True, slots=True)
class _Keys:
    joined: list[str]
    rare: list[str]
    beginning: list[str]
    common_pairs: list[str]
    pairs: list[str]
    ends: list[str]
    left_out: list[str]
    initials: list[str]
    first: list[str]
    single_word: bool
    few_words: bool


def written_keys(name: Name) -> list[str]:
    """Where a registration or an account is posted."""
    keys = _keys(name)
    common, ends = keys.common_pairs, keys.ends
    return _at_most(
        MOST_WRITTEN,
        *(keys.joined, keys.rare, keys.beginning[:1], ends[:2], common[:1], keys.left_out, keys.initials, keys.first),
        *(common[1:4], ends[2:4], keys.beginning[1:], common[4:], keys.pairs, ends[4:]),
    )


def read_keys(name: Name) -> list[str]:
    """Where a check looks, the most telling first."""
    keys = _keys(name)
    common, ends = keys.common_pairs, keys.ends
    return _at_most(
        MOST_READ,
        *(keys.joined if keys.few_words else [], keys.rare[:3], keys.beginning[:1]),
        *(keys.initials[:1] if keys.single_word else [], common[:1], keys.left_out[:1], common[1:2], ends[:2]),
        *(keys.first, keys.left_out, ends[2:4] if len(keys.rare) < 3 else [], keys.beginning[1:], common[2:]),
        *(keys.pairs, keys.initials),
    )


def _at_most(most: int, *groups: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(key for group in groups for key in group))[:most]


def _keys(name: Name) -> _Keys:
    entries = dict.fromkeys(zip(name.bits, name.words, name.written, strict=True))
    ranked = sorted(entries, key=lambda entry: (-entry[0], -len(entry[2]), entry[1]))
    words = [word for _, word, _ in ranked]
    rare = [(word, written) for bits, word, written in ranked if bits >= _RARE and len(word) > 1]
    counting = [written for bits, _, written in ranked if bits >= _COUNTS or len(words) == 1]
    return _Keys(
        joined=[f"j{name.joined[:24]}"],
        rare=[f"t{_spoken(word)}" for word, _ in rare[:4]],
        beginning=_beginnings(name),
        common_pairs=_pairs("2", [word for bits, word, _ in ranked if bits < _RARE][:4]),
        pairs=_pairs("3", words[:4]),
        ends=[key for word in counting if len(word) >= _LONG for key in (f"<{word[:4]}{word[-1]}", f">{word[-5:]}")][
            :6
        ],
        left_out=_left_out([written for _, written in rare]),
        initials=_initials(name),
        first=[f"1{name.words[0]}"] if len(words) <= 3 and name.bits[0] < _RARE else [],
        single_word=len(words) == 1,
        few_words=len(words) <= 2,
    )


def _spoken(word: str) -> str:
    """A short word is itself; of a longer one only what it sounds like counts."""
    heard = sound(word)
    return word if len(word) < 5 or len(heard) < 3 else heard


def _beginnings(name: Name) -> list[str]:
    start = next((place for place, bits in enumerate(name.bits) if bits >= _COUNTS), None)
    keys: list[str] = []
    if start is not None:
        rest = "".join(name.written[start:])
        keys += [f"p{rest[:_BEGINNING]}"] if len(rest) >= _BEGINNING else []
    if start != 0 and len(name.joined) >= _BEGINNING + 2:
        keys.append(f"p{name.joined[: _BEGINNING + 2]}")
    return keys


def _pairs(kind: str, words: Sequence[str]) -> list[str]:
    """Every two words, the rarest first."""
    ranked = sorted(combinations(range(len(words)), 2), key=lambda pair: (sum(pair), pair))
    return [kind + "|".join(sorted((words[one], words[other]))) for one, other in ranked]


def _left_out(rare: Sequence[str]) -> list[str]:
    """One slip in a short word is found by leaving out each letter in turn, on both sides."""
    short = next((word for word in rare if 4 <= len(word) < _LONG), None)
    if short is None or (len(rare) > 1 and len(rare[0]) >= _LONG):
        return []
    shorter = [short[:place] + short[place + 1 :] for place in range(len(short))] if len(short) > 4 else []
    return [f"d{word}" for word in dict.fromkeys([short, *shorter])]


def _initials(name: Name) -> list[str]:
    counted = initials(name.spoken)[1]
    keys: list[str] = []
    if len(name.written) == 1 and 2 <= len(name.written[0]) < _LONG:
        keys.append(f"a{name.written[0]}")
    elif len(counted) > 2:
        keys.append(f"a{counted[:8]}")
    return keys + [f"a{word}" for word in name.aside if 2 <= len(word) < _LONG][:1]
