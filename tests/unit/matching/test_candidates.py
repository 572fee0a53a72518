"""Who of the many in the blocks is compared at all."""

from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching.names.lookalikes import MAX_CANDIDATES, Entry, candidates

COUNTRIES = st.none() | st.sampled_from(["DE", "US"])
ENTRIES = st.builds(Entry, st.integers(0, 300).map(str), st.sampled_from(["Zwack", "Zwick"]), COUNTRIES)
BLOCKS = st.lists(st.lists(ENTRIES, min_size=1, max_size=64), max_size=8)


def crowd(size: int, country: str | None = None) -> list[Entry]:
    return [Entry(f"deal_{number}", f"Name {number}", country) for number in range(size)]


def test_who_shares_a_small_block_comes_before_who_shares_a_full_one():
    few = [Entry("deal_few", "Zwack", None)]
    assert candidates([crowd(200), few], None)[0].id == "deal_few"


def test_who_shares_two_blocks_comes_before_who_shares_one():
    both = Entry("deal_both", "Zwack", None)
    assert candidates([[*crowd(200)[:100], both], [*crowd(200)[100:], both]], None)[0].id == "deal_both"


def test_of_as_many_shared_blocks_a_country_in_common_decides():
    here = Entry("deal_here", "Zwack", "HU")
    assert candidates([[*crowd(200, "DE"), here]], "HU")[0].id == "deal_here"


def test_somebody_of_several_names_counts_once_with_each_of_them():
    names = [Entry("deal_1", name, None) for name in ("Zwack", "Unicum")]
    assert candidates([names, names[1:]], None) == names


@given(BLOCKS, COUNTRIES)
def test_there_are_never_more_than_the_limit_and_nobody_twice(blocks: list[list[Entry]], country: str | None):
    found = candidates(blocks, country)
    assert len({entry.id for entry in found}) <= MAX_CANDIDATES
    assert len(set(found)) == len(found)


@given(BLOCKS, COUNTRIES)
def test_nobody_is_left_out_before_the_limit(blocks: list[list[Entry]], country: str | None):
    everybody = {entry.id for block in blocks for entry in block}
    assert len({entry.id for entry in candidates(blocks, country)}) == min(len(everybody), MAX_CANDIDATES)
