"""Reads the measuring data, and tells the rows that the weights were learned on from those kept aside."""

import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dealreg.matching.names.normalise import normalise

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "companies"
REACHABLE = frozenset(["format_only", "legal_form_or_order", "shared_token", "spacing_or_substring", "spelling"])
"""Relations of a positive that a comparison of strings can find."""
FOLDS = 5
_LARGEST_GROUP = 1000


@dataclass(frozen=True, slots=True)
class Pair:
    left: str
    right: str
    same: bool
    relation: str

    @property
    def reachable(self) -> bool:
        return self.same and self.relation in REACHABLE


@dataclass(frozen=True, slots=True)
class Query:
    kind: str
    name: str
    country: str
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    source: str
    name: str
    country: str
    domain: str = ""


def pairs(folder: Path) -> list[Pair]:
    return [
        Pair(row["left_name"], row["right_name"], row["label"] == "1", row["relation"])
        for row in _rows(folder / "pairs.csv.gz")
    ]


def queries(folder: Path) -> list[Query]:
    return [
        Query(
            row["kind"], row["query_name"], row["query_country"], frozenset(row["expected_ref_ids"].split("|")) - {""}
        )
        for row in _rows(folder / "queries.csv.gz")
    ]


def companies(folder: Path) -> list[Company]:
    """The reference without the rows that the `clear` queries need absent."""
    excluded = set(_or_shared(folder, "excluded_ref_ids.txt").read_text().split())
    return [
        Company(row["ref_id"], row["source"], row["name"], row["country"], row["domain"])
        for row in _rows(_or_shared(folder, "reference.csv.gz"))
        if row["ref_id"] not in excluded
    ]


def fingerprint(folder: Path) -> str:
    return hashlib.sha256((folder / "pairs.csv.gz").read_bytes()).hexdigest()


class Folds:
    """Rows, queries and companies by organisation, in as many parts; no name of a part is in what is learned for it.

    Rows hang together by their names. A group that hangs together is in one part; the one group that is too large for
    that is cut by organisation, and its rows across a cut are in no part, nor learned from for either.
    """

    def __init__(self, rows: Iterable[Pair], asked: Iterable[tuple[str, str]] = (), count: int = FOLDS) -> None:
        """`asked` are queries, each with a name that it is expected to find."""
        self.count = count
        self.rows = [(pair, _key(pair.left), _key(pair.right)) for pair in rows]
        self._organisations, self._groups = _Sets(), _Sets()
        for pair, left, right in self.rows:
            if pair.same:
                self._organisations.join(left, right)
        for name, expected in asked:
            self._organisations.join(_key(name), _key(expected))
        for _, left, right in self.rows:
            self._groups.join(self._organisations.of(left), self._organisations.of(right))
        self._sizes = Counter(self._groups.of(name) for name in list(self._groups.parents))

    def of(self, name: str) -> int:
        """The part that a name is in."""
        return self._part(_key(name))

    def rows_for(self, fold: int) -> tuple[list[Pair], list[Pair]]:
        """Rows to learn from, and the part that is measured."""
        learn: list[Pair] = []
        aside: list[Pair] = []
        for pair, left, right in self.rows:
            parts = {self._part(left), self._part(right)}
            if fold not in parts:
                learn.append(pair)
            elif len(parts) == 1:
                aside.append(pair)
        return learn, aside

    def _part(self, key: str) -> int:
        organisation = self._organisations.of(key)
        group = self._groups.of(organisation)
        return int(_share(group if self._sizes[group] < _LARGEST_GROUP else organisation) * self.count)


def split(rows: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Rows to learn from and rows kept aside: no name is in both."""
    return Folds(rows).rows_for(0)


class _Sets:
    """Disjoint sets of names."""

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}

    def of(self, name: str) -> str:
        self.parents.setdefault(name, name)
        while self.parents[name] != name:
            self.parents[name] = self.parents[self.parents[name]]
            name = self.parents[name]
        return name

    def join(self, one: str, other: str) -> None:
        self.parents[self.of(one)] = self.of(other)


def _key(name: str) -> str:
    return " ".join(sorted(normalise(name).words))


def _share(name: str) -> float:
    return int(hashlib.sha256(f"aside {name}".encode()).hexdigest()[:8], 16) / 2**32


def _or_shared(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).exists() else SHARED / name


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
