"""Plain values to DynamoDB's own form and back, and the expressions that are made of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import dynamo

scalars = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text() | st.binary()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4)
)
items = st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=6)
KEY = dynamo.Key("Deals", "PARTNER#1", "DEAL#1")


@given(items)
def test_an_item_comes_back_as_it_was(item: dict[str, Any]) -> None:
    assert dynamo.item_from_wire(dynamo.item_to_wire(item)) == item


@given(st.booleans())
def test_truth_is_no_number(value: bool) -> None:
    assert dynamo.to_wire(value) == {"BOOL": value}


@pytest.mark.parametrize("value", [1.5, {1, 2}, object()])
def test_what_cannot_be_stored_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be stored"):
        dynamo.to_wire(value)


names = st.lists(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), unique=True, min_size=3, max_size=3)


@given(names)
def test_every_name_and_value_of_an_update_is_declared_and_used(attributes: list[str]) -> None:
    """Also reserved words, which is why names always go by a placeholder."""
    changed, removed, added = attributes
    ((_, request),) = dynamo.update(
        KEY, change={changed: 1}, remove=[removed], add={added: 2}, when=f"#{changed} = :old", values={"old": 0}
    ).items()
    text = f"{request['UpdateExpression']} {request['ConditionExpression']}"
    assert set(request["ExpressionAttributeNames"].values()) == set(attributes)
    assert all(placeholder in text for placeholder in request["ExpressionAttributeNames"])
    assert all(placeholder in text for placeholder in request["ExpressionAttributeValues"])


@pytest.mark.parametrize(
    "action",
    [
        dynamo.put("Deals", {"pk": KEY.pk, "sk": KEY.sk}),
        dynamo.update(KEY, change={"a": 1}),
        dynamo.delete(KEY),
        dynamo.check(KEY, dynamo.PRESENT),
    ],
)
def test_an_action_says_which_item_it_is_about(action: dynamo.Action) -> None:
    assert dynamo.key_of(action) == KEY


def test_a_condition_that_fails_tells_what_is_there() -> None:
    ((_, request),) = dynamo.delete(KEY, dynamo.PRESENT).items()
    assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
