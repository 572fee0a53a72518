"""Deploys the built template to MiniStack with `sam deploy`, and does what MiniStack leaves undone."""

import hashlib
import json
from pathlib import Path
from typing import IO

from local import commands, ministack
from local.build import local_parameters
from local.http_api import create_routes
from local.places import ROOT, STACK_NAME, Places, StackError, write_whole
from local.workflows import parse_definitions

SENDER = "deals@dealreg.example"


def deploy(places: Places, template: Path, public_url: str, log: IO[str]) -> bool:
    """Returns whether there was anything to deploy."""
    parameters = local_parameters() | {
        "Stage": "local",
        "SenderAddress": SENDER,
        "PublicUrl": public_url,
        "AllowLoopbackWebhooks": "true",
        "DeletionProtection": "false",
    }
    stamp = places.state / "deployed"
    wanted = _fingerprint(template, parameters)
    if stamp.exists() and stamp.read_text() == wanted and _is_deployed(places):
        return False
    _sam_deploy(places, template, parameters, log)
    parse_definitions(places)
    create_routes(places, STACK_NAME)
    places.aws("sesv2").create_email_identity(EmailIdentity=SENDER)
    ministack.save(places)
    write_whole(stamp, wanted)
    return True


def outputs(places: Places) -> dict[str, str]:
    stack = places.aws("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def api_id(places: Places) -> str:
    return places.aws("apigatewayv2").get_apis()["Items"][0]["ApiId"]


def _is_deployed(places: Places) -> bool:
    """Whether MiniStack has it, whatever the stamp says."""
    return bool(places.aws("apigatewayv2").get_apis()["Items"])


def _fingerprint(template: Path, parameters: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for source in (template.parent / "inputs", ROOT / "local/http_api.py", ROOT / "local/deploy.py"):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _sam_deploy(places: Places, template: Path, parameters: dict[str, str], log: IO[str]) -> None:
    command = ["sam", "deploy", "--template-file", str(template), "--stack-name", STACK_NAME]
    command += ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
    command += ["--no-fail-on-empty-changeset", "--no-progressbar", "--config-env", "local"]
    command += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
    if not commands.run(command, places.environment(), log):
        raise StackError(f"sam deploy failed: see {places.log}, correct what it says and try again, or 'make reset'.")
