"""The vendor's people: who is there, in which roles; one more, one less."""

from console import shown
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import staff
from dealreg.partners.inputs import NewStaff, StaffChange
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.rights import Role
from dealreg.platform.routes import CHANGE_PROGRAM, PAGE, SEE_PROGRAM, Route, Routes
from dealreg.platform.validation import parse_values

HERE = "/admin/staff"
_LABELS = {"name": "Name", "email": "E-mail", "roles": "Roles"}
_DONE = {"added": "They can sign in now.", "changed": "Saved.", "removed": "They are signed out everywhere."}


def list_staff(request: Request) -> Reply:
    return _list(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _list(request: Request, status: int, **context: object) -> Reply:
    listed = staff.listing(page_of(request))
    return shown.frame(
        request,
        status,
        "staff.html",
        here=HERE,
        people=listed["items"],
        next_cursor=listed["next_cursor"],
        roles=list(Role),
        **({"labels": _LABELS} | context),
    )


def add_staff(request: Request) -> Reply:
    posting_session(request)
    form = read_form(request.body)
    sent = {"name": form.text("name"), "email": form.text("email"), "roles": form.every("roles")}
    new = parse_values(NewStaff, sent)
    staff.create(new.name, new.email, new.roles, times.now(), request.caller.by)
    return redirect(f"{HERE}?done=added")


def show_staff(request: Request) -> Reply:
    return _one(request, 200)


def _one(request: Request, status: int, **context: object) -> Reply:
    member = staff.view(staff.load(request.params["id"]))
    filled = Form({"name": [member["name"]], "roles": member["roles"]})
    return shown.frame(
        request,
        status,
        "staff_member.html",
        here=HERE,
        member=member,
        roles=list(Role),
        **({"typed": filled, "labels": _LABELS} | context),
    )


def change_staff(request: Request) -> Reply:
    posting_session(request)
    form = read_form(request.body)
    change = parse_values(StaffChange, {"name": form.text("name"), "roles": form.every("roles")})
    staff.change(request.params["id"], change.changes(), request.caller.by)
    return redirect(f"{HERE}?done=changed")


def remove_staff(request: Request) -> Reply:
    posting_session(request)
    staff.remove(request.params["id"], times.now(), request.caller.by)
    return redirect(f"{HERE}?done=removed")


def _list_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _list(request, status, **shown.told(request, error))


def _one_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


def _remove_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, notice=error.detail or error.title)


DONE = {"done": str}
ROUTES: Routes = {
    "GET /admin/staff": Route(list_staff, SEE_PROGRAM, query=paging.CURSOR | DONE, media=PAGE),
    "POST /admin/staff": Route(add_staff, CHANGE_PROGRAM, body=Form, media=PAGE),
    "GET /admin/staff/{id}": Route(show_staff, SEE_PROGRAM, media=PAGE),
    "POST /admin/staff/{id}": Route(change_staff, CHANGE_PROGRAM, body=Form, media=PAGE),
    "POST /admin/staff/{id}/remove": Route(remove_staff, CHANGE_PROGRAM, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/staff": _list_again,
    "POST /admin/staff/{id}": _one_again,
    "POST /admin/staff/{id}/remove": _remove_again,
}
