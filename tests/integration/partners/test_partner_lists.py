"""Partners as they are listed and looked for, by the API."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.partners import partner_lists, partners
from dealreg.partners.program import Program
from dealreg.platform import dynamo, ids, tokens
from dealreg.platform.paging import PageRequest
from partners.admin_api import handler
from tests.integration.aws_calls import intercept
from tests.samples import content, sample

OWN = "mara@kontor.example"


@pytest.fixture(autouse=True)
def four(program: Program, now: datetime) -> None:
    for name, tier, manager in (
        ("Nordlicht", "registered", OWN),
        ("Südwind", "gold", OWN),
        ("Nordwind", "gold", None),
        ("Ostsee", "registered", "otto@kontor.example"),
    ):
        made = partners.create(name, tier, [], now, "test", manager)
        if name == "Ostsee":
            partners.change(made.id, {"status": "suspended"}, "test")


def listed(**query: str) -> dict[str, Any]:
    return content(handler(sample("partners-admin-api/list-partners", query=query), None))


def names(items: Iterable[dict[str, Any]]) -> set[str]:
    return {item["name"] for item in items}


ALL = {"Nordlicht", "Südwind", "Nordwind", "Ostsee"}
NOBODY = set[str]()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (dict[str, str](), ALL),
        ({"status": "suspended"}, {"Ostsee"}),
        ({"tier": "gold"}, {"Südwind", "Nordwind"}),
        ({"manager": OWN}, {"Nordlicht", "Südwind"}),
        ({"manager": " MARA@Kontor.example "}, {"Nordlicht", "Südwind"}),
        ({"manager": "nobody"}, NOBODY),
        ({"q": "WIND"}, {"Südwind", "Nordwind"}),
        ({"q": "SÜD"}, {"Südwind"}),
        ({"q": "%"}, NOBODY),
        ({"q": "", "tier": "", "manager": ""}, ALL),
        ({"q": "nord", "tier": "gold", "status": "active"}, {"Nordwind"}),
        ({"q": "wind", "manager": OWN}, {"Südwind"}),
    ],
)
def test_a_list_is_narrowed(query: dict[str, str], found: set[str]) -> None:
    assert names(listed(**query)["items"]) == found


@pytest.mark.parametrize("query", [{"status": "gone"}, {"sort": "name"}, {"limit": "0"}])
def test_what_is_not_known_is_refused(query: dict[str, str]) -> None:
    reply = handler(sample("partners-admin-api/list-partners", query=query), None)
    assert (reply["statusCode"], [one["field"] for one in content(reply)["errors"]]) == (422, [*query])


@pytest.mark.parametrize("query", [{"tier": "gold"}, {"manager": OWN}, {"q": "o", "status": "active"}])
def test_what_is_narrowed_goes_on_page_by_page(query: dict[str, str]) -> None:
    whole = [one["id"] for one in listed(**query)["items"]]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = listed(limit="1", **query, **cursor)
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert (len(whole), seen) == (2, whole)


def test_a_cursor_holds_for_the_same_filters_alone() -> None:
    cursor = listed(limit="1", tier="gold")["next_cursor"]
    reply = handler(sample("partners-admin-api/list-partners", query={"cursor": cursor, "tier": "registered"}), None)
    assert reply["statusCode"] == 422


def test_what_is_rare_is_looked_for_in_one_bounded_query_a_page(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(0, 600, 100):
        dynamo.transact([_put(f"Far {one:03}", now) for one in range(number, number + 100)])
    partners.create("Zzz", "gold", [], now + timedelta(minutes=1), "test")
    asked: list[str] = []

    def counted(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        asked.append(operation)
        return make()

    intercept(monkeypatch, counted)
    first = partner_lists.listing(PageRequest(1, purpose="test"), {"q": "zzz"})
    assert (first["items"], asked.count("Query")) == ([], 1)
    start = tokens.open_cursor("test", first["next_cursor"] or "")
    second = partner_lists.listing(PageRequest(1, start, "test"), {"q": "zzz"})
    assert ([one["name"] for one in second["items"]], asked.count("Query")) == (["Zzz"], 2)


def _put(name: str, now: datetime) -> dynamo.Action:
    made = partners.Partner(ids.new_id("part", now), name, "registered", "active", (), now)
    return dynamo.put("Partners", partners.to_item(made))


def test_of_who_has_no_address_there_are_none() -> None:
    """An admin key with a manager's role."""
    assert partner_lists.listing(PageRequest(10), {}, only_of="") == {"items": [], "next_cursor": None}
