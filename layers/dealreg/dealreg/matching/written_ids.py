"""Ids as people write them: with a label in front, in another script, or with something that only looks like an id."""

import re
from itertools import pairwise

from dealreg.matching.names.letters import to_ascii

_SIGNS = re.compile(r"[^A-Z0-9]+")
_INITIALS = re.compile(r"\b([A-Z])[.-] ?(?=[A-Z]\b|[A-Z]{2,}\b)")
_CROSSED_OUT = re.compile(r"X{3}")
_REGISTER = re.compile(r"HR ?[AB] ?(\d{1,7})")
_LABELS = frozenset(
    "abn acn adoszam adoszama afm alv alvnro anum bn brn btw btwnr btwnummer cf cif cnpj cod codice company cui"
    " cuil cuit cvr cvrnr dic ds duns edrpou eik ein eori fein fiscal fiscale gst gstin gstn iban icdph ice"
    " identification idnr iin inn intracommunautaire iva kennitala kmkr kpp kvk lei moms momsnr momsreg mst mva mwst"
    " mwstnr nif nip nipc nit numero org orgnr pan partita pib piva ptu pvm pvn reg registration regon rfc rif rnc"
    " ruc rut siren siret steuer steuernr steuernummer stnr tax taxid tin tunnus tva uen uid uidnr umsatzsteuer"
    " umsatzsteuerid umsatzsteueridentifikationsnummer unp uscc usci ust ustid ustidnr vat vatid vatin vatno vergi"
    " vkn voen ytunnus".upper().split()
)
_WITH_LABELS = frozenset("D I ID N NO NR NUM NUMBER NUMMER NUMERO CODE KOD THE P DE DI".split())
"""Part of a label behind one of those; alone they may be the beginning of the id."""
_COUNTRIES = {
    "ABN": "AU",
    "AFM": "GR",
    "CNPJ": "BR",
    "CUI": "RO",
    "CUIT": "AR",
    "CVR": "DK",
    "EDRPOU": "UA",
    "EIN": "US",
    "GSTIN": "IN",
    "NIPC": "PT",
    "PIVA": "IT",
    "REGON": "PL",
    "RFC": "MX",
    "SIREN": "FR",
    "SIRET": "FR",
    "UEN": "SG",
    "YTUNNUS": "FI",
}
"""Of labels that only one country has."""
_PLACEHOLDERS = frozenset(
    "applied aucun available beantragt beispiel desconocido dummy example folgt inconnu keine later missing"
    " nachgereicht nicht none null offen onbekend pendente pendiente pending sample sconosciuto tba tbc tbd test"
    " todo unbekannt unknown".upper().split()
)
_NOBODYS = frozenset(["XAXX010101000", "XEXX010101000"])
"""Which Mexico has for whoever has none."""
_MAX_PERIOD = 3
_LONG = 8


class WrittenId:
    """An id as it was typed, taken apart."""

    def __init__(self, text: str) -> None:
        capitals = to_ascii(text).upper()
        self.whole = _SIGNS.sub("", capitals)
        words = _SIGNS.sub(" ", _INITIALS.sub(r"\1", capitals)).split()
        found = _REGISTER.search(" ".join(words))
        self.register = found[0].replace(" ", "") if found else None
        """A number of a commercial register, which each court gives out anew."""
        self.country: str | None = None
        """That only the label says."""
        self._is_placeholder = any(word in _PLACEHOLDERS for word in words)
        self.signs = "".join(self._without_labels(words))
        """What is left without labels, in capitals and digits."""

    @property
    def is_nobodys(self) -> bool:
        """Whether it says nothing of a company: a word, zeros, a number counted up."""
        if self._is_placeholder or self.signs in _NOBODYS or _CROSSED_OUT.search(self.signs):
            return True
        return is_made_up(re.sub(r"\D", "", self.signs))

    def _without_labels(self, words: list[str]) -> list[str]:
        labelled = False
        while len(words) > 1 and words[0].isalpha():
            if words[0] not in _LABELS and not (labelled and words[0] in _WITH_LABELS):
                break
            labelled = True
            self._note(words[0])
            words = words[1:]
        while len(words) > 1 and words[-1] in _LABELS:
            words = words[:-1]
        return [self._without_joined_label(words[0]), *words[1:]] if words else []

    def _without_joined_label(self, word: str) -> str:
        for size in range(len(word) - 1, 2, -1):
            if word[:size] in _LABELS:
                self._note(word[:size])
                return word[size:]
        return word

    def _note(self, label: str) -> None:
        self.country = self.country or _COUNTRIES.get(label)


def is_made_up(digits: str) -> bool:
    """None or hardly any but zeros, all the same but perhaps the last, counting up or down, or over and over."""
    counted = digits.lstrip("0")
    if len(counted) < 2 or (len(counted) < 3 and len(digits) >= _LONG):
        return True
    if len(counted) < 3:
        return False
    steps = {(int(other) - int(one)) % 10 for one, other in pairwise(counted)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        return True
    if len(digits) < _LONG:
        return False
    periods = range(1, _MAX_PERIOD + 1)
    return len(set(digits[:-1])) == 1 or any(digits[size:] == digits[:-size] for size in periods)
