"""Personal numbers that serve as VAT ids, most with a date of birth: Bulgaria, Czechia and Slovakia, Latvia.

The rules are those of python-stdnum 2.2, which the tests compare them with.
"""

from datetime import date


def weighted(number: str, weights: str) -> int:
    """Digits times weights; the weights are signs of base 36, `a` for 10."""
    return sum(int(digit) * int(weight, 36) for digit, weight in zip(number, weights, strict=False))


def is_bulgarian(number: str) -> bool:
    """ЕГН of a citizen, ЛНЧ of a foreigner, or another's; ten digits."""
    check = int(number[9])
    citizen = weighted(number, "2485a9736") % 11 % 10 == check and _is_bulgarian_birth(number)
    foreigner = weighted(number, "ljhdb9731") % 10 == check
    return citizen or foreigner or (11 - weighted(number, "432765432") % 11) % 11 == check


def is_czech(number: str) -> bool:
    """Rodné číslo, Slovak too: ten digits, or nine without a check digit for births until 1953."""
    short = len(number) == 9
    year = 1900 + int(number[:2])
    if short and year >= 1980:
        year -= 100
    if short and year > 1953:
        return False
    if not short and year < 1954:
        year += 100
    checked = short or int(number[:9]) % 11 % 10 == int(number[9])
    # 50 is added to the month for women, 20 where a day's numbers ran out
    return checked and _is_day(year, int(number[2:4]) % 50 % 20, int(number[4:6]))


def is_czech_without_birth_number(number: str) -> bool:
    """Nine digits, the first a 6."""
    rest = weighted(number[1:8], "8765432") % 11
    return (8 - (10 - rest) % 11) % 10 == int(number[8])


def is_latvian(number: str) -> bool:
    """Personas kods, without a date of birth since 2017; eleven digits."""
    checked = (1 + weighted(number, "a584216379")) % 11 % 10 == int(number[10])
    year = 1800 + 100 * int(number[6]) + int(number[4:6])
    return checked and (number.startswith("32") or _is_day(year, int(number[2:4]), int(number[:2])))


def _is_bulgarian_birth(number: str) -> bool:
    """20 is added to the month of the 19th century, 40 to that of the 21st."""
    year, month = 1900 + int(number[:2]), int(number[2:4])
    if month > 40:
        year, month = year + 100, month - 40
    elif month > 20:
        year, month = year - 100, month - 20
    return _is_day(year, month, int(number[4:6]))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
