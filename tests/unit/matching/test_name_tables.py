"""The tables of names are what their pinned packages and lists say."""

import pytest

from dealreg.matching.names import tables

pytest.importorskip("anyascii")
pytest.importorskip("cleanco")

from local import name_tables


@pytest.mark.parametrize("name", ["letters", "han"])
def test_letters_are_those_of_anyascii(name: str):
    assert getattr(name_tables, name)() == (name_tables.DATA / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["org_kinds.txt", "places.txt"])
def test_own_lists_are_as_written(name: str):
    assert name_tables.own_list(name) == (name_tables.DATA / name).read_text("utf-8")


def test_a_word_stands_for_its_group_only():
    words = tables.generic_words()
    assert not {first for first in words.values() if words.get(first, first) != first}
