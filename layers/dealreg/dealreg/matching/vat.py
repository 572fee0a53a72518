"""The VAT ids of the EU, the United Kingdom, Switzerland and Norway: their forms and check digits."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dealreg.matching import persons
from dealreg.matching.persons import weighted

_SPANISH_PERSON = "TRWAGMYFPDXBNJZSQVHLCKE"
_SPANISH_COMPANY = "JABCDEFGHI"
_SPANISH_FORMS = "ABCDEFGHJNPQRSUVW"
"""Of what has a company's number."""
_FRENCH_KEY = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_ITALIAN_OFFICES = (120, 121, 888, 999)
_IRISH = "WABCDEFGHIJKLMNOPQRSTUV"
_DIGITS, _RESEMBLING = re.compile(r"\d+"), re.compile(r"U?\d{4,}[A-Z]{0,2}\d{0,2}|[A-Z]\d{7}[A-Z]?")
_CYPRIOT_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)


@dataclass(frozen=True, slots=True)
class VatFormat:
    shape: re.Pattern[str]
    check: Callable[[str], bool]
    completed: Callable[[str], str] = str
    """From how people write it: what they leave out, or add, or the national number that it is made from."""

    def resembles(self, number: str) -> bool:
        """Whether it may be one with a slip, rather than something else that begins with these letters."""
        letters = _RESEMBLING if "[A" in self.shape.pattern or "U" in self.shape.pattern else _DIGITS
        return bool(letters.fullmatch(number))


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _mod_11_10(number: str) -> bool:
    """ISO 7064, mod 11,10: Germany, Croatia."""
    product = 10
    for digit in number[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(number[-1])


def _austria(number: str) -> bool:
    digits = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(number[1:8])]
    total = sum(value - 9 if value > 9 else value for value in digits) + 4
    return (10 - total % 10) % 10 == int(number[8])


def _belgium(number: str) -> bool:
    return 97 - int(number[:8]) % 97 == int(number[8:])


def _bulgaria(number: str) -> bool:
    if len(number) == 10:
        return persons.is_bulgarian(number)
    rest = weighted(number[:8], "12345678") % 11
    rest = weighted(number[:8], "3456789a") % 11 if rest == 10 else rest
    return rest % 10 == int(number[8])


def _cyprus(number: str) -> bool:
    odd = sum(_CYPRIOT_ODD[int(digit)] for digit in number[0:8:2])
    return chr(ord("A") + (odd + sum(map(int, number[1:8:2]))) % 26) == number[8]


def _czechia(number: str) -> bool:
    if len(number) == 8:
        return number[0] != "9" and (11 - weighted(number[:7], "8765432") % 11) % 10 == int(number[7])
    if len(number) == 9 and number[0] == "6":
        return persons.is_czech_without_birth_number(number)
    return persons.is_czech(number)


