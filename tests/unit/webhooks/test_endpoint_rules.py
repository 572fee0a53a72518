"""What a change makes of an endpoint: only who has proved itself at its URL is ever enabled."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.webhooks.endpoints import rules
from dealreg.webhooks.model import Endpoint, EndpointStatus, Health, SigningKey

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SICK = Health(window_start=NOW, openings=3, open_until=NOW, failing_since=NOW, failed_attempts=30, warnings=2)
URLS = ("https://a.example.com/", "https://b.example.com/", "https://c.example.com/")
REASONS = ("owner", "gone", "failing")

WANTED = st.fixed_dictionaries(
    {},
    optional={
        "url": st.sampled_from(URLS),
        "description": st.sampled_from(["CRM", "ERP"]),
        "event_types": st.just(["deal.*"]),
        "status": st.sampled_from(["enabled", "disabled"]),
    },
)


def endpoint(status: EndpointStatus, **fields: Any) -> Endpoint:
    one = Endpoint("whe_1", "part_1", URLS[0], ("*",), "", status, (SigningKey(1, None),), NOW, health=SICK)
    return replace(one, **fields)


@st.composite
def endpoints(draw: st.DrawFn) -> Endpoint:
    status: EndpointStatus = draw(st.sampled_from(("unverified", "enabled", "disabled")))
    verified = {"enabled": [URLS[0]], "unverified": ["", *URLS[1:]], "disabled": ["", *URLS]}[status]
    reason = draw(st.sampled_from(REASONS)) if status == "disabled" else ""
    return endpoint(status, verified_url=draw(st.sampled_from(verified)), disabled_reason=reason)


@given(endpoints(), st.lists(WANTED, max_size=6))
def test_enabled_is_only_who_proved_itself_at_this_url(one: Endpoint, changes: list[dict[str, Any]]) -> None:
    for wanted in changes:
        before, one = one, rules.changed(one, wanted)
        assert (one.status == "enabled") <= (one.verified_url == one.url)
        assert (one.status == "disabled") == bool(one.disabled_reason)
        assert one.verified_url == before.verified_url
        if "status" not in wanted:
            assert (one.status == "disabled") == (before.status == "disabled"), "nothing else disables or enables it"
            assert one.disabled_reason == before.disabled_reason


@given(endpoints(), WANTED)
def test_a_new_url_begins_with_a_new_health_and_an_old_one_keeps_its_breaker(
    one: Endpoint, wanted: dict[str, Any]
) -> None:
    after = rules.changed(one, wanted)
    if after.url != one.url:
        assert after.health == Health()
    else:
        assert (after.health.openings, after.health.open_until) == (SICK.openings, SICK.open_until)
    was_given_up = one.status == "disabled" and after.status != "disabled"
    assert after.health.failed_attempts == (0 if was_given_up or after.url != one.url else SICK.failed_attempts)


@given(endpoints(), WANTED)
def test_the_same_change_again_changes_nothing_and_sends_no_challenge(one: Endpoint, wanted: dict[str, Any]) -> None:
    once = rules.changed(one, wanted)
    assert rules.changed(once, wanted) == once
    assert not rules.must_prove(once, rules.changed(once, wanted))


@given(endpoints(), WANTED)
def test_whoever_comes_to_be_unproved_is_asked(one: Endpoint, wanted: dict[str, Any]) -> None:
    after = rules.changed(one, wanted)
    has_news = one.status != "unverified" or after.url != one.url
    assert rules.must_prove(one, after) == (after.status == "unverified" and has_news)


@given(endpoints())
def test_who_is_not_enabled_is_told_why(one: Endpoint) -> None:
    assert (rules.why_not_enabled(one) is None) == (one.status == "enabled")


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_is_that_of_its_disabling(reason: str) -> None:
    others = {rules.why_not_enabled(endpoint("disabled", disabled_reason=one)) for one in REASONS if one != reason}
    assert rules.why_not_enabled(endpoint("disabled", disabled_reason=reason)) not in others


def test_who_has_not_proved_itself_is_told_where_to() -> None:
    said = rules.why_not_enabled(endpoint("unverified", verified_url=""))
    assert said
    assert "/v1/webhook-endpoints/whe_1/confirm" in said
