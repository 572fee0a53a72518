"""The deployment keeps within half of what AWS allows a stack, an API and a role, so that the product can grow."""

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform  # pyright: ignore[reportUnknownVariableType]  # it has no types

from local.functions import gateway_routes
from tests.contract.functions import FUNCTIONS, Function
from tests.stream_filters import filters
from tests.template import load_template, resources

RESOURCES = 500
"""In a stack (CloudFormation quotas)."""
ROUTES = 300
"""Of an HTTP API (API Gateway quotas)."""
ROLE_POLICY = 10_240
"""Characters of a role's inline policies, white space aside (IAM quotas)."""
FUNCTION_POLICY = 20 * 1024
"""Bytes of a function's resource-based policy (Lambda quotas): a statement for each of its routes."""
STATEMENT = 400
"""Bytes of such a statement, at most."""
FILTERS = 5
"""Of an event source mapping (Lambda quotas)."""
NO_MORE_THAN = 245
"""Resources of this stack until the next capability brings its own.

The program's function brought ten, the way of bounces and complaints six, decisions in bulk two; the ledger, with
payouts, statements and files for an ERP, thirty: a table with its clock and its share of the relay, two functions, a
layer for PDFs, and fifteen paths; the vendor's console, with its people and their log, another thirty: three
functions, a table, and fourteen paths.
"""


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@cache
def transformed() -> dict[str, dict[str, Any]]:
    """What CloudFormation makes of the template, without its code."""
    template: dict[str, Any] = json.loads(json.dumps(load_template()))
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    for layer in resources(template, "AWS::Serverless::LayerVersion").values():
        layer["Properties"]["ContentUri"] = "s3://bucket/key"
    for machine in resources(template, "AWS::Serverless::StateMachine").values():
        del machine["Properties"]["DefinitionUri"]
        machine["Properties"]["Definition"] = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    return transform(template, {}, _NoManagedPolicies())["Resources"]


class _NoManagedPolicies(ManagedPolicyLoader):
    """Of AWS's own, which no role here has."""

    def __init__(self) -> None:
        """Needs no client to ask for them."""

    def load(self) -> dict[str, str]:
        return {}


def test_the_stack_keeps_within_half_of_its_resources() -> None:
    count = len(transformed())
    assert count < NO_MORE_THAN < RESOURCES / 2


def test_the_api_keeps_within_half_of_its_routes() -> None:
    assert len(gateway_routes()) <= ROUTES / 2


def test_the_routes_of_a_function_keep_within_half_of_its_policy() -> None:
    kinds = (one for one in transformed().values() if one["Type"] == "AWS::Lambda::Permission")
    statements = Counter(json.dumps(one["Properties"]["FunctionName"]) for one in kinds)
    assert max(statements.values()) * STATEMENT <= FUNCTION_POLICY / 2


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_role_keeps_within_half_of_its_policies(function: Function) -> None:
    written = sum(len("".join(json.dumps(statement).split())) for statement in function.statements)
    assert written <= ROLE_POLICY / 2


@pytest.mark.parametrize("table", ["Deals", "Accounts", "Partners", "Ledger"])
def test_the_relay_needs_two_filters_of_a_stream_for_ever(table: str) -> None:
    found = filters("Relay", table)
    assert len(found) == 2 <= FILTERS / 2
    assert found == filters("Relay", "Deals")
