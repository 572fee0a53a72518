"""A review from its start to its end: the real definition, the real functions, and the relay's part by its own code."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import dynamo, events
from dealreg.approvals import store, workflow
from dealreg.approvals.model import Approval, Status, approval_from_item, key_of
from dealreg.deals import acts, register, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import Act
from dealreg.errors import Unavailable
from dealreg.http import Caller
from dealreg.partners import store as partners
from dealreg.partners.model import Approvers, Product, Program, Tier
from dealreg.money import Money
from dealreg.validation import parse_values
from tests.workflow.interpreter import MOTO_CONFIG, Machine, deploy

pytestmark = pytest.mark.parametrize("aws", [MOTO_CONFIG], indirect=True, ids=["interpreter"])

FIRST, SECOND = "first@vendor.example", "second@vendor.example"
LIMIT = Money(10_000_00, "EUR")
