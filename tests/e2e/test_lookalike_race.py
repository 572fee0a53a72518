"""Two partners register one company at the same moment, by other spellings and other domains: somebody sees it."""

import secrets

import pytest

from benchmarks.lookalike_races import race
from benchmarks.names import VARIANTS
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.leaves_many]
PAIRS = 3 * len(VARIANTS)


def test_of_two_look_alikes_at_once_at_least_one_sees_the_other(stack: Stack) -> None:
    keys = [partner["api_key"] for partner in stack.demo["partners"][1:3]]
    outcomes = race(stack.base_url, keys, stack.demo["admin_key"], PAIRS, first=secrets.randbelow(10**9))
    assert len(outcomes) == PAIRS
    assert [one for one in outcomes if not one.seen_by] == []
    assert [one for one in outcomes if one.approved == 2] == []
