"""Approving, cancelling, exporting; paid, failed, returned: one outcome, which the other is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.ledger import lists, rows
from dealreg.ledger.inputs import LineFilter
from dealreg.partners.program import MoneySettings, Program, save_program
from dealreg.payouts import acts, commands, rules, store
from dealreg.payouts import lists as payout_lists
from dealreg.payouts.model import Act, Payout, Run
from dealreg.platform import dynamo
from dealreg.platform.errors import Forbidden, InvalidInput, NotFound, StaleVersion, StateConflict
from dealreg.platform.paging import PageRequest
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.faults import Crash, Faults, Kind
from tests.integration.payouts import runs
from tests.integration.payouts.runs import BY, OTHER, approve, build, do, exported, lines_of, make, owe, partner, told


@pytest.fixture
def north(program: Program, now: datetime) -> str:
    one = partner("North", now)
    owe(one, now, "60.00", "-5.00")
    return one


def balance(partner_id: str, at: datetime) -> dict[str, str]:
    (purse,) = lists.balance(partner_id, at)["items"]
    return {name: str(purse[name]) for name in ("earned", "payable", "in_payout", "paid")}  # type: ignore[literal-required]


def payout_of(run: Run) -> Payout:
    (payout,) = runs.payouts_of(run.id)
    return payout


def state(payout: Payout) -> str:
    found = store.load_payout(store.locate(payout.id))
    return rules.state_of(found, store.load_run(found.run_id))


# ---- runs -----------------------------------------------------------------------------------------------------------


def test_an_approval_names_what_was_seen(north: str, now: datetime) -> None:
    run = build(make(now), now)
    for said in ({"version": 1, "totals": {"EUR": "55.00"}}, {"version": 2, "totals": {"EUR": "55.01"}}):
        with pytest.raises(StaleVersion):
            commands.approve(run.id, json.dumps(said).encode(), OTHER, now)
    assert approve(run, now).state == "approved"
    with pytest.raises(InvalidInput):
        commands.approve(run.id, b'{"version": 2, "totals": {"EUR": "55.001"}}', OTHER, now)


def test_who_made_a_run_does_not_approve_it_where_four_eyes_are_asked_for(
    program: Program, north: str, now: datetime
) -> None:
    save_program(replace(program, money=MoneySettings(four_eyes=True)), by="test")
    run = build(make(now), now)
    with pytest.raises(Forbidden):
        approve(run, now, by=BY)
    assert approve(run, now, by=OTHER).approved_by == OTHER


def test_partners_are_told_of_their_payouts_at_approval_and_see_them_from_then_on(north: str, now: datetime) -> None:
    run = build(make(now), now)
    payout = payout_of(run)
    assert payout_lists.own(north, PageRequest(10))["items"] == []
    with pytest.raises(NotFound):
        payout_lists.one_of_own(north, payout.id)
    approve(run, now)
    build(run.id, now)
    assert told(north) == ["payout.created"]
    (own,) = payout_lists.own(north, PageRequest(10))["items"]
    assert (own["state"], own["amount"]["amount"], own["lines"]) == ("approved", "55.00", 2)
    assert (own["number"][:2], len(own["number"])) == ("P-", 11)


Doing = Callable[[Run, datetime], object]
DOING: dict[str, Doing] = {
    "approve": approve,
    "cancel": lambda run, now: commands.cancel(run.id, OTHER, now),
    "export": lambda run, now: runs.hand_over(run.id, now),
}


@pytest.mark.parametrize("first", DOING)
@pytest.mark.parametrize("second", DOING)
@pytest.mark.parametrize("begun", ["proposed", "approved"])
def test_of_two_who_act_at_once_one_is_told_what_the_other_did(
    first: str, second: str, begun: str, north: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = build(make(now), now)
    if begun == "approved":
        run = approve(run, now)
    errors: list[Exception] = []

    def attempt(name: str) -> None:
        try:
            DOING[name](run, now)
        except (StateConflict, StaleVersion) as told_why:
            errors.append(told_why)

    lose_race_to(monkeypatch, lambda: attempt(first))
    attempt(second)
    after = store.load_run(run.id)
    is_possible = {"proposed": {"approve", "cancel"}, "approved": {"cancel", "export"}}[begun]
    assert after.state in {"proposed", "approved", "exported", "cancelled"}
    if {first, second} <= is_possible and first != second:
        possible = {"approve": "approved", "cancel": "cancelled", "export": "exported"}
        in_turn = begun == "proposed" and first == "approve"  # what was approved may be cancelled
        assert after.state == ("cancelled" if in_turn else possible[first])
        assert len(errors) == (0 if in_turn else 1)
    if not is_possible & {first, second}:
        assert after.state == begun
    held = dynamo.get(rows.table(), *runs.pair(store.live_key()))
    assert (held is not None) == (after.state in rules.LIVE)


def test_an_export_twice_is_once_and_another_is_refused(north: str, now: datetime) -> None:
    run = exported(now)
    assert runs.hand_over(run.id, now).version == run.version
    with pytest.raises(StateConflict):
        runs.hand_over(run.id, now, "sage50")
    with pytest.raises(StateConflict, match="exported by"):
        commands.cancel(run.id, BY, now)


# ---- payouts --------------------------------------------------------------------------------------------------------


def test_a_payout_that_is_paid_twice_is_paid_once(north: str, now: datetime) -> None:
    run = exported(now)
    do("paid", payout_of(run), now)
    paid = do("paid", payout_of(run), now)
    assert (paid.reference, state(paid)) == ("SEPA 17", "paid")
    (line,) = [line for line in lines_of(north) if line["kind"] == "payout"]
    assert (line["number"], line["minor"], line["occurred_at"]) == (3, -55_00, "2026-11-23T09:00:00.000Z")
    assert told(north) == ["payout.created", "payout.paid"]
    later = max(now, runs.moment("2026-11-23T09:00:00Z"))
    assert balance(north, later) == {"earned": "55.00", "payable": "0.00", "in_payout": "0.00", "paid": "55.00"}
    assert store.load_run(run.id).state == "settled"
    events = list(dynamo.every(rows.table(), f"RUN#{run.id}", "EVENT#"))
    assert [event["type"] for event in events] == ["payout_run.proposed", "payout_run.settled"]
    assert {tuple(event["audience"]) for event in events} == {("vendor",)}


def test_a_payout_that_fails_keeps_its_lines_until_it_is_tried_again_or_cancelled(north: str, now: datetime) -> None:
    run = exported(now)
    payout = payout_of(run)
    assert rules.number_of_payout(payout.id, do("failed", payout, now).attempt)[-2:] != "-2"
    do("failed", payout, now)
    assert balance(north, now)["in_payout"] == "55.00"
    do("retry", payout, now)
    again = do("retry", payout, now)
    assert (rules.number_of_payout(again.id, again.attempt)[-2:], state(again)) == ("-2", "exported")
    do("failed", payout, now)
    for _ in range(2):
        do("cancel", payout, now)
    assert balance(north, now) == {"earned": "55.00", "payable": "55.00", "in_payout": "0.00", "paid": "0.00"}
    assert told(north) == ["payout.created", "payout.failed", "payout.failed"]
    assert store.load_run(run.id).state == "settled"
    assert build(make(now, "next"), now).totals == {"EUR": 55_00}


def test_what_comes_back_is_payable_again_and_was_earned_once(north: str, now: datetime) -> None:
    run = exported(now)
    do("paid", payout_of(run), now)
    do("returned", payout_of(run), now)
    back = do("returned", payout_of(run), now)
    assert (state(back), back.returned_at) == ("paid", now)
    later = now + timedelta(days=30)
    assert balance(north, later) == {"earned": "55.00", "payable": "55.00", "in_payout": "0.00", "paid": "0.00"}
    assert told(north)[-1] == "payout.returned"
    (came_back,) = lists.listing(north, LineFilter(kind="payout_return"), PageRequest(10), later)["items"]
    assert came_back["payout_id"] == back.id
    second = build(make(now, "next"), now)
    assert second.totals == {"EUR": 55_00}
    runs.must_be_sound(second)


@pytest.mark.parametrize("act", ["paid", "failed", "returned", "retry", "cancel"])
def test_nothing_becomes_of_a_payout_before_its_run_is_exported(act: Act, north: str, now: datetime) -> None:
    run = approve(build(make(now), now), now)
    with pytest.raises(StateConflict):
        do(act, payout_of(run), now)


def test_what_was_paid_was_not_paid_in_the_future(north: str, now: datetime) -> None:
    payout = payout_of(exported(now))
    said = {"paid_at": (now + timedelta(days=2)).isoformat()}
    with pytest.raises(InvalidInput):
        acts.do("paid", payout.id, json.dumps(said).encode(), BY, now)


@pytest.mark.parametrize("first", ["paid", "failed"])
@pytest.mark.parametrize("second", ["paid", "failed"])
def test_of_two_acts_at_once_one_counts(
    first: Act, second: Act, north: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = payout_of(exported(now))
    lose_race_to(monkeypatch, lambda: do(first, payout, now))
    if first == second:
        do(second, payout, now)
    else:
        with pytest.raises(StateConflict):
            do(second, payout, now)
    assert state(payout) == first
    assert told(north) == ["payout.created", f"payout.{first}"]


def test_a_line_that_is_posted_meanwhile_does_not_stand_in_the_way(
    north: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = payout_of(exported(now))
    lose_race_to(monkeypatch, lambda: owe(north, now, "7.00"))
    do("paid", payout, now)
    assert [line["number"] for line in lines_of(north)] == [1, 2, 3, 4]
    assert told(north) == ["payout.created", "payout.paid"]


@pytest.mark.parametrize("kind", [Kind.ENDS_BEFORE, Kind.ENDS_AFTER])
def test_who_ends_while_partners_are_told_tells_each_once(
    kind: Kind, now: datetime, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [partner(name, now) for name in ("North", "South", "West")]
    for one in everybody:
        owe(one, now, "60.00")
    run = approve(build(make(now), now), now)
    faults = Faults()
    intercept(monkeypatch, faults.around)
    for _ in range(4):
        faults.arm(1, kind)
        try:
            build(run.id, now)
        except Crash:
            continue
    faults.disarm()
    build(run.id, now)
    assert [told(one) for one in everybody] == [["payout.created"]] * 3
