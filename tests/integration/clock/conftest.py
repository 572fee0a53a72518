from collections.abc import Callable
from datetime import datetime

import pytest

from clock import sweep as function
from dealreg import clock
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import times
from tests.integration.clock.stage import Invocation, NewPartner, Sweep, begin_at, plenty_of_time
from tests.integration.moving import create_state_machine, registered, sample


@pytest.fixture(autouse=True)
def state_machine(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create_state_machine(monkeypatch)


@pytest.fixture
def sweep(aws: None, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    def run(moment: datetime, table: str = "DEALS_TABLE", time_left: Callable[[], int] = plenty_of_time) -> None:
        monkeypatch.setenv("SWEPT_TABLE", table)
        monkeypatch.setattr(times, "now", lambda: moment)
        function.handler(sample("clock/minute.json"), Invocation(time_left))

    return run


@pytest.fixture
def lost(new_partner: NewPartner, context: CommandContext, now: datetime) -> Deal:
    """A registration of which the stream told nobody."""
    begin_at(now - clock.LATENESS)
    return registered(new_partner("North"), context)
