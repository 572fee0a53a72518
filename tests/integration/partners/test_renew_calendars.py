"""Holidays are worked out for some years; each day sees to it that they do not run out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dealreg.partners.program import Program, save_program, stored_program
from dealreg.platform import times
from dealreg.platform.errors import StaleVersion
from partners import program_api, renew_calendars
from tests.integration.aws_calls import lose_race_to
from tests.integration.partners.test_program_api import with_rules
from tests.samples import sample


@pytest.fixture(autouse=True)
def program(aws: None, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Saved in 2026, with the holidays of Bavaria."""
    in_year(2026, monkeypatch)
    program_api.handler(sample("partners-program-api/save-program", body=with_rules()), None)
    return stored_program()


def in_year(year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(year, 1, 1, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(times, "now", lambda: now)


def years_known(program: Program) -> tuple[int, int]:
    days = sorted(program.calendar.closed)
    return days[0].year, days[-1].year


def test_a_year_that_begins_makes_a_version_that_knows_one_year_more(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_year(2027, monkeypatch)
    renew_calendars.handler({}, None)
    renewed = stored_program()
    assert (years_known(program), years_known(renewed)) == ((2025, 2029), (2026, 2030))
    assert renewed.calendar.offsets[-1][0].year == 2030
    assert (renewed.version, replace(renewed, worked=program.worked)) == (program.version + 1, program)


def test_a_day_of_the_same_year_changes_nothing(program: Program) -> None:
    renew_calendars.handler({}, None)
    assert stored_program().version == program.version


def test_of_an_admin_who_saves_meanwhile_nothing_is_undone(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    in_year(2027, monkeypatch)
    lose_race_to(monkeypatch, lambda: save_program(replace(program, name="Bolt"), "rival"))
    with pytest.raises(StaleVersion):
        renew_calendars.handler({}, None)
    assert stored_program().name == "Bolt"


def test_a_program_that_nobody_has_set_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    save_program(Program(name="Plain"), "admin")
    in_year(2027, monkeypatch)
    renew_calendars.handler({}, None)
    assert stored_program() == Program(name="Plain")
