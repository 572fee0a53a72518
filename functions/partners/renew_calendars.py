"""Once a day: what a program knows of holidays and changes of the clocks never ends."""

import json
from typing import Any

from dealreg.approvals.program_inputs import read_program
from dealreg.partners import program
from dealreg.partners.program_views import view
from dealreg.platform import times

BY = "renewal of the calendars"


def handler(event: dict[str, Any], _context: object) -> None:
    """Saves the program as it was written; that makes a new version where a year begins or a list of holidays changed.

    Raises StaleVersion if an admin saved it meanwhile, and InvalidInput for what could no longer be saved.
    """
    seen = program.stored_program()
    if seen.written:
        said = read_program(json.dumps(view(seen)).encode())
        program.save_program(said.to_whole(times.now().year), BY, version=seen.version)
