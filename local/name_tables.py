"""Makes the tables that company names are compared with: letters, legal forms and generic words.

From pinned packages: anyascii (ISC), cleanco (MIT) and the word lists in the wheel of rigour (MIT), which is read
without installing it because its dependency pyicu has to be compiled (`pip download --no-deps rigour==1.3.10`
writes it). What those lack is in `local/words`.
"""

import ast
import csv
import gzip
import math
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from anyascii import anyascii
from cleanco.termdata import terms_by_type

from dealreg.matching.names import tables
from dealreg.matching.names.letters import split
from dealreg.matching.names.normalise import normalise
from local.tables import DATA

WORDS = Path(__file__).parent / "words"
_ALPHABETS = [
    (0x00A0, 0x0590),  # Latin, Greek, Cyrillic, Armenian
    (0x0590, 0x0780),  # Hebrew, Arabic, Syriac
    (0x0900, 0x1200),  # the scripts of India and South-East Asia, Georgian, the parts of Hangul
    (0x1E00, 0x2000),  # further Latin and Greek
    (0x3040, 0x3100),  # Hiragana, Katakana
]
_HAN = (0x4E00, 0x9FA6)
_KINDS = {
    "JSC": "plc",
    "LLC": "ltd",
    "LP": "lp",
    "LLP": "lp",
    "GP": "lp",
    "COOP": "coop",
    "NGO": "society",
    "SP": "sole",
}
_CLEANCO_KINDS = {
    "Corporation": "corp",
    "General Partnership": "lp",
    "Joint Stock / Unlimited": "plc",
    "Limited": "ltd",
    "Limited Liability Company": "ltd",
    "Limited Liability Partnership": "lp",
    "Limited Partnership": "lp",
}
_MAX_WORDS_OF_FORM = 5
_NOT_FORMS = frozenset(
    "ii of go ga pa ky ks ip ca at is no et ed da bo uu tu ju vo yu pp sd bf df dp cooperation charity charitable_fund"
    " ngo nonprofit".split()
)
"""Listed as legal forms, but a numeral, a state or a plain word in most names."""
NOT_FREE = frozenset(["nsi"])
_FEWEST_NAMES = 6


def letters() -> str:
    """A line for each letter that is not ASCII: itself and how it is written in ASCII, in lower case."""
    return "".join(
        f"{chr(code)} {written}\n"
        for start, end in _ALPHABETS
        for code in range(start, end)
        if (written := _written(chr(code))) is not None
    )


def han() -> str:
    """One syllable for each Han character from U+4E00 on; traditional and simplified forms sound the same."""
    return " ".join(anyascii(chr(code)).strip().lower() or "-" for code in range(*_HAN)) + "\n"


def legal_forms(rigour: Path) -> str:
    """A line for each kind of legal form with its spellings, words joined by `_`."""
    kinds: dict[str, set[str]] = defaultdict(set)
    known: set[str] = set()
    for kind, form in [*_own_forms(), *_rigour_forms(rigour), *_cleanco_forms()]:
        if form and form not in known | _NOT_FORMS and len(form.split("_")) <= _MAX_WORDS_OF_FORM:
            known.add(form)
            kinds[kind].add(form)
    return _lines(kinds)


def generic_words(rigour: Path) -> str:
    """A line for each group of words of business that mean the same in many languages; the first stands for all."""
    groups: dict[str, set[str]] = defaultdict(set)
    pairs = [*_own_words(), *_rigour_words(rigour)]
    known = {first for first, _ in pairs}
    for first, word in pairs:
        if word not in known and word != first:
            known.add(word)
            groups[first].add(word)
    return _lines(groups)


def _written(letter: str) -> str | None:
    if unicodedata.category(letter)[0] not in "LMN" or letter != unicodedata.normalize("NFKC", letter).casefold():
        return None
    return "".join(character for character in anyascii(letter).lower() if character.isalnum())


def _own_forms() -> Iterator[tuple[str, str]]:
    for line in _own_lines("legal_forms.txt"):
        kind, _, forms = line.partition(": ")
        yield from ((kind, _form(form)) for form in forms.split(" | "))


