"""Which page of a list a page of the console shows."""

from collections.abc import Mapping
from dataclasses import replace

from dealreg.platform.http import Request
from dealreg.platform.paging import PageRequest, page_of


def page_for(request: Request, route: str, size: int = 25, filters: Mapping[str, str] | None = None) -> PageRequest:
    """Of the list at `route`, filtered as its own links are; the first one where a form of the page is shown again.

    Raises InvalidInput for the cursor.
    """
    cursor = request.query.get("cursor", "") if request.route == route else ""
    asked = {name: value for name, value in {**(filters or {}), "cursor": cursor}.items() if value}
    return page_of(replace(request, route=route, query=asked), size)
