"""The authorizer's answer is what the handlers read the caller from."""

import subprocess
import sys
from datetime import datetime
from typing import Any

from authorizer.app import handler
from dealreg.partners import credentials
from dealreg.partners.partners import Partner
from dealreg.platform.http import read_request
from tests.integration.partners.requests import sample
from tests.template import ROOT


def answer(token: str) -> dict[str, Any]:
    event = sample("authorizer/bearer")
    event["headers"]["authorization"] = f"Bearer {token}"
    return handler(event, None)


def test_a_known_key_is_let_through_with_its_caller(partner: Partner, key: str, now: datetime) -> None:
    reply = answer(key)
    assert reply["isAuthorized"] is True
    request = read_request({"requestContext": {"authorizer": {"lambda": reply["context"]}}})
    assert request.caller == credentials.authenticate(key, now)
    assert request.partner.partner_id == partner.id


def test_an_unknown_key_is_refused(partner: Partner) -> None:
    assert answer("drk_unknown") == {"isAuthorized": False}


def test_a_call_without_a_key_is_refused(aws: None) -> None:
    event = sample("authorizer/bearer")
    del event["headers"]["authorization"]
    assert handler(event, None) == {"isAuthorized": False}


def test_it_starts_without_heavy_packages() -> None:
    program = "import sys, authorizer.app; print(' '.join(sys.modules))"
    path = f"{ROOT / 'functions'}:{ROOT / 'layers/dealreg'}"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"pydantic", "boto3", "jinja2", "aws_lambda_powertools"})
