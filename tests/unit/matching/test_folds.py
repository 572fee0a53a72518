"""What the weights are judged on is apart from what they are learned from."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.conflicts.data import Folds, Pair

NAMES = st.sampled_from(
    [f"{one} {other}" for one in "Zwack Nordlicht Kestrel Otter".split() for other in "Mills Bank".split()]
)
PAIRS = st.lists(st.builds(Pair, NAMES, NAMES, st.booleans(), st.just("spelling")), max_size=30)


@given(PAIRS, st.lists(st.tuples(NAMES, NAMES), max_size=5), st.integers(2, 5))
def test_no_name_of_a_part_is_learned_from_and_each_row_is_in_at_most_one(
    rows: list[Pair], asked: list[tuple[str, str]], count: int
) -> None:
    folds = Folds(rows, asked, count)
    measured = 0
    for fold in range(count):
        learn, aside = folds.rows_for(fold)
        assert {folds.of(name) for pair in aside for name in (pair.left, pair.right)} <= {fold}
        assert fold not in {folds.of(name) for pair in learn for name in (pair.left, pair.right)}
        measured += len(aside)
    assert measured <= len(rows)
    assert all(folds.of(name) == folds.of(expected) for name, expected in asked)
