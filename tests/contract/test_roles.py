"""The table of roles in the README is the one in the code."""

import re
from collections.abc import Mapping

from dealreg.platform.rights import ROLES, WORDS, Reach, Right
from tests.template import ROOT

REACHES = {
    "all": Reach.ALL,
    "partners whose `manager` they are": Reach.OWN,
    "deals they are asked about": Reach.ASKED,
}
MEANT: Mapping[str, Right] = {words: right for right, words in WORDS.items()}


def told() -> dict[str, dict[Right, Reach]]:
    """By role; a line without one is of the role above."""
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Console and roles\n")[2].partition("\n## ")[0]
    found: dict[str, dict[Right, Reach]] = {}
    role = ""
    for named, rights, rows in re.findall(r"^\| (`\w+` )?\| (.+) \| (.+) \|$", section, re.M):
        role = named.strip("` ") or role
        if role:
            words = list(MEANT) if rights == "everything" else rights.split(", ")
            found.setdefault(role, {}).update({MEANT[one]: REACHES[rows] for one in words})
    return found


def test_the_readme_says_what_each_role_may() -> None:
    assert told() == ROLES
