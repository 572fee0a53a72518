"""The engine says what the slow model says, of any history: two hands, one contract.

To look further, for some minutes: `--hypothesis-profile explore`.
"""

import json

from hypothesis import given, settings

from dealreg.commissions.simulate import simulate
from tests.unit.commissions import slow_model
from tests.unit.commissions.histories import histories
from tests.unit.commissions.slow_facts import JSON

EXAMPLES = settings().max_examples * 2


@settings(max_examples=EXAMPLES)
@given(histories())
def test_line_by_line_and_to_the_smallest_unit(history: JSON) -> None:
    wire = json.loads(json.dumps(simulate(history).to_wire()))
    assert slow_model.differences(slow_model.simulate(history), wire) == []
