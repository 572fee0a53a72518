"""Whom a step asks: stand-ins, the partner's own side, and who comes when nobody is left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals.people import Absence, Asked, People
from dealreg.partners.routing import MANAGER, Step

AT = datetime(2026, 11, 27, 10, tzinfo=UTC)
SINCE = AT - timedelta(days=1)
LAST = "last@v.example"
NAMES = ["ada@v.example", "bo@v.example", "cy@v.example", "di@v.example"]
ADA, BO, CY, DI = NAMES


def people(away: dict[str, str | None] | None = None, manager: str | None = None, *own_side: str) -> People:
    absences = {who: Absence(SINCE, None, stand_in) for who, stand_in in (away or {}).items()}
    return People({"channel": [ADA, BO], "nobody": []}, manager, frozenset(own_side), absences, LAST)


def asked(found: list[Asked]) -> list[str]:
    return [one.approver for one in found]


def persons_of(names: list[str]) -> list[str]:
    """Each that is named."""
    return [person for person, _ in people(None, DI).resolve(names, AT)]


def test_groups_are_their_people_in_order_and_doubles_go() -> None:
    assert asked(people().ask(Step("s", (BO, "group:channel", CY)), AT)) == [BO, ADA, CY]
    assert asked(people(None, DI).ask(Step("s", (MANAGER, DI)), AT)) == [DI]


def test_who_is_away_is_replaced_and_so_is_the_stand_in() -> None:
    (one,) = people({ADA: BO, BO: CY}).ask(Step("s", (ADA,)), AT)
    assert one == Asked(CY, ADA, "away")


@pytest.mark.parametrize("away", [{ADA: None}, {ADA: BO, BO: ADA}, {ADA: ADA}])
def test_without_a_stand_in_or_in_a_ring_it_is_nobody(away: dict[str, str | None]) -> None:
    assert asked(people(away).ask(Step("s", (ADA, CY)), AT)) == [CY]


def test_an_absence_begins_and_ends() -> None:
    absence = Absence(AT, AT + timedelta(hours=1), BO)
    moments = (AT - timedelta(seconds=1), AT, AT + timedelta(hours=1))
    assert [absence.covers(moment) for moment in moments] == [False, True, False]


def test_nobody_from_the_partners_own_side_decides_not_even_as_a_stand_in() -> None:
    assert asked(people(None, None, ADA).ask(Step("s", (ADA, BO)), AT)) == [BO]
    assert asked(people({BO: ADA}, None, ADA).ask(Step("s", (BO, CY)), AT)) == [CY]
    assert asked(people({ADA: BO}, None, ADA).ask(Step("s", (ADA, CY)), AT)) == [CY]


def test_where_nobody_remains_those_of_the_escalation_are_asked_or_the_last_resort() -> None:
    step = Step("s", (MANAGER,), escalate_to=("group:channel",))
    assert people().ask(step, AT) == [Asked(ADA, None, "nobody"), Asked(BO, None, "nobody")]
    assert asked(people({ADA: None, BO: None}).ask(step, AT)) == [LAST]
    assert asked(people({LAST: None}).ask(Step("s", ("group:nobody",)), AT)) == [LAST], "away or not"
    assert asked(people().ask(Step("s", ("group:nobody",), need="all"), AT)) == [LAST]


def test_two_signatures_stay_two() -> None:
    step = Step("s", (ADA, BO), need="all", escalate_to=(CY, DI))
    assert people({ADA: BO}).ask(step, AT) == [Asked(CY, ADA, "nobody"), Asked(BO)]
    assert people({ADA: DI, BO: DI}).ask(step, AT) == [Asked(DI, ADA, "away"), Asked(CY, BO, "nobody")]
    both = Step("s", (ADA, BO), need="all")
    assert people({ADA: None, BO: None}).ask(both, AT) == [Asked(LAST, ADA, "nobody"), Asked(BO)], "BO, away or not"
    assert people({ADA: None}).ask(replace(both, ask=(ADA, LAST)), AT) == [Asked(ADA), Asked(LAST)]
    assert people({ADA: None, LAST: None}).ask(replace(both, ask=(ADA, LAST)), AT) == [Asked(ADA), Asked(LAST)]
    assert asked(people({ADA: None, BO: None}, None, ADA, BO).ask(both, AT)) == [LAST], "the partner's own sign nothing"


def test_only_who_was_not_asked_comes_new_or_the_last_resort_or_nobody() -> None:
    step = Step("s", (ADA,), escalate_to=("group:channel",))
    assert people().escalation(step, [ADA], AT) == [BO]
    assert people().escalation(step, [ADA, BO], AT) == [LAST]
    assert people().escalation(step, [ADA, BO, LAST], AT) == []


@given(
    st.lists(st.sampled_from([*NAMES, MANAGER, "group:channel"]), min_size=1),
    st.lists(st.sampled_from([*NAMES, "group:channel"])),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*NAMES, None])),
    st.sets(st.sampled_from(NAMES)),
    st.sampled_from(["any", "all"]),
)
def test_somebody_is_asked_nobody_twice_and_never_the_partners_own(
    ask: list[str], escalate_to: list[str], away: dict[str, str | None], own_side: set[str], need: str
) -> None:
    step = Step("s", tuple(ask), need="all" if need == "all" else "any", escalate_to=tuple(escalate_to))
    found = asked(people(away, DI, *own_side).ask(step, AT))
    assert found
    assert len(set(found)) == len(found)
    assert own_side.isdisjoint(found)
    if need == "any":
        assert {name for name in found if name != LAST}.isdisjoint(away), "who is away is not asked"
    else:
        assert len(found) >= len({*persons_of(ask)} - own_side), "no signature falls away"
