"""Saving the program, by API and from the console alike. For what saves programs alone: it loads the holidays."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealreg.approvals.program_inputs import read_program
from dealreg.approvals.soundness import warnings_of
from dealreg.notifications import bounces
from dealreg.partners import program
from dealreg.partners.program import Program
from dealreg.partners.program_changes import changed
from dealreg.partners.program_views import view
from dealreg.partners.rules import routing_of
from dealreg.platform import acts
from dealreg.platform.replies import FaultView


def save(body: bytes, by: str, if_match: str | None, now: datetime) -> Program:
    """Raises InvalidInput with every fault, Malformed, and StaleVersion if another was saved since."""
    said = read_program(body)
    whole = said.to_whole(now.year)
    acts.changes(*changed(view(program.stored_program()), view(whole)))
    saved = program.save_program(whole, by, if_match, said.version)
    bounces.forget_saved(*routing_of(saved).people)
    return saved


def save_content(content: Mapping[str, Any], by: str, seen: str, now: datetime) -> Program:
    return save(_body(content), by, seen, now)


def tried(content: Mapping[str, Any], now: datetime) -> Program:
    """As it would be saved. Raises InvalidInput with every fault."""
    return read_program(_body(content)).to_whole(now.year)


def warnings(settings: Program, now: datetime) -> list[FaultView]:
    """What it surely does not mean."""
    today = settings.calendar.local(now).date()
    return warnings_of(settings.routing, today) if settings.routing else []


def _body(content: Mapping[str, Any]) -> bytes:
    own = {name: value for name, value in content.items() if name not in ("version", "warnings")}
    return json.dumps(own).encode(errors="surrogatepass")
