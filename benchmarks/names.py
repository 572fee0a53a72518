"""Made-up company names, and how people write them differently."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

_BEGINNINGS = (
    "Al Bar Bel Bran Cal Cor Dal Del Dor El Fal Fen Gar Hal Hel Jor Kal Kel Kor Lam Lin Lor Mar Mel Mor Nal "
    "Nor Or Pel Per Quil Ran Ros Sal Sel Sor Tal Tar Tor Ul Val Var Vel Wal Wen Zan"
).split()
_MIDDLES = ("a an ar e en er i in is o on or u").split()
_ENDS = (
    "bach beck bert brin dal dec dex feld fox gard gon hart holm kan kon land lex lin lund mann mark mond nes "
    "rix ros sen stad sted tek tis ton vik win"
).split()
_TRADES = (
    "Anlagenbau Automation Bau Biotech Capital Chemie Consulting Data Dental Design Elektronik Energie "
    "Engineering Farm Finance Food Foods Gastro Glas Health Holding Hotels Immobilien Industries Instruments "
    "IT-Services Labs Logistik Logistics Marine Maschinenbau Media Medical Metall Mobility Optik Packaging "
    "Papier Pharma Plastics Power Print Retail Security Software Solar Stahl Systems Technik Telecom Textil "
    "Trading Transport Travel Verlag Wasser Wood"
).split()
_PLACES = ("Berlin Bremen Dresden Essen Hamburg Kiel Leipzig Linz Mainz Passau Ulm Wien").split()
_LEGAL_FORMS = {
    "DE": ("GmbH", "AG", "GmbH & Co. KG", "KG"),
    "GB": ("Ltd", "Limited", "PLC"),
    "FR": ("SAS", "SARL", "SA"),
}
_NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "o": "p", "u": "i", "l": "k", "n": "m", "r": "t", "s": "d", "t": "z"}
"""On a keyboard."""


@dataclass(frozen=True, slots=True)
class Company:
    words: tuple[str, ...]
    legal_form: str
    country: str

    @property
    def name(self) -> str:
        return " ".join((*self.words, self.legal_form))


def company(number: int) -> Company:
    """The same for a number each time; some words are in many names, most in few."""
    random = Random(number)  # noqa: S311  # names are no secrets
    country = random.choice(list(_LEGAL_FORMS))
    words = [_word(random)]
    if random.random() < 0.25:
        words.append(_word(random))
    words.append(random.choice(_TRADES))
    if random.random() < 0.15:
        words.append(random.choice(_PLACES))
    return Company(tuple(words), random.choice(_LEGAL_FORMS[country]), country)


def _word(random: Random) -> str:
    return random.choice(_BEGINNINGS) + random.choice(_MIDDLES) + random.choice(_ENDS)


def _other_legal_form(one: Company, random: Random) -> str:
    return " ".join((*one.words, random.choice([form for form in _LEGAL_FORMS[one.country] if form != one.legal_form])))


def _typo(one: Company, random: Random) -> str:
    """One slip, not in the first letter of a word."""
    name = one.name
    places = [place for place in range(1, len(name) - len(one.legal_form) - 2) if name[place - 1 : place + 2].isalpha()]
    place = random.choice(places)
    before, letter, following, after = name[:place], name[place], name[place + 1], name[place + 2 :]
    slips = [
        before + following + after,
        before + letter * 2 + following + after,
        before + following + letter + after,
        before + _NEIGHBOURS.get(letter, "") + following + after,
    ]
    return random.choice([slip for slip in slips if slip != name])


def _word_order(one: Company, _: Random) -> str:
    return " ".join((*one.words[1:], one.words[0], one.legal_form))


def _joined_words(one: Company, random: Random) -> str:
    place = random.randrange(len(one.words) - 1)
    joined = one.words[place] + random.choice(["", "-"]) + one.words[place + 1].lower()
    return " ".join((*one.words[:place], joined, *one.words[place + 2 :], one.legal_form))


VARIANTS: Mapping[str, Callable[[Company, Random], str]] = {
    "other legal form": _other_legal_form,
    "one typo": _typo,
    "word order": _word_order,
    "joined words": _joined_words,
}
"""How another person writes the name of the same company."""
