"""The version that the package has is told by the project, the API's description and the changelog; the health check's
is in test_api.py."""

import json
import tomllib

from dealreg import __version__
from local import openapi
from tests.template import ROOT


def test_the_package_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__


def test_the_description_of_the_api_tells_it() -> None:
    assert json.loads(openapi.FILE.read_text("utf-8"))["info"]["version"] == __version__


def test_the_changelog_has_it() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
