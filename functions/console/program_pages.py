"""The program's settings: a card for each part, a form for each card, and every version that was saved."""

from typing import Any

from console import program_form, program_saving, shown
from console.program_parts import PARTS, Part, part_of
from console.program_saving import HERE
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.sessions import posting_session
from dealreg.partners import program, program_versions
from dealreg.partners.checklist import checklist
from dealreg.partners.program_changes import changes, text
from dealreg.partners.program_views import view
from dealreg.platform import paging
from dealreg.platform.errors import DealregError, InvalidInput, NotFound
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.routes import CHANGE_PROGRAM, PAGE, SEE_PROGRAM, Route, Routes

_DONE = {"saved": "Saved.", "same": "Nothing was different, so nothing was saved."}
_MORE_ROWS = 2
"""Empty ones in a form, for what is new."""


def done(request: Request) -> str:
    return _DONE.get(request.query.get("done", ""), "")


def show_program(request: Request) -> Reply:
    stored = program.stored_program()
    content: dict[str, Any] = {**view(stored)}
    parts = [part for name in PARTS if (part := part_of(name, content))]
    steps = checklist(stored)
    return shown.frame(
        request,
        200,
        "program.html",
        here=HERE,
        cards=[(part, _lines(part, content)) for part in parts],
        version=stored.version,
        rules=len(content.get("rules") or ()),
        steps=[] if all(step.is_done for step in steps) else steps,
        done=done(request),
    )


def _lines(part: Part, content: dict[str, Any]) -> list[tuple[str, str]]:
    """What a card says."""
    lines = [(field.label, _in_words(field, program_form.at(content, field.name))) for field in part.fields]
    if rows := part.rows:
        for row in content[rows.name]:
            told = [f"{one.label}: {_in_words(one, row[one.name])}" for one in rows.fields[2:] if row[one.name]]
            lines.append((row["name"], "\n".join(told)))
    return lines


def _in_words(field: program_form.Field, value: Any) -> str:
    return dict(field.choices).get(value, "") if field.choices else text(value)


def show_part(request: Request) -> Reply:
    stored = program.stored_program()
    content: dict[str, Any] = {**view(stored)}
    part = _part(request, content)
    return _form(request, 200, part, stored.version, typed=program_form.filled(content, part))


def _part(request: Request, content: dict[str, Any]) -> Part:
    part = part_of(request.params["part"], content)
    if part is None:
        raise NotFound
    return part


def _form(request: Request, status: int, part: Part, version: int, *, typed: Form, **context: Any) -> Reply:
    rows = program_form.count(part, typed)
    return shown.frame(
        request,
        status,
        "program_part.html",
        here=HERE,
        part=part,
        version=version,
        typed=typed,
        rows=range(rows + _MORE_ROWS if part.rows else 0),
        **({"labels": program_form.labels(part, rows)} | context),
    )


def change_program(request: Request) -> Reply:
    """One part of it, in three posts at most: what was typed, then back to the form, or saved."""
    posting_session(request)
    form = read_form(request.body)
    stored = program_saving.stored_as_seen(form)
    content: dict[str, Any] = {**view(stored)}
    part = _part(request, content)
    if form.text("act") == "again":
        return _form(request, 200, part, stored.version, typed=program_form.typed(part, form))
    changed = program_form.applied(content, part, form)
    return program_saving.go_on(request, form, stored, changed, back=HERE)


def _part_again(request: Request, status: int, error: DealregError) -> Reply:
    stored = program.stored_program()
    part = _part(request, {**view(stored)})
    typed = program_form.typed(part, read_form(request.body))
    names = program_form.names_of(part, program_form.count(part, typed))
    found, others = program_form.placed(error.errors, names) if isinstance(error, InvalidInput) else ({}, [])
    notice = " ".join(others) or ("" if found else error.detail or error.title)
    return _form(request, status, part, stored.version, typed=typed, errors=found, notice=notice)


def list_versions(request: Request) -> Reply:
    listed = program_versions.listing(page_of(request))
    return shown.frame(
        request,
        200,
        "program_versions.html",
        here=HERE,
        versions=listed["items"],
        next_cursor=listed["next_cursor"],
        done=done(request),
    )


def show_version(request: Request) -> Reply:
    """With what would change if it were restored, which is the page that asks once."""
    return _version(request, 200)


def _version(request: Request, status: int, **context: Any) -> Reply:
    stored, old = program.stored_program(), program_versions.load(request.params["version"])
    differ = changes(view(stored), view(old))
    return shown.frame(
        request,
        status,
        "program_version.html",
        here=HERE,
        number=old.version,
        changes=differ,
        seen=stored.version,
        **context,
    )


def restore_program_version(request: Request) -> Reply:
    """As a new version. What that page showed is what is saved: of another version since, it is shown anew."""
    posting_session(request)
    form = read_form(request.body)
    stored, old = program_saving.stored_as_seen(form), program_versions.load(request.params["version"])
    confirmed = Form({**form.values, "act": ["save"]})
    return program_saving.go_on(request, confirmed, stored, {**view(old)}, back=HERE)


def _version_again(request: Request, status: int, error: DealregError) -> Reply:
    told = [fault.message for fault in error.errors] if isinstance(error, InvalidInput) else []
    return _version(request, status, notice=" ".join(told) or error.detail or error.title)


DONE = {"done": str}
ROUTES: Routes = {
    "GET /admin/program": Route(show_program, SEE_PROGRAM, query=DONE, media=PAGE),
    "GET /admin/program/versions": Route(list_versions, SEE_PROGRAM, query=paging.CURSOR | DONE, media=PAGE),
    "GET /admin/program/versions/{version}": Route(show_version, SEE_PROGRAM, media=PAGE),
    "POST /admin/program/versions/{version}": Route(restore_program_version, CHANGE_PROGRAM, body=Form, media=PAGE),
    "GET /admin/program/{part}": Route(show_part, CHANGE_PROGRAM, media=PAGE),
    "POST /admin/program/{part}": Route(change_program, CHANGE_PROGRAM, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/program/{part}": _part_again,
    "POST /admin/program/versions/{version}": _version_again,
}
