"""Who is paid what by a run, who is not, and that a line is paid once whoever is ended wherever."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from dealreg.ledger import lists, rows
from dealreg.partners import partners
from dealreg.partners.program import MoneySettings, Program, save_program
from dealreg.payouts import building, commands, store
from dealreg.payouts.lists import since_proposed
from dealreg.platform import due, dynamo
from dealreg.platform.errors import DealregError, InvalidInput, StateConflict
from tests.integration.aws_calls import WRITES, intercept, lose_race_to
from tests.integration.faults import Crash, Faults, Kind
from tests.integration.payouts import runs
from tests.integration.payouts.runs import build, excluded_from, lines_of, make, owe, partner, payouts_of


@pytest.fixture(autouse=True)
def minimums(program: Program) -> None:
    save_program(replace(program, money=MoneySettings({"EUR": "50.00"})), by="test")


def test_all_payable_lines_of_a_partner_and_currency_are_one_payout(now: datetime) -> None:
    north, south = partner("North", now), partner("South", now, tax_percent="19")
    owe(north, now, "60.00", "-5.00")
    owe(north, now, "1000", currency="JPY")
    owe(north, now, "99.00", free_at=now + timedelta(seconds=1))
    owe(south, now, "50.00")
    run = build(make(now), now)
    found = {(payout.partner_id, payout.currency): payout for payout in payouts_of(run.id)}
    assert {key: payout.minor for key, payout in found.items()} == {
        (north, "EUR"): 55_00,
        (north, "JPY"): 1000,
        (south, "EUR"): 50_00,
    }
    assert (found[south, "EUR"].tax, found[south, "EUR"].erp_reference) == (9_50, "SOUTH")
    assert (run.state, run.version, run.totals) == ("proposed", 2, {"EUR": 105_00, "JPY": 1000})
    assert (run.partners, run.lines, run.unsettled) == (2, 4, 3)
    runs.must_be_sound(run)


def test_who_goes_without_is_named_with_the_amount_and_the_first_reason(now: datetime) -> None:
    blocked = partner("Blocked", now, block={"reason_code": "paperwork", "text": "No form."}, erp_reference=None)
    suspended = partner("Suspended", now, erp_reference=None)
    partners.change(suspended, {"status": "suspended"}, "test")
    held, owing, small = partner("Held", now), partner("Owing", now), partner("Small", now, erp_reference=None)
    unknown, nobody = partner("Unknown", now, erp_reference=None), partner("Nobody", now)
    for one in (blocked, suspended, unknown):
        owe(one, now, "70.00")
    owe(held, now, "70.00", free_at=now + timedelta(days=1))
    owe(owing, now, "10.00", "-70.00")
    owe(small, now, "49.99")
    run = build(make(now), now)
    assert sorted(excluded_from(run.id)) == sorted(
        [
            (blocked, 70_00, "blocked"),
            (suspended, 70_00, "suspended"),
            (held, 0, "nothing_payable"),
            (owing, -60_00, "negative_balance"),
            (small, 49_99, "below_minimum"),
            (unknown, 70_00, "no_erp_reference"),
        ]
    )
    assert (payouts_of(run.id), run.totals, run.partners) == ([], {}, 7)
    assert lines_of(nobody) == []


def test_a_run_may_be_of_some_partners_and_of_an_earlier_time(now: datetime) -> None:
    north, south = partner("North", now), partner("South", now)
    owe(north, now, "60.00")
    owe(north, now, "70.00", free_at=now - timedelta(hours=1))
    owe(south, now, "80.00")
    earlier = now - timedelta(hours=2)
    run = build(make(now, at=earlier.isoformat(), partner_ids=[north]), now)
    assert [(payout.partner_id, payout.minor) for payout in payouts_of(run.id)] == [(north, 60_00)]


def test_a_run_of_the_future_or_of_a_partner_that_is_not_there_is_refused_with_every_fault(now: datetime) -> None:
    said: dict[str, Any] = {"at": (now + timedelta(days=1)).isoformat(), "partner_ids": ["part_1", "part_2"]}
    with pytest.raises(InvalidInput) as refused:
        make(now, **said)
    assert [fault.field for fault in refused.value.errors] == ["at", "partner_ids.0", "partner_ids.1"]


def test_one_run_is_live_at_a_time_and_the_same_key_is_the_same_run(now: datetime) -> None:
    first = make(now)
    assert make(now) == first
    with pytest.raises(StateConflict):
        make(now, "another")
    commands.cancel(first, runs.BY, now)
    assert make(now, "another") != first


def test_of_two_runs_made_at_once_one_is(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    lose_race_to(monkeypatch, lambda: made.append(make(now, "rival")))
    with pytest.raises(StateConflict):
        make(now)
    assert build(made[0], now).state == "proposed"


def test_a_line_that_is_claimed_is_in_no_other_run_and_one_of_a_cancelled_run_is_free(now: datetime) -> None:
    north = partner("North", now)
    owe(north, now, "60.00")
    first = build(make(now), now)
    (purse,) = lists.balance(north, now)["items"]
    assert (purse["in_payout"], purse["payable"]) == ("60.00", "0.00")
    commands.cancel(first.id, runs.BY, now)
    (purse,) = lists.balance(north, now)["items"]
    assert (purse["in_payout"], purse["payable"]) == ("0.00", "60.00")
    second = build(make(now, "second"), now)
    runs.must_be_sound(second)
    assert second.totals == {"EUR": 60_00}
    runs.approve(second, now)
    runs.hand_over(second.id, now)
    third = build(make(now, "third"), now)
    assert (third.payouts, excluded_from(third.id)) == (0, [(north, 0, "nothing_payable")])


def test_what_is_posted_while_the_run_is_built_is_the_next_runs(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    north = partner("North", now)
    owe(north, now, "60.00")
    run_id = make(now)
    intruding = [True]

    def post_before_claims(call: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if intruding and operation in WRITES and "payout_id" in str(request):
            intruding.clear()
            owe(north, now, "-25.00")
        return call()

    intercept(monkeypatch, post_before_claims)
    run = build(run_id, now)
    assert run.totals == {"EUR": 60_00}
    assert since_proposed(run) == {"EUR": -25_00}


def test_a_chargeback_between_summing_and_claiming_leaves_no_payout_below_the_minimum(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is disputed as of the run's time is not claimed, although it was summed."""
    north = partner("North", now)
    owe(north, now, "60.00")
    key = rows.line_key(north, 1)
    dynamo.write(dynamo.update(key, change={"source_id": "bsrc_1", "sale_id": "in_1"}))
    run_id = make(now)
    for _ in range(2):
        monkeypatch.setattr(building, "STEPS", 1)
        building.go_on(run_id, now)
    dispute = rows.dispute_key(north, "bsrc_1\x1fin_1")
    opened = [(now - timedelta(hours=1)).isoformat(), None]
    own = {"source_id": "bsrc_1", "sale_id": "in_1", "disputes": [opened]}
    dynamo.write(dynamo.put(dispute.table, {"pk": dispute.pk, "sk": dispute.sk} | own))
    run = build(run_id, now)
    assert (run.payouts, run.lines, payouts_of(run.id)) == (0, 0, [])
    assert excluded_from(run.id) == [(north, 0, "nothing_payable")]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"_SUMMED": 4, "_READ": 5, "_CLAIMS": 2, "_PURSES": 1, "_VISITED": 1}.items():
        monkeypatch.setattr(building, name, size)


