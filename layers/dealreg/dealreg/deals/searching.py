"""Deals by what somebody types of them: a number, a customer's name or domain, a partner's own reference.

By key and through the conflict index, never by looking at all. A deal that has let go of its customer stands in no
index any more: it is found by its number, or by its partner's reference.
"""

from collections.abc import Iterator

from dealreg.deals import store
from dealreg.deals.model import Deal, from_item
from dealreg.matching import index
from dealreg.matching.domains import identifying_domain
from dealreg.matching.index import Prospect
from dealreg.matching.names.lookalikes import may_be_one
from dealreg.platform import dynamo
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import is_id, locator_of_number

MOST = 50
"""Deals that are found at most."""
LONGEST = 200
"""Characters. Nothing that is searched for is longer."""
_OF_A_DOMAIN = 100


def find(text: str, partner_id: str | None = None) -> list[Deal]:
    """Newest first. A partner's reference is only known together with the partner."""
    wanted = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not wanted or len(wanted) > LONGEST:
        return []
    if (is_id("deal", wanted) or locator_of_number(wanted)) and (numbered := _numbered(wanted)):
        return [numbered]
    keys = dict.fromkeys(_keys(wanted, partner_id))
    rows = dynamo.batch_get(list(keys)[:MOST], newest=False)
    return sorted(map(from_item, rows.values()), key=lambda deal: deal.id, reverse=True)


def _numbered(reference: str) -> Deal | None:
    try:
        return store.locate(reference)
    except NotFound:
        return None


def _keys(wanted: str, partner_id: str | None) -> Iterator[dynamo.Key]:
    domain = identifying_domain(wanted)
    blocks = _blocks(wanted)
    reference = [store.reference_key(partner_id, wanted)] if partner_id else []
    found = dynamo.batch_get([*reference, *blocks], newest=False)
    yield from (store.deal_key(partner_id or "", found[key]["deal_id"]) for key in reference if key in found)
    if domain:
        yield from _of_domain(domain)
    for block in blocks:
        for deal_id, entry in index.entries_in(found.get(block, {})).items():
            if is_id("deal", deal_id) and _is_called(wanted, entry):
                yield store.deal_key(entry["partner_id"], deal_id)


def _blocks(name: str) -> tuple[dynamo.Key, ...]:
    return Prospect("", "", name, None, (), ()).blocks_to_read


def _is_called(wanted: str, entry: dynamo.Item) -> bool:
    names = [entry["name"], *entry.get("aliases", ())]
    return any(wanted.casefold() in name.casefold() or may_be_one(wanted, name) for name in names)


def _of_domain(domain: str) -> Iterator[dynamo.Key]:
    """Of those that claim it, wait for it, or have it in doubt."""
    pk = index.entries_key(f"domain#{domain}").pk
    for row in dynamo.page(index.table(), pk, limit=_OF_A_DOMAIN).items:
        holders = {row["deal_id"]: row} if "deal_id" in row else index.entries_in(row)
        for deal_id, entry in holders.items():
            if is_id("deal", deal_id):
                yield store.deal_key(entry["partner_id"], deal_id)
