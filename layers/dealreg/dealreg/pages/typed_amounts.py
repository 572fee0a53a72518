"""An amount as people write it anywhere, as the API writes it."""

import re
import unicodedata
from collections.abc import Sequence

from dealreg.platform.money import CURRENCIES, decimals

_SIGNS = {
    "€": "EUR",
    "£": "GBP EGP LBP SYP SDG FKP GIP SHP SSP",
    "$": "USD AUD CAD NZD SGD HKD TWD MXN ARS CLP COP UYU BBD BMD BSD DOP FJD JMD NAD TTD",
    "us$": "USD",
    "a$": "AUD",
    "c$": "CAD",
    "r$": "BRL",
    "¥": "JPY CNY",
    "元": "CNY TWD",
    "円": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "₪": "ILS",
    "₽": "RUB",
    "₴": "UAH",
    "₫": "VND",
    "₱": "PHP",
    "₦": "NGN",
    "฿": "THB",
    "zł": "PLN",
    "kč": "CZK",
    "ft": "HUF",
    "kr": "SEK NOK DKK ISK",
    "kr.": "DKK NOK SEK ISK",
    "fr.": "CHF",
    "sfr.": "CHF",
    "lei": "RON MDL",
    "rs": "INR PKR LKR NPR MUR",
    "rs.": "INR PKR LKR NPR MUR",
}
_PARTS = re.compile(r"(?P<before>[^\d.,]*\.?)(?P<digits>\d(?:[\d.,]*\d)?)(?P<dashes>[.,]?[-–—]{1,2})?(?P<after>[^\d]*)")
_FILLING = re.compile(r"[\s'’ʼ´`\u066c\u200e\u200f\u061c]")
"""Between groups of digits, or around the whole; the marks of direction come with copied Arabic and Hebrew."""


def wire_amount(text: str, currency: str) -> str:
    """48 000, 48.000,00, 48'000.-, € 48,000 or 4,80,000 as 48000.00; what is not understood stays as typed.

    One separator before exactly three digits groups thousands, unless the currency has three decimals or a zero stands
    before it. A sign or code of another currency is not understood.
    """
    packed = _FILLING.sub("", "".join(_ascii_digit(character) for character in text)).replace("\u066b", ".")
    found = _PARTS.fullmatch(packed)
    if not found or not all(_means(sign, currency) for sign in (found["before"], found["after"]) if sign):
        return text
    whole, fraction = _split(found["digits"], currency)
    if not whole or (fraction and found["dashes"]):
        return text
    return f"{whole}.{fraction}" if fraction else whole


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character, character))


def _means(sign: str, currency: str) -> bool:
    known = sign.upper() if sign.upper() in CURRENCIES else _SIGNS.get(sign.lower(), "")
    return currency in known.split()


def _split(digits: str, currency: str) -> tuple[str, str]:
    """The whole units and the decimals; empty for what is written in no known way."""
    marks = re.findall(r"[.,]", digits)
    parts = re.split(r"[.,]", digits)
    if not marks:
        return digits, ""
    if len(set(marks)) == 2:
        whole, fraction = parts[:-1], parts[-1]
        fits = len(set(marks[:-1])) == 1 and _are_groups(whole, marks[0]) and len(fraction) <= 3
    elif len(marks) > 1 or _groups_thousands(parts, currency):
        whole, fraction = parts, ""
        fits = _are_groups(whole, marks[0])
    else:
        (*whole, fraction) = parts
        fits = True
    return ("".join(whole), fraction) if fits else ("", "")


def _groups_thousands(parts: Sequence[str], currency: str) -> bool:
    return len(parts[1]) == 3 and not parts[0].startswith("0") and decimals(currency) != 3


def _are_groups(parts: Sequence[str], mark: str) -> bool:
    """Of three digits; with commas, also of two before the last three (lakh and crore)."""
    first, *middle, last = parts
    if not first or first.startswith("0") or len(last) != 3:
        return False
    by_three = len(first) <= 3 and all(len(part) == 3 for part in middle)
    by_two = mark == "," and len(first) <= 2 and all(len(part) == 2 for part in middle)
    return by_three or by_two
