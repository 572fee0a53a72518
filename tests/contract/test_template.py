"""What template.yaml promises: environments, dead-letter queues, alarms, rights, one Python."""

import ast
import tomllib
from importlib import import_module
from typing import Any

import pytest

from dealreg.platform.settings import Setting
from tests.contract.functions import FUNCTIONS, Function, as_list, code_of
from tests.template import ROOT, load_template, resources

TEMPLATE = load_template()
GLOBAL = TEMPLATE["Globals"]["Function"]
COMMON = set(GLOBAL["Environment"]["Variables"])
OF_LIBRARIES = {"PYDANTIC_DISABLE_PLUGINS"}
"""Variables that packages of others read."""
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)


@each_function
def test_handlers_can_be_imported(function: Function) -> None:
    assert callable(getattr(import_module(function.module), function.properties["Handler"].rpartition(".")[2]))


@each_function
def test_a_function_has_the_variables_that_its_code_reads_and_no_others(function: Function) -> None:
    own = set(function.variables)
    read = {
        node.attr
        for statement in code_of(function)
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Setting"
    }
    assert read <= own | COMMON
    assert own <= read | OF_LIBRARIES


def test_common_variables_are_settings() -> None:
    assert set(Setting) | OF_LIBRARIES >= COMMON


# Nothing is lost

ASYNC_EVENTS = [
    pytest.param(function, event, id=f"{function.name}.{name}")
    for function in FUNCTIONS
    for name, event in function.properties.get("Events", {}).items()
    if event["Type"] != "HttpApi"
]


@pytest.mark.parametrize(("function", "event"), ASYNC_EVENTS)
def test_what_cannot_be_handled_lands_in_a_dead_letter_queue(function: Function, event: dict[str, Any]) -> None:
    queue = _dead_letter_queue(event)
    kept = TEMPLATE["Resources"][queue]["Properties"]["MessageRetentionPeriod"]
    assert kept == 14 * 24 * 3600, "as long as SQS can keep it"
    assert queue in _queues_with_alarm()


@pytest.mark.parametrize(("function", "event"), ASYNC_EVENTS)
def test_one_bad_message_does_not_hold_up_its_batch(function: Function, event: dict[str, Any]) -> None:
    if event["Type"] in ("SQS", "DynamoDB"):
        assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(("function", "event"), ASYNC_EVENTS)
