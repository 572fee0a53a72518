"""Time zones by name: for those alone that a zone database costs nothing."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("Use a time zone such as Europe/Berlin.") from None
    return name


Zone = Annotated[str, Field(max_length=60), AfterValidator(_zone)]
