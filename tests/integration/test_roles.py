"""The guard that holds handlers to their roles does refuse."""

from collections.abc import Callable

import pytest

from dealreg.platform.http import Caller
from deals import api
from tests.integration import roles
from tests.samples import sample


def no_rights(_function: str) -> frozenset[tuple[str, str]]:
    return frozenset()


def test_a_call_that_the_role_does_not_name_is_refused(
    new_partner: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = sample("deals-api/list", caller=new_partner("North"))
    assert api.handler(event, None)["statusCode"] == 200
    monkeypatch.setattr(roles, "rights", no_rights)
    assert api.handler(event, None)["statusCode"] == 500
    assert "DealsApi: dynamodb:Query on Deals" in caplog.text


def test_rights_of_a_managed_policy_count() -> None:
    assert roles.is_allowed("AccountsApi", "dynamodb:UpdateItem", "Partners")
    assert not roles.is_allowed("Contract", "dynamodb:GetItem", "Partners")


def test_rights_are_by_action_and_place() -> None:
    assert roles.is_allowed("BillingReceive", "dynamodb:GetItem", "BillingInbox")
    assert not roles.is_allowed("BillingReceive", "dynamodb:GetItem", "Deals")
    assert not roles.is_allowed("BillingReceive", "dynamodb:DeleteItem", "BillingInbox")
    assert roles.is_allowed("SweepDeals", "dynamodb:Query", "Deals/index/due")
