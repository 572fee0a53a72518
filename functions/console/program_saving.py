"""A change of the program, part by part: shown old → new first, and saved by the button on that page."""

from collections.abc import Mapping
from typing import Any

from console import shown
from dealreg.pages.form_data import Form
from dealreg.pages.render import redirect
from dealreg.partners import program
from dealreg.partners.program import Program
from dealreg.partners.program_changes import changes
from dealreg.partners.program_views import view
from dealreg.platform import times
from dealreg.platform.errors import StaleVersion
from dealreg.platform.http import Reply, Request

HERE = "/admin/program"
_OWN = ("csrf", "seen", "act")
"""Fields of the page itself, which are no settings."""
TRY = "try."
"""How those of a would-be deal begin."""


def stored_as_seen(form: Form) -> Program:
    """Raises StaleVersion if that is not the version that was seen."""
    stored = program.stored_program()
    if form.text("seen") != str(stored.version):
        raise StaleVersion("Somebody saved the program meanwhile. What you typed is still here: look at it once more.")
    return stored


def go_on(
    request: Request, form: Form, stored: Program, content: Mapping[str, Any], *, back: str, **context: Any
) -> Reply:
    """Shows what would change or, where that was seen, saves it. Raises InvalidInput and StaleVersion."""
    # Holidays and rules are heavy, and no other page needs them.
    from dealreg.approvals import program_saving

    now = times.now()
    if form.text("act") == "save":
        program_saving.save_content(content, request.caller.by, form.text("seen"), now)
        return redirect(f"{back}?done=saved")
    tried = program_saving.tried(content, now)
    differ = changes(view(stored), view(tried))
    if not differ:
        return redirect(f"{back}?done=same")
    own = {name: texts for name, texts in form.values.items() if name not in _OWN and not name.startswith(TRY)}
    return shown.frame(
        request,
        200,
        "program_review.html",
        here=HERE,
        changes=differ,
        warnings=[fault["message"] for fault in program_saving.warnings(tried, now)],
        hidden=[(name, text) for name, texts in own.items() for text in texts],
        action=request.path,
        seen=stored.version,
        back=back,
        **({"trial": None} | context),
    )
