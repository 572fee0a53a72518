"""A relay that dies between any two of its calls to AWS: what the next run makes of it is the same."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dealreg import relay, wiring
from dealreg.deals import store
from dealreg.deals.rules import CommandContext
from dealreg.platform import dynamo
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from tests.integration.aws_calls import intercept
from tests.integration.moving import executions, notices, registered
from tests.integration.relay.test_events import has_due_events, subscribe


class DiedHere(BaseException):
    """As when Lambda's time is up: nothing catches it."""


@pytest.fixture
def die_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes the call with that number, from 1, the last one; its effect is there, its answer is lost."""
    left = [0]

    def count_down(make: Callable[[], Any], _client: Any, _operation: str, _request: dict[str, Any]) -> Any:
        answer = make()
        left[0] -= 1
        if left[0] == 0:
            raise DiedHere
        return answer

    intercept(monkeypatch, count_down)

    def set_calls(number: int) -> None:
        left[0] = number

    return set_calls


def test_dying_anywhere_does_no_harm(
    new_partner: Callable[[str], Caller], context: CommandContext, now: datetime, die_at: Callable[[int], None]
) -> None:
    subscribe("vendor", now)
    deal = registered(new_partner("North"), context)
    event = store.events_of(deal)[0]

    died = 0
    for number in range(1, 30):
        die_at(number)
        try:
            relay.publish_stored(wiring.CAPABILITIES, Setting.DEALS_TABLE, event.key, now)
        except DiedHere:
            died += 1
    die_at(0)
    relay.publish(wiring.CAPABILITIES, event, now)

    assert died >= 5
    assert executions() == [f"{deal.id}-1"]
    assert set(notices()) == {"deal.submitted"}
    assert len(list(dynamo.every("Webhooks", "ENDPOINT#whe_1", "DELIVERY#"))) == 1
    assert not has_due_events(deal)
