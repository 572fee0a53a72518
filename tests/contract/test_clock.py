"""Each table that puts rows on the clock has a sweep of its own, and a row that always fails raises an alarm."""

import json
from datetime import timedelta
from typing import Any

import pytest

from dealreg import clock, wiring
from dealreg.accounts.imports import store as imports
from dealreg.platform import due
from dealreg.platform.settings import Setting
from tests.contract.functions import FUNCTIONS, Function, as_list
from tests.template import load_template, resources

TEMPLATE = load_template()
GLOBAL = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
SWEEPS = [function for function in FUNCTIONS if function.module == "clock.sweep"]
TABLES = {
    name
    for name, body in resources(TEMPLATE, "AWS::DynamoDB::Table").items()
    if due.INDEX in [index["IndexName"] for index in body["Properties"].get("GlobalSecondaryIndexes", ())]
}
each_sweep = pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)


def table_of(setting: str) -> str:
    """Its logical name."""
    return str(GLOBAL[setting]["Ref"])


def test_a_table_with_a_clock_has_one_sweep_and_no_other_table_has() -> None:
    swept = [table_of(sweep.variables["SWEPT_TABLE"]) for sweep in SWEEPS]
    assert sorted(swept) == sorted(TABLES)


def test_what_is_due_is_handled_in_every_table_with_a_clock() -> None:
    assert {table_of(table) for one in wiring.CAPABILITIES for table, _ in one.due_handlers} == TABLES


@each_sweep
def test_a_sweep_runs_every_minute_and_ends_within_it(sweep: Function) -> None:
    (schedule,) = sweep.properties["Events"].values()
    assert schedule["Type"] == "ScheduleV2"
    assert schedule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    assert sweep.properties["Timeout"] < 60
    assert sweep.properties["Timeout"] * 1000 > 2 * clock.RESERVE_MS


@each_sweep
def test_a_sweep_that_fails_is_told_of(sweep: Function) -> None:
    assert sweep.properties["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["SweepDlq", "Arn"]}}


@each_sweep
def test_a_sweep_may_read_no_clock_but_its_own(sweep: Function) -> None:
    places = [place for statement in sweep.statements for place in as_list(statement["Resource"])]
    clocks = [place["Fn::Sub"] for place in places if f"/index/{due.INDEX}" in str(place)]
    own = table_of(sweep.variables["SWEPT_TABLE"])
    assert clocks == [f"${{{own}.Arn}}/index/{due.INDEX}"]
    described = [s["Resource"] for s in sweep.statements if "dynamodb:DescribeTable" in as_list(s["Action"])]
    assert described == [{"Fn::GetAtt": [own, "Arn"]}]


@each_sweep
def test_a_sweep_may_write_to_no_table_that_its_handlers_do_not(sweep: Function) -> None:
    """Each with its own rights: a fault in what billing systems sent cannot touch webhooks."""
    written = {
        place["Fn::GetAtt"][0]
        for statement in sweep.statements
        for place in as_list(statement["Resource"])
        if {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"} & set(as_list(statement["Action"]))
    }
    assert (
        written
        == {
            Setting.DEALS_TABLE: {"Deals", "Matching", "Accounts", "Webhooks", "BillingInbox", "Ledger"},
            Setting.ACCOUNTS_TABLE: {"Accounts"},
            Setting.WEBHOOKS_TABLE: {"Webhooks"},
            Setting.BILLING_INBOX_TABLE: {"BillingInbox", "Ledger", "Deals", "Matching"},
            Setting.LEDGER_TABLE: {"Ledger", "BillingInbox", "Deals", "Matching", "Webhooks"},
        }[Setting(sweep.variables["SWEPT_TABLE"])]
    )


FAILING = (
    f"{{ ($.message = {json.dumps(clock.FAILED)} && $.tries >= {clock.ALARMING_TRIES}) "
    f"|| $.message = {json.dumps(due.GIVEN_UP)} || $.message = {json.dumps(imports.NEEDS_ATTENTION)} }}"
)


def test_what_fails_again_and_again_or_was_given_up_raises_an_alarm() -> None:
    """The filter counts the lines of the log that say so, and one is enough: no row can be quiet about it."""
    metric = "WorkFailing"
    said = resources(TEMPLATE, "AWS::Logs::MetricFilter")[metric]["Properties"]
    assert said["FilterPattern"] == FAILING
    assert said["LogGroupName"] == TEMPLATE["Globals"]["Function"]["LoggingConfig"]["LogGroup"]
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"]["LogFormat"] == "JSON"
    (counted,) = said["MetricTransformations"]
    assert counted["MetricName"] == metric
    alarm = alarm_on(metric)
    assert alarm["Namespace"] == counted["MetricNamespace"]
    assert (alarm["EvaluationPeriods"], alarm["Threshold"], alarm["Statistic"]) == (1, 0, "Sum")
    assert alarm["AlarmActions"]


def test_the_waits_of_a_row_that_fails_take_as_long_as_is_said() -> None:
    waits = [clock.wait_after(tries) for tries in range(1, clock.MAX_TRIES)]
    assert sum(waits[: clock.ALARMING_TRIES - 1], timedelta()) == timedelta(minutes=15)
    assert timedelta(hours=23) < sum(waits, timedelta()) < timedelta(hours=26)
    assert waits == sorted(waits)
    assert waits[-1] == clock.LONGEST_WAIT


def alarm_on(metric: str) -> dict[str, Any]:
    alarms = [body["Properties"] for body in resources(TEMPLATE, "AWS::CloudWatch::Alarm").values()]
    (found,) = [alarm for alarm in alarms if alarm.get("MetricName") == metric]
    return found