def _spain(number: str) -> bool:
    first, last = number[0], number[-1]
    if first.isdigit() or first in "XYZKLM":
        digits = number[1:8] if first in "KLM" else number[:8].translate(str.maketrans("XYZ", "012"))
        return digits.isdigit() and last == _SPANISH_PERSON[int(digits) % 23]
    if first not in _SPANISH_FORMS:
        return False
    doubled = (int(digit) * 2 for digit in number[1:8:2])
    total = sum(value // 10 + value % 10 for value in doubled) + sum(map(int, number[2:8:2]))
    control = (10 - total % 10) % 10
    return last in (str(control), _SPANISH_COMPANY[control])


def _finland(number: str) -> bool:
    return (weighted(number[:7], "79a5842") + int(number[7])) % 11 == 0


def _france(number: str) -> bool:
    key, siren = number[:2], number[2:]
    if not siren.startswith("000") and not _luhn(siren):  # Monaco's numbers are no SIREN
        return False
    if key.isdigit():
        return (12 + 3 * (int(siren) % 97)) % 97 == int(key)
    first, second = map(_FRENCH_KEY.index, key)
    value = first * 24 + second - 10 if key[0].isdigit() else first * 34 + second - 100
    return (int(siren) + 1 + value // 11) % 11 == value % 11


def _greece(number: str) -> bool:
    """The digits times 256, 128 and so on."""
    powers = sum(int(digit) << (8 - place) for place, digit in enumerate(number[:8]))
    return powers % 11 % 10 == int(number[8])


def _ireland(number: str) -> bool:
    if not number[1].isdigit():
        number = f"0{number[2:7]}{number[0]}{number[7:]}"
    extra = _IRISH.index(number[8]) * 9 if len(number) > 8 else 0
    return _IRISH[(weighted(number[:7], "8765432") + extra) % 23] == number[7]


def _italy(number: str) -> bool:
    office = int(number[7:10])
    return number[:7] != "0000000" and (1 <= office <= 100 or office in _ITALIAN_OFFICES) and _luhn(number)


def _lithuania(number: str) -> bool:
    first, second = ("12345678", "34567891") if len(number) == 9 else ("12345678912", "34567891234")
    rest = weighted(number[:-1], first) % 11
    rest = weighted(number[:-1], second) % 11 if rest == 10 else rest
    return rest % 10 == int(number[-1])


def _latvia(number: str) -> bool:
    return persons.is_latvian(number) if number[0] in "0123" else weighted(number, "91483a25761") % 11 == 3


def _netherlands(number: str) -> bool:
    by_eleven = weighted(number[:8], "98765432") % 11 == int(number[8])
    return by_eleven or int("".join(str(int(sign, 36)) for sign in f"NL{number}")) % 97 == 1


def _portugal(number: str) -> bool:
    rest = 11 - weighted(number[:8], "98765432") % 11
    return (0 if rest > 9 else rest) == int(number[8])


def _romania(number: str) -> bool:
    return weighted(number[:-1].zfill(9), "753217532") * 10 % 11 % 10 == int(number[-1])


def _slovenia(number: str) -> bool:
    rest = 11 - weighted(number[:7], "8765432") % 11
    return rest != 11 and rest % 10 == int(number[7])


def _slovakia(number: str) -> bool:
    by_eleven = number[0] != "0" and number[2] in "234789" and int(number) % 11 == 0
    return by_eleven or persons.is_czech(number)


def _britain(number: str) -> bool:
    """The weighted sum with the check digits leaves 0; 42 or 55 too in numbers from 100 on, given out since 2010."""
    if number[0] in "GH":
        return True
    rest = (weighted(number[:7], "8765432") + int(number[7:9])) % 97
    return rest == 0 or (int(number[:3]) >= 100 and rest in (42, 55))


def _eleven_minus(weights: str) -> Callable[[str], bool]:
    """The last digit is 11 less the rest of the weighted sum; 11 is written 0, 10 never occurs: Switzerland, Norway."""
    return lambda number: (11 - weighted(number[:-1], weights) % 11) % 11 == int(number[-1])


def _rest(weights: str, modulus: int, rest: int = 0) -> Callable[[str], bool]:
    return lambda number: weighted(number, weights) % modulus == rest


def _french_number(number: str) -> str:
    """The VAT id of a SIREN, or of a SIRET, which is a SIREN and five digits for a site."""
    if not number.isdigit() or len(number) not in (9, 14):
        return number
    siren = number[:9]
    return f"{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}"


def _written(pattern: str, by: str) -> Callable[[str], str]:
    """With what fits the whole pattern written otherwise."""
    return lambda number: re.sub(f"^(?:{pattern})$", by, number)


def _format(shape: str, check: Callable[[str], bool], completed: Callable[[str], str] = str) -> VatFormat:
    return VatFormat(re.compile(shape), check, completed)


VAT: dict[str, VatFormat] = {
    "AT": _format(r"U\d{8}", _austria, _written(r"(\d{8})", r"U\1")),
    "BE": _format(r"[01]\d{9}", _belgium, _written(r"(\d{9})", r"0\1")),
    "BG": _format(r"\d{9,10}", _bulgaria),
    "CHE": _format(r"\d{9}", _eleven_minus("54327654"), _written(r"(\d{9})(?:MWST|TVA|IVA|VAT|TPV|HR)+", r"\1")),
    "CY": _format(r"(?!12)\d{8}[A-Z]", _cyprus),
    "CZ": _format(r"\d{8,10}", _czechia),
    "DE": _format(r"[1-9]\d{8}", _mod_11_10),
    "DK": _format(r"[1-9]\d{7}", _rest("27654321", 11)),
    "EE": _format(r"\d{9}", _rest("371371371", 10)),
    "EL": _format(r"\d{9}", _greece, _written(r"(\d{8})", r"0\1")),
    "ES": _format(r"[A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z]", _spain),
    "FI": _format(r"\d{8}", _finland),
    "FR": _format(r"[A-HJ-NP-Z0-9]{2}\d{9}", _france, _french_number),
    "GB": _format(r"\d{9}|\d{12}|GD[0-4]\d{2}|HA[5-9]\d{2}", _britain),
    "HR": _format(r"\d{11}", _mod_11_10),
    "HU": _format(r"\d{8}", _rest("97319731", 10), _written(r"(\d{8})[1-5]\d{2}", r"\1")),
    "IE": _format(r"\d[A-Z0-9]\d{5}[A-W][A-IW]?", _ireland),
    "IT": _format(r"\d{11}", _italy),
    "LT": _format(r"\d{7}1\d|\d{10}1\d", _lithuania),
    "LU": _format(r"\d{8}", lambda number: int(number[:6]) % 89 == int(number[6:])),
    "LV": _format(r"\d{11}", _latvia),
    "MT": _format(r"[1-9]\d{7}", _rest("346789a1", 37)),
    "NL": _format(r"(?!0{9})\d{9}B(?!00)\d{2}", _netherlands, lambda number: number.zfill(12)),
    "NO": _format(r"\d{9}", _eleven_minus("32765432"), _written(r"(\d{9})MVA", r"\1")),
    "PL": _format(r"\d{10}", lambda number: weighted(number[:9], "657234567") % 11 == int(number[9])),
    "PT": _format(r"[1-9]\d{8}", _portugal),
    "RO": _format(r"[1-9]\d{1,9}", _romania),
    "SE": _format(r"\d{12}", lambda number: _luhn(number[:10]), _written(r"(\d{10})", r"\g<1>01")),
    "SI": _format(r"[1-9]\d{7}", _slovenia),
    "SK": _format(r"\d{10}", _slovakia),
    "XI": _format(r"\d{9}|\d{12}|GD[0-4]\d{2}|HA[5-9]\d{2}", _britain),
}
