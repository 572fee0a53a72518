"""A cursor opens the list that it was made for, as the caller who got it asked for that, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import paging, tokens
from dealreg.platform.errors import InvalidInput
from dealreg.platform.http import Caller, Request, read_request
from dealreg.platform.paging import PageRequest, page_of

routes = st.sampled_from(["GET /v1/deals", "GET /v1/admin/deals", "GET /v1/webhook-endpoints/{id}/deliveries"])
callers = st.builds(
    Caller,
    principal_type=st.sampled_from(["partner", "admin"]),
    partner_id=st.sampled_from(["", "part_1", "part_2"]),
    user_id=st.sampled_from(["key_1", "key_2"]),
    scopes=st.just(frozenset[str]()),
)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
lists = st.tuples(
    routes,
    callers,
    st.dictionaries(st.sampled_from(["id", "match_id"]), texts, max_size=2),
    st.dictionaries(st.sampled_from(["status", "sort"]), texts, max_size=2),
)
positions = st.dictionaries(st.sampled_from(["pk", "sk", "id"]), texts, min_size=1)
List = tuple[str, Caller, dict[str, str], dict[str, str]]


@pytest.fixture(autouse=True, scope="module")
def secret() -> object:
    """Of the deployment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_secret", lambda: b"a secret of the tests")
        yield


def request_for(which: List, **query: str) -> Request:
    route, caller, params, filters = which
    return replace(read_request({}), route=route, recognised=caller, params=params, query=filters | query)


def identity(which: List) -> Any:
    route, caller, params, filters = which
    return route, caller.principal_type, caller.partner_id or caller.user_id, params, filters


@given(lists, positions)
def test_a_cursor_leads_on_where_its_page_ended(which: List, position: dict[str, str]) -> None:
    cursor = page_of(request_for(which)).cursor(position)
    assert page_of(request_for(which, cursor=str(cursor))).start == position


@given(lists, lists, positions)
def test_a_cursor_of_any_other_list_is_a_fault_of_the_field(one: List, other: List, position: dict[str, str]) -> None:
    cursor = str(page_of(request_for(one)).cursor(position))
    if identity(one) == identity(other):
        assert page_of(request_for(other, cursor=cursor)).start == position
        return
    with pytest.raises(InvalidInput) as refused:
        page_of(request_for(other, cursor=cursor))
    assert [fault.field for fault in refused.value.errors] == ["cursor"]


@given(lists, positions, st.data())
def test_a_cursor_that_was_cut_or_changed_is_a_fault_of_the_field(
    which: List, position: dict[str, str], data: st.DataObject
) -> None:
    cursor = str(page_of(request_for(which)).cursor(position))
    place = data.draw(st.integers(1, len(cursor) - 1))
    for spoilt in (cursor[:place], cursor[:place] + "~" + cursor[place + 1 :], cursor + "A"):
        with pytest.raises(InvalidInput):
            page_of(request_for(which, cursor=spoilt))


@given(st.text(min_size=1))
def test_garbage_is_a_fault_of_the_field(garbage: str) -> None:
    with pytest.raises(InvalidInput):
        page_of(request_for(("GET /v1/deals", Caller("partner", "part_1", "", frozenset()), {}, {}), cursor=garbage))


def test_the_size_of_a_page_may_change_on_the_way() -> None:
    which: List = ("GET /v1/deals", Caller("partner", "part_1", "", frozenset()), {}, {})
    cursor = str(page_of(request_for(which, limit="2")).cursor({"pk": "a"}))
    assert page_of(request_for(which, limit="50", cursor=cursor)).size == 50


@pytest.mark.parametrize("text", ["0", "101", "-1", "ten", "", "１０", "1" * 5000])
def test_a_page_has_a_size_in_bounds(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        page_of(request_for(("GET /v1/deals", Caller("partner", "part_1", "", frozenset()), {}, {}), limit=text))
    assert [fault.field for fault in refused.value.errors] == ["limit"]


def test_the_last_page_has_no_cursor() -> None:
    assert PageRequest(paging.MAX_SIZE).listing(["one"], None) == {"items": ["one"], "next_cursor": None}