def _rigour_forms(wheel: Path) -> Iterator[tuple[str, str]]:
    for entry in _literal(wheel, "rigour/data/names/org_types.py", "ORG_TYPES"):
        kind = _KINDS.get(entry.get("generic"))
        if kind:
            names = [*entry["aliases"], entry.get("display"), entry.get("compare")]
            yield from ((kind, _form(name)) for name in names if name)


def _cleanco_forms() -> Iterator[tuple[str, str]]:
    for type_, forms in terms_by_type.items():
        if type_ in _CLEANCO_KINDS:
            yield from ((_CLEANCO_KINDS[type_], _form(form)) for form in forms)


def _own_words() -> Iterator[tuple[str, str]]:
    for line in _own_lines("generic_words.txt"):
        first, *words = line.split()
        yield from ((first, word) for word in words)


def _rigour_words(wheel: Path) -> Iterator[tuple[str, str]]:
    own = {word: first for first, word in _own_words()}
    for name, spellings in _literal(wheel, "rigour/data/names/data.py", "ORG_SYMBOLS").items():
        if name in _LEFT_OUT:
            continue
        words = [
            word for word in map(_form, spellings) if word.isalnum() and len(word) > 2 and word not in _LEFT_OUT_WORDS
        ]
        firsts = (
            [own[word] for word in words if word in own] or [word for word in words if word == name.lower()] or words
        )
        yield from ((firsts[0], word) for word in words)


_LEFT_OUT = frozenset(
    "CO ORG CORP NGO SOCALLED NAMED KOMBINAT CARTEL LIQUIDATION REPOFF BRANCH NPP TPB SKB SPV PARTNER".split()
)
"""Groups of rigour that are legal forms, or that mix words which tell companies apart."""

_LEFT_OUT_WORDS = frozenset(["handelsbanken", "intel", "intelligence"])


def _own_lines(name: str) -> list[str]:
    return [line for line in (WORDS / name).read_text("utf-8").splitlines() if not line.startswith("#")]


def _form(text: str) -> str:
    return "_".join(split(text))


def _lines(groups: dict[str, set[str]]) -> str:
    return "".join(f"{first} {' '.join(sorted(words))}\n" for first, words in sorted(groups.items()))


def _literal(wheel: Path, member: str, name: str) -> Any:
    """A constant of a module in a wheel, without running it."""
    with zipfile.ZipFile(wheel) as packed:
        tree = ast.parse(packed.read(member).decode())
    assigned = (node for node in tree.body if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name)
    return ast.literal_eval(next(value for node in assigned if (value := node.value)))


def rarity(companies: Path) -> str:
    """A line for each number of bits with the words that one name in 2 ** bits has.

    Counted in the rows of the reference that are free for any use (CC0, MIT, public domain).
    """
    with gzip.open(companies, "rt", encoding="utf-8", newline="") as file:
        names = [normalise(row["name"]).words for row in csv.DictReader(file) if row["source"] not in NOT_FREE]
    levels: dict[int, list[str]] = defaultdict(list)
    for word, bits in count_rarity(names).items():
        levels[bits].append(word)
    return "".join(f"{bits} {' '.join(sorted(words))}\n" for bits, words in sorted(levels.items()))


def count_rarity(names: Sequence[Sequence[str]]) -> dict[str, int]:
    """Bits by word. Words of fewer than six names are left out: the table tells nothing about single companies."""
    counts = Counter(word for words in names for word in set(words))
    return {
        word: min(tables.RAREST, round(math.log2(len(names) / count)))
        for word, count in counts.items()
        if count >= _FEWEST_NAMES
    }


def own_list(name: str) -> str:
    return "".join(f"{line}\n" for line in _own_lines(name))


def main() -> None:
    """`python -m local.name_tables WHEEL REFERENCE`: rigour's wheel and `reference.csv.gz`."""
    wheel, companies = map(Path, sys.argv[1:])
    for name, make in {
        "letters.txt": letters,
        "han.txt": han,
        "legal_forms.txt": lambda: legal_forms(wheel),
        "generic_words.txt": lambda: generic_words(wheel),
        "org_kinds.txt": lambda: own_list("org_kinds.txt"),
        "places.txt": lambda: own_list("places.txt"),
        "rarity.txt": lambda: rarity(companies),
    }.items():
        (DATA / name).write_text(make(), "utf-8")


if __name__ == "__main__":
    main()
