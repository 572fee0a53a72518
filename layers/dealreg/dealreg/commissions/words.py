"""How a line came about, in words with all the digits, so that anybody can do the sum again on paper. Pure.

They are of one partner's line: of a deal's shares they name its own alone.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from dealreg.commissions import arithmetic
from dealreg.commissions.ledger import Because, Line
from dealreg.commissions.plans import Rule
from dealreg.commissions.posting import OTHER_DEAL, SALE_UNKNOWN, measured
from dealreg.commissions.pricing import NO_RATE
from dealreg.platform.money import Money

_WHY_NOTHING = {
    "no_plan": "No version of the plan applies to this sale.",
    "no_rule": "No rule of the plan pays for this sale.",
    "nothing_left": "Nothing of this sale is left to pay for.",
    "ceiling_reached": "The ceiling was reached before.",
    "rounds_to_zero": "The commission rounds to zero.",
}
_LEFT = {
    OTHER_DEAL: "The sale counts for another deal now.",
    NO_RATE: "The sale waits for an exchange rate.",
    SALE_UNKNOWN: "The payment is another sale's now, or no deal's.",
}
_BY_HAND = {
    "goodwill": "Goodwill, by hand.",
    "correction": "Correction, by hand.",
    "write_off": "Written off, by hand.",
    "opening_balance": "Opening balance, by hand.",
    "payout": "Paid out.",
    "returned": "A payout came back.",
}


def text(line: Line) -> str:
    """One sentence."""
    because = line.because
    if because is None:
        return _WHY_NOTHING.get(line.reason_code) or _BY_HAND.get(line.reason_code, "")
    content, key = because.priced.sale.content, because.key
    if because.left:
        return _LEFT[because.left]
    sale = f"{_money(content.total, content.currency)} sold, {_money(content.tax, content.currency)} of it tax"
    net = _money(because.priced.sale.net, content.currency)
    return f"{rate(because.entry.rule, key.currency)} of {_measure(because)} ({sale}, {net} kept)."


def steps(line: Line) -> list[str]:
    because = line.because
    if because is None:
        return [text(line)]
    if because.left:
        others = _of_bucket(because) if not because.key.name.startswith("sale:") else ()
        return [_LEFT[because.left], *others, _difference(because, line)]
    return [*_of_sale(because), *_of_bucket(because), *_of_share(because, line)]


def _of_sale(because: Because) -> Iterator[str]:
    sale, part, priced = because.priced.sale, because.entry.part, because.priced
    code = sale.content.currency
    yield (
        f"Sale {sale.id}: {_money(sale.paid, code)} paid − {_money(sale.taken_back, code)} taken back, "
        f"within 0 and {_money(sale.content.total, code)} = {_money(sale.net, code)} net."
    )
    yield f"Rule {part.rule.id} pays for lines of {_money(part.weight, code)}."
    yield (
        f"Base: {_money(sale.net, code)} × {_digits(part.weight, code)} ÷ {_digits(sale.content.total, code)}"
        f" = {_money(part.base, code)}."
    )
    if code != because.key.currency and priced.rate is not None:
        converted = _money(part.converted, because.key.currency)
        yield f"Rate of {priced.day}: {_money(part.base, code)} × {number(priced.rate)} = {converted}."
    if because.key.partner_id and because.entry.content.base != part.converted:
        own = _percent(because, because.key.partner_id)
        into = because.key.currency
        yield f"Own share: {own} % of {_money(part.converted, into)} = {_money(because.entry.content.base, into)}."


def _of_bucket(because: Because) -> Iterator[str]:
    rule, code = because.entry.rule, because.key.currency
    before, after = (measured(rule, content, code) for content in (because.before, because.after))
    unit = "sales" if rule.rate.counts_sales else code
    if before == after:  # only who shares in it has changed
        yield f"Bucket {because.key.name}: {after} {unit}, as before; the shares in it are others now."
    else:
        yield f"Bucket {because.key.name}: {before} {unit} before, {after} {unit} now."
    measure = because.after.sales if rule.rate.counts_sales else because.after.base
    exact = arithmetic.applied(rule.rate, measure)
    sums = [
        f"{_per_unit(each, rule, code)} {_of(part, rule, code)}" for part, each in arithmetic.parts(rule.rate, measure)
    ]
    if sums:
        yield f"{' + '.join(sums)} = {_money(arithmetic.half_up(exact), code)}."
    uncapped = arithmetic.uncapped(rule, because.after.base, because.after.sales)
    if uncapped != arithmetic.half_up(exact):
        yield f"At least {_money(uncapped, code)}, the floor."
    if rule.ceiling is not None and uncapped > rule.ceiling:
        yield f"At most {_money(rule.ceiling, code)}, the ceiling."


def _of_share(because: Because, line: Line) -> Iterator[str]:
    code = because.key.currency
    own = _percent(because, line.partner_id)
    if not because.key.partner_id and own != "100":
        amount = arithmetic.commission(because.entry.rule, because.after.base, because.after.sales)
        yield f"Share: {own} % of {_money(amount, code)}, by largest remainder = {_money(because.owed, code)}."
    yield _difference(because, line)


def _difference(because: Because, line: Line) -> str:
    code = because.key.currency
    owed, posted = _money(because.owed, code), _money(because.posted, code)
    return f"{owed} owed − {posted} posted before = {line.amount.amount} {code}."


def _percent(because: Because, partner_id: str) -> str:
    shares = [share for share in because.priced.shares if share.partner_id == partner_id]
    return number(shares[0].percent) if shares else "0"


def rate(rule: Rule, currency: str) -> str:
    """Of one step in digits."""
    if len(rule.rate.steps) == 1:
        return _per_unit(rule.rate.steps[0].per_unit, rule, currency)
    return "The step reached" if rule.rate.whole else "Steps"


def _measure(because: Because) -> str:
    rule = because.entry.rule
    amount = measured(rule, because.after, because.key.currency)
    return f"{amount} sales" if rule.rate.counts_sales else f"{amount} {because.key.currency}"


def _per_unit(per_unit: Fraction, rule: Rule, currency: str) -> str:
    return _money(int(per_unit), currency) if rule.rate.counts_sales else f"{number(per_unit * 100)} %"


def _of(part: int, rule: Rule, currency: str) -> str:
    return f"× {part} sales" if rule.rate.counts_sales else f"of {_money(part, currency)}"


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))


def _digits(minor: int, currency: str) -> str:
    return Money(minor, currency).amount


def number(exact: Fraction) -> str:
    """Of a percent or a rate, which was written as a decimal."""
    written = f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
