from collections.abc import Callable

import pytest

from dealreg.deals import commands
from dealreg.platform import times
from dealreg.platform.http import Caller
from tests.integration.moving import create_state_machine
from tests.integration.silo.everything import Everything, make_everything


@pytest.fixture
def everything(new_partner: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch) -> Everything:
    """A program with one of each thing, and whoever may ask for it."""
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")
    create_state_machine(monkeypatch)
    now = times.now()
    return make_everything(new_partner("North"), commands.context_at(now), now)
