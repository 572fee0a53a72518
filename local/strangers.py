"""Pairs of names that the index takes for neighbours, of companies that are hardly the same: to learn alarms from."""

from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.conflicts.data import Company
from benchmarks.conflicts.memory import Index
from dealreg.matching.names.lookalikes import nearest
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.score import Weights, compare

_LOOKED_AT, _NEIGHBOURS = 10, 3
_LIKELY_THE_SAME = 2.0
"""Points from which two rows of the reference are too often one company that stands there twice."""
_OF_COMPANIES = ("fd", "sec")
"""The sources of whom deals are registered for most; the others have authorities and universities."""


def strangers(companies: Sequence[Company], learned: Weights, count: int, random: Random) -> Iterator[tuple[str, str]]:
    """Of `count` companies each with those of another domain that the weights think most alike."""
    index = Index(companies)
    known = {company.id: company for company in companies}
    share = [3 if company.source in _OF_COMPANIES else 1 for company in companies]
    for company in random.choices(companies, share, k=count):
        name = normalise(company.name)
        found = index.read(name, company.country).candidates
        others = [entry for entry in found if not _is_itself(company, known[entry.id])]
        scored = [
            (compare(name, other, learned).points, entry.name) for other, entry in nearest(name, others, _LOOKED_AT)
        ]
        for points, other in sorted(scored, reverse=True)[:_NEIGHBOURS]:
            if points < _LIKELY_THE_SAME:
                yield company.name, other


def _is_itself(company: Company, other: Company) -> bool:
    return company.id == other.id or bool(company.domain and company.domain == other.domain)
