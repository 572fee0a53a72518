"""The states of runs and payouts, whatever is done in whatever order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dealreg.commissions.payouts import reason_against, tax_on
from dealreg.payouts import rules
from dealreg.payouts.model import Act, Export, Payout, Run
from dealreg.platform.errors import Conflict, StaleVersion

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
RUN = Run("run_01JD8V4M2T7QK3N5P9XWZRB6YC", NOW, "ada", NOW, payouts=2, totals={"EUR": 100})
PAYOUT = Payout("pay_01JD8V4M2T7QK3N5P9XWZRB6YC", RUN.id, "part_1", "North", "EUR", NOW, minor=100, lines=1)
EXPORTS = [Export(mapping, "2026-12-05", NOW, "ada") for mapping in ("csv", "sage50")]
FOLLOWING = {
    "building": {"proposed", "cancelled"},
    "proposed": {"approved", "cancelled"},
    "approved": {"exported", "cancelled"},
    "exported": {"settled"},
    "settled": set[str](),
    "cancelled": set[str](),
}
Move = Callable[[Run], Run]


def approve(version: int) -> Move:
    return lambda run: rules.approved(run, version, {"EUR": 100}, "bo", NOW, four_eyes=False)


def settle_one(run: Run) -> Run:
    return rules.with_one_settled(run, NOW) if run.state == "exported" else run


MOVES: dict[str, Move] = {
    "propose": lambda run: rules.proposed(run) if run.state == "building" else run,
    "cancel": lambda run: rules.cancelled(run, "ada", NOW),
    "export as csv": lambda run: rules.exported(run, EXPORTS[0]),
    "export for Sage": lambda run: rules.exported(run, EXPORTS[1]),
    "settle one": settle_one,
    **{f"approve version {version}": approve(version) for version in (1, 2, 3)},
}


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=15))
def test_a_run_goes_its_way_and_each_state_is_a_version_of_its_own(names: list[str]) -> None:
    run = RUN
    for name in names:
        try:
            after = MOVES[name](run)
        except Conflict:
            continue
        if after.state == run.state:
            assert after.version == run.version
        else:
            assert after.state in FOLLOWING[run.state]
            assert after.version == run.version + 1
        run = after
    assert (run.state == "settled") == (run.export is not None and run.unsettled == 0)
    assert (run.untold is not None) <= (run.approved_at is not None)


@given(st.integers(1, 5), st.dictionaries(st.sampled_from(["EUR", "USD"]), st.integers(99, 101)))
def test_only_what_was_seen_is_approved(version: int, totals: dict[str, int]) -> None:
    run = rules.proposed(RUN)
    try:
        after = rules.approved(run, version, totals, "bo", NOW, four_eyes=True)
    except StaleVersion as stale:
        assert (version, totals) != (run.version, {"EUR": 100})
        assert stale.extra["current_version"] == run.version
    else:
        assert (version, totals, after.state) == (run.version, {"EUR": 100}, "approved")


ACTS: list[Act] = ["paid", "failed", "returned", "retry", "cancel"]


@given(st.lists(st.sampled_from(ACTS), max_size=12))
def test_an_act_twice_is_once_and_money_leaves_and_comes_back_once(acts: list[Act]) -> None:
    run = replace(RUN, state="exported", unsettled=1)
    payout, done = PAYOUT, list[Act]()
    for act in acts:
        state = rules.state_of(payout, run)
        if rules.is_done(act, payout, state):
            continue
        try:
            payout = rules.acted(act, payout, state)
        except Conflict:
            continue
        if act == "returned":
            payout = replace(payout, returned_at=NOW)
        done.append(act)
        assert rules.is_done(act, payout, rules.state_of(payout, run))
    assert done.count("paid") <= 1
    assert done.count("returned") <= done.count("paid")
    assert sum(map(rules.settles, done)) <= 1
    assert payout.attempt == 1 + done.count("retry")


def test_a_payout_is_in_the_state_of_its_run_until_it_has_its_own() -> None:
    states = ["building", "proposed", "approved", "exported", "cancelled"]
    found = [rules.state_of(PAYOUT, replace(RUN, state=state)) for state in states]
    assert found == ["proposed", "proposed", "approved", "exported", "cancelled"]
    assert rules.state_of(replace(PAYOUT, state="paid"), replace(RUN, state="settled")) == "paid"


def test_numbers_are_short_and_made_from_ids() -> None:
    assert rules.number_of_run(RUN.id) == "R-XWZR-B6YC"
    assert rules.number_of_payout(PAYOUT.id) == "P-XWZR-B6YC"
    assert rules.number_of_payout(PAYOUT.id, 2) == "P-XWZR-B6YC-2"


@given(st.integers(-200, 200), st.integers(0, 100), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_first_reason_that_holds_is_told(total: int, minimum: int, flags: tuple[bool, bool, bool]) -> None:
    blocked, suspended, known = flags
    reason = reason_against(total, minimum, is_blocked=blocked, is_suspended=suspended, has_reference=known)
    if blocked:
        assert reason == "blocked"
    elif suspended:
        assert reason == "suspended"
    elif total <= 0:
        assert reason == ("negative_balance" if total else "nothing_payable")
    elif total < minimum:
        assert reason == "below_minimum"
    else:
        assert reason == (None if known else "no_erp_reference")


def test_tax_is_rounded_half_up() -> None:
    assert [tax_on(net, Fraction("12.5")) for net in (100, 4, 3)] == [13, 1, 0]
