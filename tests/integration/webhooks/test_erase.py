"""A customer is forgotten: what was sent about a deal is gone, and so is what was answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from dealreg import times
from dealreg.deals import store as deals
from dealreg.deals.rules import Act
from dealreg.errors import NotFound
from dealreg.http import Caller
from dealreg.webhooks import endpoints, history, store
from dealreg.webhooks.model import VENDOR
from tests.integration.moving import registered
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import endpoint, event, rows, work_off

pytestmark = pytest.mark.usefixtures("local")


def test_messages_and_answers_of_that_deal_alone(
    new_partner: Callable[[str], Caller], act: Act, now: datetime, receiver: Receiver
) -> None:
    north = new_partner("North")
    gone, _ = endpoint(north.partner_id, receiver.url, now)
    endpoint(VENDOR, receiver.url, now)
    first = registered(north, act)
    second = registered(
        north,
        replace(act, entropy=act.entropy + 1000),
        partner_reference="B",
        customer={"name": "Other Ltd", "domain": "other.example"},
    )
    for deal in (first, second):
        for happened in deals.events_of(deal):
            store.fan_out(happened, times.now())
    work_off(times.now())
    endpoints.delete(north.partner_id, gone.id, now)
    assert "Müller" in repr(rows("MESSAGE"))
    erased = history.erase(first.id)
    assert erased == 2 * len(deals.events_of(first)), "of the deleted endpoint too"
    assert "Müller" not in repr(rows("MESSAGE"))
    assert "Other" in repr(rows("MESSAGE"))
    kept = {row["id"] for row in rows("DELIVERY#") if row["deal_id"] == second.id}
    assert {row["sk"].split("#")[1] for row in rows("ATTEMPT#")} == kept
    assert history.erase(first.number) == erased, "by its number, and as often as one likes"


def test_of_a_deal_that_is_not_there(local: None) -> None:
    with pytest.raises(NotFound):
        history.erase("D-0000-0000")


def test_everything_has_an_end(now: datetime, receiver: Receiver) -> None:
    endpoint(VENDOR, receiver.url, now)

    store.fan_out(event(now), now)
    work_off(now)
    for row in [*rows("MESSAGE"), *rows("DELIVERY#"), *rows("ATTEMPT#")]:
        assert row["ttl"] == int((now + endpoints.KEPT).timestamp()), row["sk"]
