"""The version stands in one place, and everybody who tells it tells the same."""

import json
import tomllib

from contract import app
from dealreg import __version__
from local import openapi
from tests.template import ROOT


def test_the_package_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__


def test_the_health_check_and_the_description_of_the_api_tell_it() -> None:
    event = json.loads((ROOT / "events" / "contract" / "health.json").read_text("utf-8"))
    assert json.loads(app.handler(event, None)["body"]) == {"status": "ok", "version": __version__}
    assert json.loads(openapi.FILE.read_text("utf-8"))["info"]["version"] == __version__


def test_the_changelog_has_it() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
