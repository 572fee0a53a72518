"""What happened to a deal between somebody's read and write, in words for who lost. Pure."""

from dealreg.deals import facts
from dealreg.deals.model import Deal
from dealreg.deals.words import in_sentence
from dealreg.platform.text import day

_NOW_WHAT = "Nothing else was done: read the deal again, and repeat this if you still want it."


def told(before: Deal, after: Deal) -> str:
    return f"{_happened(before, after)} {_NOW_WHAT}"


def _happened(before: Deal, after: Deal) -> str:
    if before.extension and after.extensions > before.extensions:
        return f"Meanwhile the protection was extended until {day(after.protected_until or '')}."
    if after.status != before.status:
        return f"Meanwhile the deal has become {in_sentence(after.status)}."
    if before.extension and not after.extension:
        return f"Meanwhile the extension was refused: the protection ends on {day(after.protected_until or '')}."
    if after.extension and not before.extension:
        return "Meanwhile a longer protection was asked for."
    if changed := facts.changed(facts.seen(before), facts.seen(after)):
        return f"Meanwhile this changed: {', '.join(facts.WORDS[part] for part in changed)}."
    return "Meanwhile something else happened to the deal."
