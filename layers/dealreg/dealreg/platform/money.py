"""Money: integer minor units and an ISO 4217 code inside, a decimal string on the wire, never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from dealreg.platform.replies import MoneyView

_WITHOUT_MINOR_UNIT = frozenset("""BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF""".split())
_WITH_THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
CURRENCIES = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
    LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB
    PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER
    ZAR ZMW ZWG""".split()
)
_AMOUNT = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def amount(self) -> str:
        sign, digits = "-" if self.minor < 0 else "", decimals(self.currency)
        whole, fraction = divmod(abs(self.minor), 10**digits)
        return f"{sign}{whole}.{fraction:0{digits}d}" if digits else f"{sign}{whole}"

    def to_wire(self) -> MoneyView:
        return {"amount": self.amount, "currency": self.currency}


def decimals(currency: str) -> int:
    if currency in _WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in _WITH_THREE_DIGITS else 2


def decimal_of(money: Money) -> Decimal:
    """Exact, in the currency's major unit."""
    return Decimal(money.minor).scaleb(-decimals(money.currency))


def parse_money(amount: str, currency: str, *, signed: bool = False) -> Money:
    """Negative amounts only if `signed`. Raises ValueError, in words for the person who typed it."""
    if currency not in CURRENCIES:
        raise ValueError("Use a three-letter currency code such as EUR.")
    written = _AMOUNT.fullmatch(amount)
    if not written:
        raise ValueError('Write the amount as digits with a point, such as "48000.00".')
    if written[1] and not signed:
        raise ValueError("The amount must not be negative.")
    sign, whole, fraction = written.groups(default="")
    digits = decimals(currency)
    if len(fraction) > digits:
        raise ValueError(f"{currency} has {digits} digits after the point.")
    return Money(int(f"{sign}{whole}{fraction.ljust(digits, '0')}"), currency)
