"""What each function must not load: every module costs each cold start."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from tests.contract.functions import MODULES, SOURCES
from tests.template import ROOT

NOWHERE = [
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.parser",
    "aws_xray_sdk",
    "boto3",
    "email_validator",
    "httpx",
    "openapi_spec_validator",
    "requests",
    "s3transfer",
    "samcli",
    "standardwebhooks",
]
BATCHES = {
    "accounts.import_worker",
    "billing.apply",
    "notifications.send",
    "relay.app",
    "reviewing.recheck",
    "webhooks.replays",
}
WIRED = {"clock.sweep", "notifications.send", "relay.app", "webhooks.endpoints_api", "webhooks.replays"}
"""Functions that serve all capabilities."""
SAVES_PROGRAMS = {"partners.program_api", "partners.renew_calendars"}
"""What all others need of holidays and zones is worked out there."""
CONSOLE = {"console.desk", "console.money", "console.settings"}
PAGES = {*CONSOLE, "approvals.links", "forms.pages", "notifications.send"}
"""And letters, which are pages too."""
ONLY_IN = {
    "aws_lambda_powertools": BATCHES,
    "jinja2": PAGES,
    "asyncio": BATCHES,  # powertools' batch loads it
    "reportlab": set[str](),  # commissions.statements_api alone has its layer, and loads it for the first PDF
    "font_roboto": set[str](),
    "holidays": SAVES_PROGRAMS,
    "dealreg.partners.calendars": SAVES_PROGRAMS,
    "dealreg.approvals.program_inputs": SAVES_PROGRAMS,
}
NOT_IN = {
    "pydantic": {"billing.receive", "contract.app", "webhooks.deliver"},
    "botocore": {"contract.app"},
    "dealreg.deals.event_types": set(MODULES),  # not before somebody asks for the catalogue
    "dealreg.webhooks.event_types": set(MODULES),
    "dealreg.wiring": set(MODULES) - WIRED,
}
MAX_MODULES = 500
"""Of the registration function, with its client."""

PROGRAM = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""
WITH_CLIENT = """
import json, sys
import deals.api
from dealreg.platform import aws
aws.client("dynamodb")
print(json.dumps(sorted(sys.modules)))
"""


@cache
def loaded(program: str, module: str) -> frozenset[str]:
    environment = {
        "PATH": os.defpath,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYTHONPATH": os.pathsep.join(map(str, SOURCES)),
    }
    done = subprocess.run(
        [sys.executable, "-c", program, module], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return frozenset(json.loads(done.stdout))


@pytest.mark.parametrize("module", MODULES)
def test_a_function_loads_nothing_it_must_not(module: str) -> None:
    forbidden = set(NOWHERE)
    forbidden |= {name for name, allowed in ONLY_IN.items() if module not in allowed}
    forbidden |= {name for name, modules in NOT_IN.items() if module in modules}
    found = sorted(forbidden & loaded(PROGRAM, module))
    assert found == []


def test_registering_needs_few_modules() -> None:
    """pyOpenSSL, which urllib3 would use, is a tool's on this machine and not in Lambda's runtime."""
    modules = {name for name in loaded(WITH_CLIENT, "") if name.partition(".")[0] not in ("cryptography", "OpenSSL")}
    assert len(modules) <= MAX_MODULES
