"""Accounts written together: whatever came and went, the conflict index says what the accounts are, and no more."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from dealreg.accounts import rows
from dealreg.accounts import store as accounts
from dealreg.accounts.model import Account, NewAccount, account_of, from_item
from dealreg.matching import index
from dealreg.matching.names.normalise import Name
from dealreg.matching.rules import Ownership
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, StaleVersion, Unavailable
from tests.conftest import NOW
from tests.integration.accounts.test_accounts_api import all_rows

NAMES = ("Kranz AG", "Kranz Werke", "Bolt Werke", "Bolt & Kranz Maschinenbau", "Nordlicht Energie")


def account(number: int, name: str = "Kranz AG", at: datetime = NOW, domain: str = "") -> Account:
    domains = [domain] if domain else []
    new = NewAccount(name=name, domains=domains, ownership=Ownership.CUSTOMER, external_id=f"A{number}")
    return account_of(new, at)


def save(*wanted: Account) -> None:
    rows.save_all(wanted, accounts.load_many([one.id for one in wanted]))


def stored() -> list[Account]:
    return [from_item(row) for row in all_rows() if row["sk"] == "ACCOUNT"]


def entries() -> dict[dynamo.Key, set[str]]:
    """By the row of the index."""
    found: dict[dynamo.Key, set[str]] = {}
    for row in filter(index.is_index_row, all_rows()):
        listed = set(index.entries_in(row))
        assert row.get("entries", 0) == len(listed)
        if listed:
            found[dynamo.Key("Matching", row["pk"], row["sk"])] = listed
    return found


def entries_of(living: Iterable[Account]) -> dict[dynamo.Key, set[str]]:
    expected: dict[dynamo.Key, set[str]] = {}
    for one in living:
        for place in rows.entries_of(one):
            expected.setdefault(place, set()).add(one.id)
    return expected


@pytest.fixture
def small_rows(monkeypatch: pytest.MonkeyPatch, aws: None) -> int:
    """How many entries a row of the index takes."""
    monkeypatch.setattr(rows, "BLOCK_CAP", 4)
    return 4


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch, aws: None) -> list[Sequence[dynamo.Action]]:
    """Those that are written from now on."""
    written: list[Sequence[dynamo.Action]] = []
    transact = dynamo.transact

    def noted(actions: Sequence[dynamo.Action]) -> None:
        written.append(actions)
        transact(actions)

    monkeypatch.setattr(dynamo, "transact", noted)
    return written


@pytest.mark.parametrize("seed", range(2))
def test_the_index_follows_the_accounts(seed: int, aws: None) -> None:
    random = Random(seed)
    for round_ in range(3):
        at = NOW + timedelta(minutes=round_)
        numbers = random.sample(range(12), 6)
        save(*(account(n, random.choice(NAMES), at, random.choice(["", f"site-{n % 5}.example"])) for n in numbers))
        for one in random.sample(stored(), 2):
            rows.remove(one)
        assert entries() == entries_of(stored())


def test_those_with_rows_in_common_are_one_transaction(transactions: list[Sequence[dynamo.Action]]) -> None:
    save(*(account(n, domain="kranz.example") for n in range(5)))
    (together,) = transactions
    shared = [action for action in together if dynamo.key_of(action).pk.startswith("ID#")]
    assert len(shared) == len(rows.entries_of(account(0, domain="kranz.example")))
    assert {len(ids) for ids in entries().values()} == {5}


def test_an_entry_that_stays_as_it_is_is_not_written_again(transactions: list[Sequence[dynamo.Action]]) -> None:
    save(account(1, domain="kranz.example"))
    transactions.clear()
    save(account(1, domain="kranz.swiss", at=NOW + timedelta(minutes=1)))
    (written,) = transactions
    assert [dynamo.key_of(action).pk for action in written if dynamo.key_of(action).pk.startswith("ID#")] == [
        "ID#domain#kranz.example",
        "ID#domain#kranz.swiss",
    ]


def test_a_full_row_takes_no_more_and_the_accounts_are_kept(small_rows: int) -> None:
    save(*(account(n) for n in range(small_rows + 3)))
    assert len(stored()) == small_rows + 3
    assert {len(ids) for ids in entries().values()} == {small_rows}
    for one in stored():
        rows.remove(one)
    assert entries() == {}


def test_a_row_that_others_filled_meanwhile_is_read_again(small_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read = dynamo.batch_get
    save(*(account(n) for n in range(small_rows - 1)))

    def read_before_another_fills(keys: Iterable[dynamo.Key], **options: Any) -> dict[dynamo.Key, dynamo.Item]:
        found = read(keys, **options)
        monkeypatch.setattr(dynamo, "batch_get", read)
        save(account(90))
        return found

    monkeypatch.setattr(dynamo, "batch_get", read_before_another_fills)
    rows.save_all([account(91)], {})
    assert len(stored()) == small_rows + 1
    assert {len(ids) for ids in entries().values()} == {small_rows}


def test_a_group_that_meets_other_writers_again_and_again_is_halved(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    transact = dynamo.transact
    sizes: list[int] = []

    def crowded(actions: Sequence[dynamo.Action]) -> None:
        sizes.append(sum(dynamo.key_of(action).sk == "ACCOUNT" for action in actions))
        if sizes[-1] > 1:
            raise Unavailable("too many writes to the same record at once")
        transact(actions)

    monkeypatch.setattr(dynamo, "transact", crowded)
    save(*(account(n) for n in range(4)))
    assert sizes == [4, 2, 1, 1, 2, 1, 1]
    assert len(stored()) == 4


def test_what_was_written_since_it_was_read_is_not_overwritten(aws: None) -> None:
    save(account(1, domain="first.example"))
    with pytest.raises(StaleVersion):
        rows.save_all([account(2), account(1, domain="second.example")], {})
    assert [one.domains for one in stored()] == [("first.example",)]


def test_one_cut_short_between_its_transactions_is_whole_when_it_is_sent_again(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("Adler", "Berg", "Cobalt", "Dorn") * 5
    aliases = [f"{word}{n} {word[::-1]}werke Anlagen{n * 7919}" for n, word in enumerate(words)]
    many = replace(account(1), aliases=tuple(aliases))
    assert len(rows.entries_of(many)) > 100
    transact = dynamo.transact
    left = [1]

    def dying(actions: Sequence[dynamo.Action]) -> None:
        if not left:
            raise ConditionFailed({0: {"pk": "ACCOUNT#other"}})
        left.pop()
        transact(actions)

    monkeypatch.setattr(dynamo, "transact", dying)
    with pytest.raises(StaleVersion):
        save(many)
    assert stored() == []
    monkeypatch.setattr(dynamo, "transact", transact)
    save(many)
    assert entries() == entries_of(stored())


def test_one_written_by_the_keys_of_another_release_moves_when_it_is_written_again(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def former_keys(name: Name, country: str | None) -> list[str]:
        return [f"x{name.joined}{country}"]

    with monkeypatch.context() as former:
        former.setattr(index, "written_keys", former_keys)
        save(account(1))
    (before,) = stored()
    assert not rows.has_current_keys(before)
    save(account(1, at=NOW + timedelta(days=1)))
    (after,) = stored()
    assert rows.has_current_keys(after)
    assert entries() == entries_of([after])
