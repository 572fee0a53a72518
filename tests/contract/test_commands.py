"""Every command of the documents: its target or program is there and takes what is typed.

Those for a running stack are run by `tests/e2e/test_readme.py`.
"""

import os
import re
import shlex
import subprocess

import pytest

from tests.commands import commands
from tests.template import ROOT

COMMANDS = commands()
MAKE = [one for one in COMMANDS if re.search(r"(^| )make\b", one)]
PYTHON = [one for one in COMMANDS if re.search(r"\bpython -m (benchmarks|pytest)", one)]
ON_THE_STACK = [one for one in COMMANDS if one.startswith("curl ") or "admin_key" in one or "staff_member" in one]
NOT_TRIED = ("-m venv --system-site-packages", "cp -r layers/dealreg/dealreg")
"""Mutation testing: installs packages into a folder of its own, and copies the repository there."""
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE", "MFLAGS"))}


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_no_command_is_forgotten() -> None:
    rest = set(COMMANDS) - {*MAKE, *PYTHON, *ON_THE_STACK}
    assert [one for one in rest if not any(words in one for words in NOT_TRIED)] == []
    assert all(any(words in one for one in rest) for words in NOT_TRIED)


@pytest.mark.parametrize("command", MAKE)
def test_make_knows_its_targets(command: str) -> None:
    """What they would do is printed and not done."""
    *settings, _ = re.split(r"(?<=\S) (?=make\b)", command)
    words = shlex.split(command.removeprefix(" ".join(settings)).strip())
    done = run(["make", "--dry-run", "--assume-old=.venv/ready", *words[1:]], **dict(s.split("=") for s in settings))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", PYTHON)
def test_a_program_takes_its_arguments(command: str) -> None:
    """It explains itself behind them, and refuses before that what it does not know."""
    words = shlex.split(command.removeprefix(".venv/bin/"))
    last = "--collect-only" if "pytest" in command else "--help"
    done = run([str(ROOT / ".venv/bin/python"), *words[1:], last])
    assert done.returncode == 0, done.stderr + done.stdout
