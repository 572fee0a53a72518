"""Which names are those of time zones, wherever one is taken."""

import pytest
from pydantic import TypeAdapter, ValidationError

from dealreg.platform.zones import Zone

ZONE = TypeAdapter[str](Zone)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Ushuaia", "Europe/Kiev"])
def test_one_of_iana_s_is_taken(name: str) -> None:
    assert ZONE.validate_python(name) == name


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "Factory", "posix/UTC", "right/UTC", "europe/berlin", "Europe", "+01:00", "", "../UTC"],
)
def test_what_only_a_machine_knows_or_nobody_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="Use a time zone such as Europe/Berlin"):
        ZONE.validate_python(name)
