"""Time zones by name: for those alone that a zone database costs nothing."""

from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import AfterValidator, Field


def _zone(name: str) -> str:
    if name not in _names():
        raise ValueError("Use a time zone such as Europe/Berlin.")
    return name


@cache
def _names() -> frozenset[str]:
    """IANA's, but the one that says that none was set; a machine's own database has more, such as `localtime`."""
    listed = resources.files("tzdata").joinpath("zones").read_text("utf-8")
    return frozenset(listed.split()) - {"Factory"}


Zone = Annotated[str, Field(max_length=60), AfterValidator(_zone)]
