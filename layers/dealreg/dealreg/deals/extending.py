"""Extensions of a protection on the store: asked for by the partner, answered by whoever the program names."""

from collections.abc import Mapping, Sequence
from typing import Any

from dealreg.deals import extensions, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import program_at
from dealreg.platform import dynamo
from dealreg.platform.limits import Allowance


def extend(deal: Deal, context: CommandContext, reason: str = "", allowance: Allowance | None = None) -> Deal:
    """By the settings that its review began with: at once, or pending where a step of theirs has to agree.

    Raises StateConflict, StaleVersion or RateLimited.
    """
    program = program_at(deal.program_version)
    allowed, days = program.extensions_of(deal.tier)
    if program.routing and program.routing.extension_step:
        change = extensions.request(deal, context, days, allowed, reason, program)
    else:
        change = extensions.extend(deal, context, days, allowed, program, reason)
    return store.commit(deal, change, allowance=allowance)


def answer(
    deal: Deal,
    choice: str,
    context: CommandContext,
    internal: Mapping[str, Any],
    also: Sequence[dynamo.Action] = (),
    *,
    reason: str = "",
    reason_code: str = "",
) -> Deal:
    """`choice` is approve or reject. Raises StateConflict, StaleVersion, or ConditionFailed when `also` fails."""
    program = program_at(deal.program_version)
    if choice == "approve":
        change = extensions.grant(deal, context, reason, internal, program)
    else:
        change = extensions.refuse(deal, context, reason, reason_code, internal, program)
    return store.commit(deal, change, also)
