"""The operator's command for admin keys."""

from datetime import datetime

import pytest

from dealreg.partners import credentials
from dealreg.partners.admin_key import main
from dealreg.platform import times


def test_a_key_is_printed_alone_and_works(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create", "operations"]) == 0
    token = capsys.readouterr().out.strip()
    caller = credentials.authenticate(token, times.now())
    assert caller is not None
    assert caller.principal_type == "admin"


def test_keys_are_listed_without_their_secret_and_can_be_revoked(
    aws: None, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    key, token = credentials.create_admin_key("operations", now, "test")
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert key.id in listed
    assert "operations" in listed
    assert token not in listed
    assert main(["revoke", key.id]) == 0
    assert credentials.authenticate(token, now) is None


def test_an_unknown_key_is_said_so(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["revoke", "key_1"]) == 1
    assert capsys.readouterr().err == "There is no admin key with this id.\n"


def test_a_missing_table_name_is_said_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PARTNERS_TABLE", raising=False)
    assert main(["list"]) == 1
    assert capsys.readouterr().err == "Set PARTNERS_TABLE to the name of the stack's table.\n"
