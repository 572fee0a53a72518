"""The keys under which look-alikes meet: at most twelve are written for a name, at most eight are read for a check.

`j` the joined name · `t` a rare word, or two words in a row, as they sound · `p` the beginning from the first word that
counts · `v` the beginnings of two words · `<` `>` beginning and end of a long word · `d` a short word with one letter
left out · `c` a common word in a country · `2` two common words · `a` initials. Two names meet if a key written for one
is read for the other.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise, zip_longest

from dealreg.matching.names.normalise import Name, initials
from dealreg.matching.names.words import sound

MAX_WRITTEN = 12
MAX_READ = 8
BLOCK_CAP = 64
"""Entries in one block: about 6 kB. A full block takes no more, which is what keeps a check's cost the same."""
_RARE = 11
"""Bits from which a word has a block of its own: 57 of 117,000 names have it."""
_COUNTS = 10
"""Bits from which a word says more than what kind of organisation it is."""
_SHORT = 4
_LONG = 7
_BEGINNING = 5
_LONGEST_OUTLINED = 11
_LONGEST_ACRONYM = 5
_JOINED_BEGINNING = 8


class _Keys:
    """Every key of a name, by kind, the most telling first."""

    def __init__(self, name: Name, country: str | None) -> None:
        entries = dict.fromkeys(zip(name.bits, name.words, name.written, strict=True))
        ranked = sorted(entries, key=lambda entry: (-entry[0], -len(entry[2]), entry[1]))
        rare = [(word, written) for bits, word, written in ranked if bits >= _RARE and len(word) > 1]
        common = [word for bits, word, _ in ranked if bits < _RARE]
        counting = [written for bits, _, written in ranked if bits >= _COUNTS or len(ranked) == 1]
        self.joined = [f"j{name.joined[:24]}"]
        self.rare = [f"t{_spoken(word)}" for word, _ in rare[:4]]
        self.in_a_row = [f"t{_spoken(one + two)}" for one, two in pairwise(name.spoken) if len(one + two) > _SHORT][:1]
        self.beginning = _beginning(name)
        one, other = _two_words(name)
        self.beginnings = [f"v{one[:3]}|{other[:2]}"] if len(one) > 2 and other else []
        """Two slips in two words leave how both begin, or how both begin and end."""
        self.outline = [f"o{one[0]}{one[-1]}{other[0]}{other[-1]}"] if other else _middle_left_out(one)
        self.joined_beginning = _joined_beginning(name)
        self.ends = [f">{word[-5:]}" for word in counting if len(word) >= _LONG]
        self.left_out = _left_out([written for _, written in rare])
        self.in_country = [f"c{country}{word}" for word in common[:2]] if country else []
        self.pairs = _pairs(common[:4])[:3]
        self.initials = _initials(name)


def written_keys(name: Name, country: str | None = None) -> list[str]:
    """Under which a registration or an account has an entry."""
    keys = _Keys(name, country)
    return _first(
        MAX_WRITTEN,
        *(keys.joined, keys.rare[:2], keys.beginning, keys.ends[:1], keys.in_country, keys.beginnings, keys.outline),
        *(keys.left_out[:1], keys.joined_beginning if len(name.words) > 1 else [], keys.rare[2:3], keys.pairs[:1]),
        *(keys.initials, keys.in_a_row, keys.left_out),
    )


def read_keys(name: Name, country: str | None = None) -> list[str]:
    """Where a check looks, the most telling first."""
    keys = _Keys(name, country)
    if len(name.words) == 1 and len(name.joined) < _LONG:
        acronym = keys.initials[:1] if len(name.joined) <= _LONGEST_ACRONYM else []
        groups = (keys.rare, keys.beginning, acronym, keys.left_out, keys.joined, keys.in_country)
    else:
        groups = (
            *(keys.joined if len(name.words) <= 2 else [], keys.rare[:2], keys.beginning),
            *(keys.beginnings, keys.in_country, keys.outline, keys.joined_beginning if len(name.words) == 1 else []),
            *(keys.left_out[:1], keys.ends[:1], keys.rare[2:3], keys.in_country, keys.pairs[:1], keys.left_out),
            *(keys.pairs, keys.ends[1:2]),
        )
    return _first(MAX_READ, *groups)


def read_keys_of(names: Sequence[Name], country: str | None = None) -> list[str]:
    """Of a company with several names, from each in turn: all together no more than of one."""
    if len(names) == 1:
        return read_keys(names[0], country)
    each = zip_longest(*(read_keys(name, country) for name in names))
    return _first(MAX_READ, *(filter(None, keys) for keys in each))


def _first(most: int, *groups: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key for group in groups for key in group))[:most]


def _spoken(word: str) -> str:
    """A short word is itself; of a longer one only what it sounds like counts."""
    heard = sound(word)
    return word if len(word) < 6 or len(heard) < 3 else heard


def _beginning(name: Name) -> list[str]:
    start = next((place for place, bits in enumerate(name.bits) if bits >= _COUNTS), None)
    rest = "" if start is None else "".join(name.written[start:])
    if len(rest) >= _BEGINNING:
        return [f"p{rest[:_BEGINNING]}"]
    return [f"p{name.joined[: _BEGINNING + 3]}"] if start != 0 and len(name.joined) >= _BEGINNING + 3 else []


def _joined_beginning(name: Name) -> list[str]:
    """Where a name that begins with a common word meets its own domain, `lakeviewfarms`."""
    begins_common = name.bits[0] < _COUNTS and len(name.written[0]) <= _JOINED_BEGINNING - 2
    return [f"p{name.joined[:_JOINED_BEGINNING]}"] if len(name.words) == 1 or begins_common else []


def _two_words(name: Name) -> tuple[str, str]:
    counting = [word for word, bits in zip(name.written, name.bits, strict=True) if bits >= _COUNTS]
    one, other, *_ = (*(counting if len(counting) > 1 else name.written), "", "")
    return one, other


def _middle_left_out(word: str) -> list[str]:
    return [f"o{word[:2]}{word[-2:]}"] if _LONG - 1 <= len(word) < _LONGEST_OUTLINED else []


def _pairs(words: Sequence[str]) -> list[str]:
    """Every two of at most four words; the rarest first, as the words are."""
    return ["2" + "|".join(sorted(pair)) for pair in combinations(words, 2)]


def _left_out(rare: Sequence[str]) -> list[str]:
    """One slip in a short word is found by leaving out each letter in turn, on both sides."""
    short = next((word for word in rare if _SHORT <= len(word) < _LONG), None)
    if short is None or (len(rare) > 1 and len(rare[0]) >= _LONG):
        return []
    shorter = [short[:place] + short[place + 1 :] for place in range(len(short))] if len(short) > _SHORT else []
    return [f"d{word}" for word in dict.fromkeys([short, *shorter])]


def _initials(name: Name) -> list[str]:
    counted = initials(name.spoken)[1]
    keys: list[str] = []
    if len(name.written) == 1 and 2 <= len(name.written[0]) < _LONG:
        keys.append(f"a{name.written[0]}")
    elif len(counted) > 2:
        keys.append(f"a{counted[:8]}")
    return keys + [f"a{word}" for word in name.aside if 2 <= len(word) < _LONG][:1]
