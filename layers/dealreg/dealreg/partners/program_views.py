"""The program as the vendor is shown it, and may save it again."""

import json
from dataclasses import asdict
from typing import Any, cast

from dealreg.partners.program import Program
from dealreg.partners.views import ProgramView


def view(program: Program) -> ProgramView:
    """As it may be saved: what its rules replace is left out where it has rules."""
    written = json.loads(program.written or "{}")
    content = {name: value for name, value in asdict(program).items() if name not in ("written", "worked")}
    limits = [tier.auto_approve_limit for tier in program.tiers]
    for tier, limit in zip(content["tiers"], limits, strict=True):
        tier["auto_approve_limit"] = limit.to_wire() if limit else None
    if written.get("rules"):
        for holder, name in replaced_by_rules(content):
            del holder[name]
    return cast("ProgramView", content | written)


def replaced_by_rules(content: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """The settings of a program's body that a rule says instead, and what holds them."""
    own = [(content, name) for name in ("remind_after_hours", "escalate_after_hours")]
    return [*own, (content["approvers"], "escalation"), *((tier, "auto_approve_limit") for tier in content["tiers"])]
