"""Who is sent the digest: a row for each approver, which says whether they have ended it, and the link that does.

`DIGEST#<id>` / `READER` in the Deals table. The id is derived from the address, so that a notice and a link hold none.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from dealreg.platform import dynamo, ids, times, tokens
from dealreg.platform.errors import ConditionFailed, NotFound
from dealreg.platform.settings import Setting, read

_SK = "READER"
_LINK = re.compile(r"([0-9a-f]{32})-([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Reader:
    address: str
    has_ended: bool = False

    @property
    def id(self) -> str:
        return tokens.hash_token(self.address)[:32]

    @property
    def key(self) -> dynamo.Key:
        return _key(self.id)


def subscribed(addresses: Iterable[str]) -> list[Reader]:
    """Those of them who have not ended it; whoever is new gets a row. One read a hundred."""
    readers = [Reader(address) for address in sorted(addresses)]
    rows = dynamo.batch_get(one.key for one in readers)
    for one in readers:
        if one.key not in rows:
            with suppress(ConditionFailed):  # made meanwhile
                dynamo.write(dynamo.put(one.key.table, _to_item(one), dynamo.ABSENT))
    return [one for one in readers if one.key not in rows or not from_item(rows[one.key]).has_ended]


def end(reader: Reader, now: datetime) -> None:
    """Doing it again changes nothing."""
    with suppress(ConditionFailed):
        is_subscribed = f"{dynamo.PRESENT} AND attribute_not_exists(#ended_at)"
        dynamo.write(dynamo.update(reader.key, change={"ended_at": times.to_text(now)}, when=is_subscribed))


def resume(reader: Reader) -> None:
    with suppress(ConditionFailed):
        dynamo.write(dynamo.update(reader.key, remove=("ended_at",), when="attribute_exists(#ended_at)"))


def link_token(reader: Reader) -> str:
    """The end of the link that ends the digest; it never grows old."""
    return f"{reader.id}-{tokens.derive('digest', reader.id)}"


def of_link(text: str) -> str:
    """The token at the beginning."""
    return ids.at_beginning(_LINK, text)


def find_by_token(token: str) -> Reader:
    """Raises NotFound for a link that is not ours."""
    found = _LINK.fullmatch(token)
    if found and tokens.matches(found[2], "digest", found[1]):
        key = _key(found[1])
        if item := dynamo.get(key.table, key.pk, key.sk):
            return from_item(item)
    raise NotFound("This link is not known, or no longer.")


def from_item(item: dynamo.Item) -> Reader:
    return Reader(item["address"], "ended_at" in item)


def _to_item(reader: Reader) -> dynamo.Item:
    return {"pk": reader.key.pk, "sk": reader.key.sk, "address": reader.address}


def _key(reader_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), f"DIGEST#{reader_id}", _SK)
