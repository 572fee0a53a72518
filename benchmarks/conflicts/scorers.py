"""What the product is measured beside: rapidfuzz and cleanco, as one would use them first."""

from functools import lru_cache

from cleanco import basename
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from benchmarks.conflicts.pairs import Scorer
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.score import compare


def product(left: str, right: str) -> float:
    return compare(normalise(left), normalise(right)).points


def wratio(left: str, right: str) -> float:
    return fuzz.WRatio(left, right, processor=default_process)


def token_set_ratio(left: str, right: str) -> float:
    return fuzz.token_set_ratio(left, right, processor=default_process)


def cleanco_exact(left: str, right: str) -> float:
    return float(_base(left) == _base(right))


@lru_cache(maxsize=65536)
def _base(name: str) -> str:
    return default_process(basename(basename(name)))


OTHERS: dict[str, Scorer] = {
    "rapidfuzz_wratio": wratio,
    "rapidfuzz_token_set_ratio": token_set_ratio,
    "cleanco_exact": cleanco_exact,
}
