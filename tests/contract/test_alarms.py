"""An alarm that rises is heard, and what can fail without a word has one."""

from typing import Any

import pytest

from tests.contract.functions import FUNCTIONS
from tests.template import load_template, resources

TEMPLATE = load_template()
ALARMS = resources(TEMPLATE, "AWS::CloudWatch::Alarm")
each_alarm = pytest.mark.parametrize("name", sorted(ALARMS))


def metrics_of(name: str) -> list[dict[str, Any]]:
    """Those that it looks at, whether it names one or reckons with several."""
    properties = ALARMS[name]["Properties"]
    several = [metric["MetricStat"]["Metric"] for metric in properties.get("Metrics", ()) if "MetricStat" in metric]
    return several or [properties]


def measured(name: str, metric: str) -> list[dict[str, Any]]:
    """What the alarm looks at of one metric, as the values of its dimensions."""
    found = [one for one in metrics_of(name) if one["MetricName"] == metric]
    return [each["Value"] for one in found for each in one["Dimensions"]]


@each_alarm
def test_an_alarm_is_told_to_the_topic(name: str) -> None:
    properties = ALARMS[name]["Properties"]
    assert properties["AlarmActions"] == [{"Ref": "Alarms"}]
    assert properties["AlarmDescription"]


def test_cloudwatch_may_publish_to_the_topic() -> None:
    """By the policy that a topic has by default; a key would need a policy for CloudWatch, which AWS's own has not."""
    topic = TEMPLATE["Resources"]["Alarms"]
    assert "KmsMasterKeyId" not in topic.get("Properties", {})
    policies = resources(TEMPLATE, "AWS::SNS::TopicPolicy").values()
    assert {"Ref": "Alarms"} not in [each for policy in policies for each in policy["Properties"]["Topics"]]


@each_alarm
def test_an_alarm_reckons_with_all_its_metrics_and_shows_one_number(name: str) -> None:
    metrics = ALARMS[name]["Properties"].get("Metrics", ())
    shown = [metric for metric in metrics if metric.get("ReturnData", True)]
    assert not metrics or len(shown) == 1
    for metric in metrics:
        assert metric in shown or metric["Id"] in shown[0]["Expression"]


def test_each_sweep_that_does_not_run_is_missed() -> None:
    sweeps = [{"Ref": function.name} for function in FUNCTIONS if function.module == "clock.sweep"]
    assert measured("SweepMissingAlarm", "Invocations") == sweeps
    assert ALARMS["SweepMissingAlarm"]["Properties"]["TreatMissingData"] == "breaching"


def test_a_review_that_ends_without_a_decision_is_told_of() -> None:
    for metric in ("ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"):
        assert measured("ApprovalFailureAlarm", metric) == [{"Ref": "ApprovalWorkflow"}]


def test_faults_of_the_api_and_throttled_functions_are_told_of() -> None:
    assert measured("ApiFaultsAlarm", "5xx") == [{"Ref": "HttpApi"}]
    assert [one["MetricName"] for one in metrics_of("ThrottlesAlarm")] == ["Throttles"]
