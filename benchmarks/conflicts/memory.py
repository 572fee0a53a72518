"""The conflict index in memory, of the shape that the product has in DynamoDB: capped blocks under its own keys."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.conflicts.data import Company
from dealreg.matching.names.keys import BLOCK_CAP, read_keys, written_keys
from dealreg.matching.names.lookalikes import Entry, candidates
from dealreg.matching.names.normalise import Name, normalise
from dealreg.matching.names.remarks import known_as


@dataclass(frozen=True, slots=True)
class Found:
    candidates: list[Entry]
    keys_read: int


class Index:
    def __init__(self, companies: Iterable[Company]) -> None:
        self.blocks: dict[str, list[Entry]] = defaultdict(list)
        self.added = self.items_written = self.most_written = 0
        for company in companies:
            self.add(company)

    def add(self, company: Company) -> None:
        entries = [Entry(company.id, name, company.country) for name in known_as(company.name)]
        keys = list(
            dict.fromkeys(key for entry in entries for key in written_keys(normalise(entry.name), company.country))
        )
        self.added += 1
        self.items_written += len(keys)
        self.most_written = max(self.most_written, len(keys))
        for key in keys:
            if len(self.blocks[key]) < BLOCK_CAP:
                self.blocks[key] += entries

    def read(self, name: Name, country: str | None) -> Found:
        keys = read_keys(name, country)
        return Found(candidates((self.blocks[key] for key in keys if key in self.blocks), country), len(keys))
