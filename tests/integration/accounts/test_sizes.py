"""Accounts as large as they may be, in the longest letters: they fit the rows and transactions that they end up in."""

import json
from typing import Any

import pytest

from dealreg.accounts import rows
from dealreg.accounts import store as accounts
from dealreg.accounts.model import Account, NewAccount, account_of
from dealreg.matching import index
from dealreg.matching.names.keys import BLOCK_CAP
from dealreg.matching.rules import Ownership
from tests.conftest import NOW
from tests.integration.accounts.imports.conftest import begin, show, work_off
from tests.integration.accounts.test_accounts_api import verdict
from tests.integration.aws_calls import intercept

LETTER = "\U00020000"
"""Four bytes in UTF-8."""
MAX_ITEM, MAX_TRANSACTION = 400 * 1024, 4 * 1024 * 1024


def longest(number: int, name: str = "") -> Account:
    aliases = [f"{chr(0x20010 + number)}{chr(0x20800 + n)}".ljust(200, LETTER) for n in range(20)]
    domains = [f"{'x' * 60}.{'y' * 60}.{'z' * 60}.n{number}-{n}.example" for n in range(20)]
    said: dict[str, Any] = {"name": name or chr(0x20010 + number) * 200, "aliases": aliases, "domains": domains}
    new = NewAccount(**said, country="DE", ownership=Ownership.CUSTOMER, external_id=f"{number}".rjust(100, LETTER))
    return account_of(new, NOW)


def size_of(item: Any) -> int:
    """Of plain values, near enough from above."""
    return len(json.dumps(item, ensure_ascii=False, default=str).encode())


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch, aws: None) -> list[int]:
    """The size of each, from now on."""
    sizes: list[int] = []

    def noted(make: Any, _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems":
            sizes.append(size_of(request))
        return make()

    intercept(monkeypatch, noted)
    return sizes


def test_many_of_the_largest_at_once_fit_their_transactions(transactions: list[int]) -> None:
    many = [longest(number) for number in range(12)]
    rows.save_all(many, {})
    assert len(accounts.load_many(one.id for one in many)) == 12
    assert max(transactions) < MAX_TRANSACTION * 0.75


def test_a_full_row_of_the_index_holds_the_largest_of_one_name(aws: None) -> None:
    name = LETTER * 200
    entries = {one.id: rows.entries_of(one) for one in (longest(number, name) for number in range(BLOCK_CAP))}
    for block in index.blocks_to_write("DE", name):
        assert size_of({account_id: of_one[block] for account_id, of_one in entries.items()}) < MAX_ITEM * 0.9


def test_an_alias_that_has_no_room_in_every_row_is_found_in_its_own(aws: None) -> None:
    aliases = [f"Alias{n * 7919} Werke{n * 104729} ".ljust(200, "ä") for n in range(20)]
    new = NewAccount(name="Kranz AG", aliases=aliases, ownership=Ownership.CUSTOMER, external_id="A1")
    rows.save_all([account_of(new, NOW)], {})
    assert [verdict(name=alias) for alias in aliases] == ["possible_duplicate"] * 20


def test_a_row_that_the_database_does_not_take_is_rejected_and_the_others_go_in(
    program: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MAX_NAMES", 1 << 20)
    monkeypatch.setattr(rows, "_MAX_BYTES", 1 << 30)
    huge = "|".join(f"{chr(0x20800 + n)}".ljust(200, LETTER) for n in range(20))

    def refused(make: Any, _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems" and LETTER in json.dumps(request, ensure_ascii=False):
            raise _too_large()
        return make()

    intercept(monkeypatch, refused)
    import_id = begin("A1,Bolt Ltd,,,,customer,,", f"A2,Kranz AG,,,,customer,{huge},", "A3,Orka AG,,,,customer,,")
    work_off()
    shown = show(import_id)
    assert (shown["state"], shown["created"], shown["rejected"]) == ("completed", 2, 1)


def _too_large() -> Exception:
    from botocore.exceptions import ClientError

    error: Any = {"Code": "ValidationException", "Message": "Item size to update has exceeded the maximum allowed size"}
    return ClientError({"Error": error}, "TransactWriteItems")
