"""Payments that a person has said nothing follows from, of a sale that has no deal: they must not count once it has."""

from dealreg.ledger import rows
from dealreg.ledger.facts_text import pack, unpack
from dealreg.platform import dynamo


def drop(sale_id: str, event_id: str) -> list[dynamo.Action]:
    """Those of one event. Nothing of a sale that counts: what is paid goes back by a refund alone."""
    key = rows.sale_key(sale_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None or "deal_id" in item:
        return []
    payments, claims = unpack(item["facts"], item["source_id"])
    left = [payment for payment in payments if payment.event_id != event_id]
    if len(left) == len(payments):
        return []
    revision: int = item["revision"]
    after = item | {"facts": pack(left, claims), "revision": revision + 1}
    return [dynamo.put(key.table, after, "#revision = :revision", {"revision": revision})]
