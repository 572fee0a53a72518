"""The conflict index in memory, of the shape that the product has in DynamoDB: capped blocks under its own keys."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.conflicts.data import Company
from dealreg.conflicts.keys import BLOCK_CAP, MOST_CANDIDATES, read_keys, written_keys
from dealreg.conflicts.normalise import Name, normalise


@dataclass(frozen=True, slots=True)
class Found:
    candidates: list[Company]
    keys_read: int


class Index:
    def __init__(self, companies: Iterable[Company]) -> None:
        self.blocks: dict[str, list[Company]] = defaultdict(list)
        self.posted = self.items_written = self.most_written = 0
        for company in companies:
            self.post(company)

    def post(self, company: Company) -> None:
        keys = written_keys(normalise(company.name))
        self.posted += 1
        self.items_written += len(keys)
        self.most_written = max(self.most_written, len(keys))
        for key in keys:
            if len(self.blocks[key]) < BLOCK_CAP:
                self.blocks[key].append(company)

    def read(self, name: Name) -> Found:
        keys = read_keys(name)
        return Found(_first(self.blocks[key] for key in keys if key in self.blocks), len(keys))


def _first(blocks: Iterable[Sequence[Company]]) -> list[Company]:
    candidates: dict[str, Company] = {}
    for block in blocks:
        candidates.update((company.id, company) for company in block)
    return list(candidates.values())[:MOST_CANDIDATES]
