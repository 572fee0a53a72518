"""The arithmetic of commissions, in its order. Everything is exact until it is rounded, and it is rounded half up.

Money is in whole minor units (cents). Nothing here is negative: what is taken back is a smaller net.

    1  weight of a rule    the sum of the lines it pays for, credits set off                set_off, own_weight
    2  base                round(net x weight / total)                                      base
    3  converted base      round(base x rate of the day)                                    converted
    4  commission          round(rate applied to the bucket's base), floor, ceiling         commission
    5  shares              floor each, the units left over to the largest remainders        divide
    6  line                what 4 and 5 give now less what is posted already                buckets.py
"""

from collections.abc import Sequence
from fractions import Fraction

from dealreg.commissions.plans import Rate, Rule

_HALF = Fraction(1, 2)


def half_up(exact: Fraction) -> int:
    """To a whole minor unit: 0.5 becomes 1."""
    return (exact + _HALF).__floor__()


def set_off(sums: Sequence[int]) -> list[int]:
    """Weights of a sale's ordinary rules, from the sums of their lines, both in the plan's order.

    A negative sum, such as the credit for unused time, is taken from the others, the first first, as far as they last.
    """
    credit = -sum(one for one in sums if one < 0)
    weights: list[int] = []
    for one in sums:
        taken = min(credit, max(one, 0))
        credit -= taken
        weights.append(max(one, 0) - taken)
    return weights


def own_weight(line_sum: int) -> int:
    """Of a rule that adds: its credits stay within it."""
    return max(line_sum, 0)


def base(net: int, weight: int, total: int) -> int:
    """The part of the net that a rule pays for; net and total are with tax, the weight is without."""
    return half_up(Fraction(net * weight, total)) if total > 0 else 0


def converted(amount: int, rate: Fraction, digits: int, into_digits: int) -> int:
    """Into a currency by its rate for one major unit; `digits` are those after the point, before and after."""
    return half_up(amount * rate * Fraction(10**into_digits, 10**digits))


def commission(rule: Rule, base_sum: int, sales: int) -> int:
    """Of a bucket: of the sum of its converted bases, or of the number of its sales that have some."""
    amount = uncapped(rule, base_sum, sales)
    return amount if rule.ceiling is None else min(amount, rule.ceiling)


def uncapped(rule: Rule, base_sum: int, sales: int) -> int:
    """A bucket's commission before its ceiling."""
    measure = sales if rule.rate.counts_sales else base_sum
    amount = half_up(applied(rule.rate, measure))
    return max(amount, rule.floor) if rule.floor is not None and measure > 0 else amount


def applied(rate: Rate, measure: int) -> Fraction:
    """Exactly, without floor and ceiling. `measure` is money or a number of sales, as the rate counts."""
    return sum((part * step for part, step in parts(rate, measure)), Fraction(0))


def parts(rate: Rate, measure: int) -> list[tuple[int, Fraction]]:
    """How much of the measure each step pays for, and what it pays for one unit of it."""
    if rate.whole:
        return [(measure, _reached(rate, measure))]
    ends = [step.start for step in rate.steps[1:]] + [measure]
    return [
        (min(measure, end) - step.start, step.per_unit)
        for step, end in zip(rate.steps, ends, strict=True)
        if measure > step.start
    ]


def _reached(rate: Rate, measure: int) -> Fraction:
    return next(step.per_unit for step in reversed(rate.steps) if step.start <= measure)


def divide(amount: int, percents: Sequence[Fraction]) -> list[int]:
    """By largest remainder; the percents sum to 100. Of equal remainders the earlier share's goes first."""
    exact = [amount * percent / 100 for percent in percents]
    shares = [part.__floor__() for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))
    for place in by_remainder[: amount - sum(shares)]:
        shares[place] += 1
    return shares