def test_a_stream_is_read_from_its_start_and_does_not_stop_at_a_poison_record(
    function: Function, event: dict[str, Any]
) -> None:
    if event["Type"] == "DynamoDB":
        said = event["Properties"]
        assert said["StartingPosition"] == "TRIM_HORIZON"
        assert said["BisectBatchOnFunctionError"] is True
        assert said["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize(("function", "event"), ASYNC_EVENTS)
def test_a_message_is_not_seen_twice_while_it_is_handled(function: Function, event: dict[str, Any]) -> None:
    """The Lambda guide asks for six times the function's time limit."""
    if event["Type"] == "SQS":
        queue = TEMPLATE["Resources"][_name(event["Properties"]["Queue"])]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * function.properties["Timeout"]


def test_a_function_that_brings_itself_about_may() -> None:
    """Lambda drops the message that would be the seventeenth of a loop through queues, unless it is told not to."""
    called = {
        queue: function.name
        for function in FUNCTIONS
        for event in function.properties.get("Events", {}).values()
        if event["Type"] == "SQS"
        for queue in [_name(event["Properties"]["Queue"])]
    }
    calls = {function.name: {called[queue] for queue in _sends_to(function) & called.keys()} for function in FUNCTIONS}
    looping = {name for name in calls if name in _reached(calls, calls[name])}

    assert looping == {"ImportWorker", "Deliver", "Replays"}
    for function in FUNCTIONS:
        assert (function.properties.get("RecursiveLoop") == "Allow") == (function.name in looping), function.name


def _sends_to(function: Function) -> set[str]:
    sending = [one for one in function.statements if "sqs:SendMessage" in as_list(one["Action"])]
    return {_name(resource) for statement in sending for resource in as_list(statement["Resource"])}


def _reached(calls: dict[str, set[str]], begin: set[str]) -> set[str]:
    found = set(begin)
    while new := {name for one in found for name in calls[one]} - found:
        found |= new
    return found


def _dead_letter_queue(event: dict[str, Any]) -> str:
    said = event["Properties"]
    match event["Type"]:
        case "SQS":
            queue = TEMPLATE["Resources"][_name(said["Queue"])]["Properties"]
            return _name(queue["RedrivePolicy"]["deadLetterTargetArn"])
        case "DynamoDB":
            return _name(said["DestinationConfig"]["OnFailure"]["Destination"])
        case _:
            return _name(said["DeadLetterConfig"]["Arn"])


def _queues_with_alarm() -> set[str]:
    return {
        _name(dimension["Value"])
        for alarm in resources(TEMPLATE, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", ())
        if dimension["Name"] == "QueueName"
    }


def _name(intrinsic: Any) -> str:
    """The resource that a Ref or a GetAtt is about."""
    ((kind, value),) = intrinsic.items()
    return value[0] if kind == "Fn::GetAtt" else value


# Rights

STAR_REASONS = {
    "Notify": "any verified identity, if the mail comes from the sender's address",
    "Deliver": "roles that receivers made for this in accounts of their own, if they ask for an external id",
}
"""Functions whose resources need a pattern, and why that is narrow enough."""


@each_function
def test_a_role_names_its_actions_and_resources(function: Function) -> None:
    for statement in function.statements:
        actions, places = as_list(statement["Action"]), [str(place) for place in as_list(statement["Resource"])]
        assert not [action for action in actions if "*" in action]
        places = [place for place in places if "Files.Arn}/*" not in place]  # whatever lies in one bucket of ours
        if [place for place in places if "*" in place]:
            assert function.name in STAR_REASONS
            assert statement["Condition"]
            assert "*" not in places


def test_tables_can_be_restored_and_are_encrypted_and_protected() -> None:
    for table in resources(TEMPLATE, "AWS::DynamoDB::Table").values():
        said = table["Properties"]
        assert said["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert said["SSESpecification"] == {"SSEEnabled": True}
        assert said["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
        assert table["DeletionPolicy"] == "Retain"


def test_what_was_signed_and_derived_with_the_secret_outlives_the_stack_as_the_tables_do() -> None:
    secret = TEMPLATE["Resources"]["TokenSecret"]
    assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == ("Retain", "Retain")


# Two stacks in one account


def test_no_two_stacks_want_the_same_name() -> None:
    """SAM names a schedule by the template alone; what we name ourselves has the stack's name in it."""
    events = [event for function in FUNCTIONS for event in function.properties.get("Events", {}).values()]
    schedules = [event["Properties"] for event in events if event["Type"] == "ScheduleV2"]
    assert schedules
    assert all(schedule["OmitName"] is True for schedule in schedules)
    for resource in TEMPLATE["Resources"].values():
        kind = resource["Type"].rpartition("::")[2]
        for key in ("Name", f"{kind}Name"):
            assert "${AWS::StackName}" in str(resource.get("Properties", {}).get(key, "${AWS::StackName}"))


def test_mail_goes_out_though_the_senders_identity_has_a_configuration_set() -> None:
    """Which `SendEmail` is authorized on too, by whatever is the identity's default."""
    notify = next(function for function in FUNCTIONS if function.name == "Notify")
    sending = [str(one["Resource"]) for one in notify.statements if one["Action"] == "ses:SendEmail"]
    assert sending
    assert all(":identity/*" in places and ":configuration-set/*" in places for places in sending)


def test_bounces_and_complaints_come_back_to_the_queue_of_notices_and_from_nobody_else() -> None:
    parts = TEMPLATE["Resources"]
    notify = next(function for function in FUNCTIONS if function.name == "Notify")
    told = parts["MailEvents"]["Properties"]
    subscription, topic = parts["MailFeedbackToQueue"]["Properties"], {"Ref": "MailFeedback"}

    assert notify.variables["CONFIGURATION_SET"] == told["ConfigurationSetName"] == {"Ref": "Mails"}
    assert told["EventDestination"]["MatchingEventTypes"] == ["bounce", "complaint"]
    assert told["EventDestination"]["SnsDestination"] == {"TopicARN": topic}
    assert (subscription["TopicArn"], subscription["RawMessageDelivery"]) == (topic, True)
    assert _name(subscription["Endpoint"]) == _name(notify.properties["Events"]["Mails"]["Properties"]["Queue"])
    for policy in ("MailFeedbackFromSes", "NotificationQueueFromMails"):
        (statement,) = parts[policy]["Properties"]["PolicyDocument"]["Statement"]
        assert set(statement["Principal"]) == {"Service"}
        assert "aws:SourceArn" in str(statement["Condition"])


def test_an_import_rides_no_stream_of_deals_and_the_conflict_index_none_at_all() -> None:
    streams = {
        name: table["Properties"].get("StreamSpecification", {}).get("StreamViewType")
        for name, table in resources(TEMPLATE, "AWS::DynamoDB::Table").items()
    }
    assert streams["Matching"] is None
    assert streams["Accounts"] == "NEW_AND_OLD_IMAGES"


# One Python


def test_functions_layers_and_tools_agree_on_the_python() -> None:
    parameter = TEMPLATE["Parameters"]["PythonRuntime"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = min((text.removeprefix("python") for text in parameter["AllowedValues"]), key=lambda text: text.split("."))
    assert GLOBAL["Runtime"] == {"Ref": "PythonRuntime"}
    assert parameter["Default"] in parameter["AllowedValues"]
    assert project["project"]["requires-python"] == f">={oldest}"
    assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert project["tool"]["pyright"]["pythonVersion"] == oldest
    for layer in resources(TEMPLATE, "AWS::Serverless::LayerVersion").values():
        assert layer["Metadata"]["BuildMethod"] == {"Ref": "PythonRuntime"}
        assert layer["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
        assert layer["Properties"]["CompatibleRuntimes"] == [{"Ref": "PythonRuntime"}]


def test_no_function_runs_another_python_and_few_bring_a_layer_of_their_own() -> None:
    for function in FUNCTIONS:
        assert not {"Runtime", "CodeUri", "Architectures"} & set(function.properties), function.name
    with_layers = {function.name for function in FUNCTIONS if "Layers" in function.properties}
    assert with_layers == {"EndpointsApi", "Deliver", "BillingReceive", "StatementsApi"}