def test_pages_of_any_size_come_to_the_same(now: datetime, small_pages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "STEPS", 1)
    many = partner("Many", now)
    partner("None", now)
    owe(many, now, *["10.00"] * 11)
    owe(many, now, *["7.00"] * 9, currency="USD")
    owe(many, now, "0.50", currency="GBP", free_at=now + timedelta(days=2))
    run = build(make(now), now)
    assert run.totals == {"EUR": 110_00, "USD": 63_00}
    assert (run.lines, run.payouts, run.partners) == (20, 2, 2)
    assert excluded_from(run.id) == [(many, 0, "nothing_payable")]
    runs.must_be_sound(run)


@pytest.mark.parametrize("kind", Kind)
def test_a_worker_that_ends_at_any_write_loses_and_doubles_nothing(
    kind: Kind, now: datetime, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = partner("North", now), partner("South", now)
    owe(north, now, *["20.00"] * 3)
    owe(north, now, "3.00", currency="USD")
    owe(south, now, "50.00")
    faults = Faults()
    intercept(monkeypatch, faults.around)
    for broken in count():
        run_id = make(now, f"run {broken}")
        faults.arm(broken, kind)
        with suppress(Crash, DealregError):
            building.go_on(run_id, now)
        faults.disarm()
        run = build(run_id, now)
        assert (run.totals, run.lines, run.payouts, run.partners) == ({"EUR": 110_00, "USD": 3_00}, 5, 3, 2)
        runs.must_be_sound(run)
        commands.cancel(run_id, runs.BY, now)
        if len(faults.broken) == broken:
            break
    assert len(faults.broken) > 10


def test_two_workers_at_once_claim_each_line_once(
    now: datetime, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = partner("North", now)
    owe(one, now, *["10.00"] * 9)
    run_id = make(now)
    building.go_on(run_id, now)
    for _ in range(6):
        lose_race_to(monkeypatch, lambda: building.go_on(run_id, now))
        building.go_on(run_id, now)
    run = build(run_id, now)
    assert (run.totals, run.lines) == ({"EUR": 90_00}, 9)
    runs.must_be_sound(run)


def test_a_run_that_is_being_built_is_on_the_clock_and_one_that_is_done_is_not(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "STEPS", 1)
    owe(partner("North", now), now, "60.00")
    run_id = make(now)
    building.go_on(run_id, now)
    key = store.claimed.run_key(run_id)
    row = dynamo.get(key.table, key.pk, key.sk) or {}
    assert row["due_at"] > row["made_at"]
    assert row["relay"] == "yes"
    build(run_id, now)
    row = dynamo.get(key.table, key.pk, key.sk) or {}
    assert not {*due.ATTRIBUTES, "relay"} & row.keys()


def test_a_run_that_is_cancelled_is_not_built_any_further(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "STEPS", 2)
    north = partner("North", now)
    owe(north, now, "60.00")
    run_id = make(now)
    building.go_on(run_id, now)
    lose_race_to(monkeypatch, lambda: commands.cancel(run_id, runs.BY, now))
    building.go_on(run_id, now)
    assert (store.load_run(run_id).state, store.load_run(run_id).lines) == ("cancelled", 0)
    assert build(make(now, "next"), now).totals == {"EUR": 60_00}
