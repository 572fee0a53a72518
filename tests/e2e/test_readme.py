"""The README's commands for a running stack, as they stand there; what is in angle brackets is put in."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.places import STACK_NAME
from tests.commands import commands
from tests.stack import Stack
from tests.template import ROOT

pytestmark = pytest.mark.stack
NAMES = (
    *("Quarzwerk Nord", "Ofenbau Lindner", "Segelei Pohl", "Glashaus Ritter", "Kartonagen Voss"),
    *("Kornhandel Sander", "Druckerei Falk", "Kranbau Timm", "Baumschule Ulbrich", "Uhrenhaus Weber"),
)
PATIENCE_SECONDS = 120
Shell = Callable[..., str]


@pytest.fixture
def shell(stack: Stack, tmp_path: Path) -> Shell:
    """Runs the one command in which the words are, with what it puts in for its angle brackets; gives what it says."""

    def run(words: str, **said: str) -> str:
        (command,) = [one for one in commands() if re.search(words, one)]
        for name, value in said.items():
            command = re.sub(rf"<[^<>]*{name}[^<>]*>", value, command)
        assert "<" not in command
        (tmp_path / ".venv").symlink_to(ROOT / ".venv") if not (tmp_path / ".venv").exists() else None
        script = f'curl() {{ command curl --silent --show-error --fail-with-body "$@"; }}\n{command}'
        environment = stack.places.environment() | {
            "API": stack.base_url,
            "KEY": stack.demo["partners"][0]["api_key"],
            "ADMIN_KEY": stack.demo["admin_key"],
        }
        script = script.replace("PYTHONPATH=", f"PYTHONPATH={ROOT}/")
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def answer(text: str) -> dict[str, Any]:
    return json.loads(text)


def until(shell: Shell, import_id: str, state: str) -> dict[str, Any]:
    """The import, once it is in that state."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (shown := answer(shell(r"<id> ", id=import_id)))["state"] != state:
        assert time.monotonic() < deadline, shown
        time.sleep(0.5)
    return shown


def bring_in(shell: Shell, tmp_path: Path, names: tuple[str, ...]) -> str:
    """The id of a full import of these that was started; the last row has a fault."""
    rows = [f"Q{number},{name},customer" for number, name in enumerate(names)]
    (tmp_path / "accounts.csv").write_text("\n".join(["external_id,name,ownership", *rows, "Z,,customer"]) + "\n")
    made = answer(shell('"mode": "full"'))
    shell(r"^curl -T", **{"upload.url": made["upload"]["url"]})
    shell("/start", id=made["id"])
    return made["id"]


def test_a_deal_by_example(shell: Shell) -> None:
    assert answer(shell(r"^curl \$API/v1/deals "))["customer"]["name"] == "Müller Maschinenbau GmbH"


def test_a_commission_plan_by_example(shell: Shell) -> None:
    published = answer(shell(r"commission-plans/growth/versions"))
    assert (published["plan"], published["warnings"]) == ("growth", [])


def test_the_first_admin_key(shell: Shell, stack: Stack) -> None:
    (described,) = stack.places.aws("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    (table,) = [one["OutputValue"] for one in described["Outputs"] if one["OutputKey"] == "PartnersTable"]
    with stack.client(shell("admin_key", PartnersTable=table).strip()) as client:
        assert client.get("/v1/admin/program").status_code == 200


def test_the_first_staff_member(shell: Shell, stack: Stack) -> None:
    (described,) = stack.places.aws("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    (table,) = [one["OutputValue"] for one in described["Outputs"] if one["OutputKey"] == "PartnersTable"]
    made = shell("staff_member", PartnersTable=table, e_mail="ada@kontor.example").strip()
    with stack.client(stack.demo["admin_key"]) as client:
        assert client.get(f"/v1/admin/staff/{made}").json()["roles"] == ["admin"]


def test_accounts_from_a_file(shell: Shell, tmp_path: Path) -> None:
    first = bring_in(shell, tmp_path, NAMES)
    assert until(shell, first, "completed")["created"] == len(NAMES)
    assert first in [one["id"] for one in answer(shell(r'account-imports -H "[^"]*"$'))["items"]]
    assert "name" in shell("rejects.csv", id=first)
    second = bring_in(shell, tmp_path, NAMES[:3])
    until(shell, second, "awaiting_confirmation")
    assert len(answer(shell("/removals ", id=second))["items"]) == 7
    assert answer(shell("/confirm", id=second))["id"] == second
    assert until(shell, second, "completed")["removed"] == 7
    third = bring_in(shell, tmp_path, NAMES[:1])
    assert answer(shell("/cancel", id=third))["state"] == "cancelled"
