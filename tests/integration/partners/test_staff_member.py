"""The operator's command for the vendor's people."""

import pytest

from dealreg.partners import staff
from dealreg.partners.staff_member import main


def test_the_first_one_is_an_admin_whose_id_is_printed_alone(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create", "Ada Berg", "Ada@Kontor.example"]) == 0
    made = staff.load(capsys.readouterr().out.strip())
    assert (made.name, made.email, made.roles) == ("Ada Berg", "ada@kontor.example", ("admin",))


def test_roles_are_those_that_are_told(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create", "Finn", "finn@kontor.example", "--role", "viewer", "--role", "finance"]) == 0
    assert staff.load(capsys.readouterr().out.strip()).roles == ("finance", "viewer")


def test_who_is_there_is_listed(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    main(["create", "Ada", "ada@kontor.example"])
    made = capsys.readouterr().out.strip()
    assert main(["list"]) == 0
    assert capsys.readouterr().out == f"{made}  ada@kontor.example  Ada  admin\n"


def test_an_address_that_another_has_is_said_so(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    main(["create", "Ada", "ada@kontor.example"])
    assert main(["create", "Again", "ADA@kontor.example"]) == 1
    assert capsys.readouterr().err == "Another person has this e-mail address already.\n"


def test_what_is_no_address_is_said_so(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create", "Ada", "ada"]) == 1
    assert capsys.readouterr().err == "Write an e-mail address such as name@example.com.\n"


def test_a_role_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["create", "Ada", "ada@kontor.example", "--role", "boss"])
    assert "invalid choice: 'boss'" in capsys.readouterr().err


def test_a_missing_table_name_is_said_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PARTNERS_TABLE", raising=False)
    assert main(["list"]) == 1
    assert capsys.readouterr().err == "Set PARTNERS_TABLE to the name of the stack's table.\n"
