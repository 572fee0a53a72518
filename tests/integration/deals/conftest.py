import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from dealreg.deals import register
from dealreg.deals.model import NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from tests.integration.conftest import body
from tests.integration.deals.reviewing import Registered


@pytest.fixture
def registered(new_partner: Callable[[str], Caller], context: CommandContext) -> Registered:
    """Registers a deal of a new partner of that name, each a moment after the one before."""
    moments = count()

    def make(partner: str, **customer: Any) -> dict[str, Any]:
        sent = body(partner_reference=None, customer=body()["customer"] | customer)
        new = parse(NewDeal, json.dumps(sent).encode(), register.validation_context())
        later = replace(context, now=context.now + timedelta(milliseconds=next(moments)))
        return json.loads(register.register(new_partner(partner), new, None, later).body)

    return make
