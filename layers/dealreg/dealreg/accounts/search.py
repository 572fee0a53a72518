"""Finding accounts through the conflict index: by the rows that a name or a domain leads to, never by reading all."""

from dealreg.accounts import store
from dealreg.accounts.model import DEFAULT_SOURCE, Account, id_of, view
from dealreg.accounts.views import AccountView
from dealreg.matching import evidence, identities
from dealreg.matching.index import Prospect
from dealreg.matching.rules import Certainty
from dealreg.platform import dynamo, times

_LONGEST = 200
"""Of what is searched for; no account's name is longer."""
_NO_DEALS = ("",)
"""A family that no product is in, so that only accounts are found, which have none."""
_LIKELY = 20
"""Per cent from which on a name is shown that is only a little like the one searched for."""


def search(asked: str) -> list[AccountView]:
    """By id, external id, name, domain or website, tax id, LEI or D-U-N-S number; the surest first."""
    text = "".join(sign for sign in asked[:_LONGEST] if sign.isprintable()).strip()
    text = text.encode(errors="ignore").decode()
    if not text:
        return []
    wanted = [text, id_of(DEFAULT_SOURCE, text), *_alike(text)]
    found = store.load_many(dict.fromkeys(wanted))
    return [view(found[account_id]) for account_id in dict.fromkeys(wanted) if account_id in found]


def _alike(text: str) -> list[str]:
    known = identities.identify([text], {"tax_id": text, "lei": text, "duns": text})
    prospect = Prospect("", "", text, None, known.claims, _NO_DEALS, known.hints)
    found = dynamo.batch_get(evidence.keys(prospect), newest=False)
    matches = evidence.matches(prospect, found, times.to_text(times.now()))
    return [one.id for one in matches if one.certainty is not Certainty.NONE or one.likelihood >= _LIKELY]


def prospect_of(account: Account, families: tuple[str, ...]) -> Prospect:
    """As if somebody registered the account."""
    company = {"tax_id": account.tax_id, "lei": account.lei, "duns": account.duns, "country": account.country}
    known = identities.identify((*account.domains, *account.learned_domains), company)
    aliases = (*account.aliases, *account.learned_names)
    return Prospect("", "", account.name, account.country, known.claims, families, known.hints, known.numbers, aliases)
