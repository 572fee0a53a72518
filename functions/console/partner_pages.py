"""Partners: which there are, what is known of one, what is set for it, and whether it may go on."""

import hashlib
import json
from typing import Any

from console import shown
from dealreg.commissions import plan_store
from dealreg.deals import store as deals
from dealreg.deals import views as deal_views
from dealreg.notifications import bounces
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import mailed_users, partner_lists, partners, reach, staff, users
from dealreg.partners.inputs import NewPartner, NewUser, PartnerChange
from dealreg.partners.partners import Partner
from dealreg.partners.program import current_program
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import PageRequest, page_of
from dealreg.platform.rights import Reach, Right
from dealreg.platform.routes import CHANGE_PARTNERS, PAGE, SEE_PARTNERS, Route, Routes
from dealreg.platform.validation import parse_values

HERE = "/admin/partners"
_NEWEST = 10
_MAX_PLANS = 100
_LABELS = {
    "name": "Name",
    "email": "E-mail",
    "tier": "Tier",
    "manager": "Manager",
    "plan": "Commission plan",
    "own_domains": "Own domains",
    "payout.block.reason_code": "Payouts",
    "payout.block.text": "Why nothing is paid out",
    "payout.erp_reference": "Account in the ERP",
    "payout.tax_code": "Tax code",
    "payout.tax_percent": "Tax in percent",
}
_DONE = {
    "made": "The partner is there. Invite its first person below.",
    "saved": "Saved.",
    "invited": "They can sign in with their address now.",
    "removed": "They are signed out everywhere.",
    "suspended": "The partner is suspended.",
    "resumed": "The partner may go on.",
}


def list_partners(request: Request) -> Reply:
    found = partner_lists.listing(page_of(request, 50), request.query, reach.only_manager(request))
    managers = {one["manager"] for one in found["items"] if one["manager"]}
    return shown.frame(
        request,
        200,
        "partners.html",
        here=HERE,
        typed=Form({name: [request.query.get(name, "")[:200]] for name in partner_lists.FILTERS}),
        filters={name: text[:200] for name, text in request.query.items() if name in partner_lists.FILTERS and text},
        partners=found["items"],
        next_cursor=found["next_cursor"],
        names=staff.names_of(managers),
        tiers=_tiers(),
        sees_all=Reach.ALL in request.caller.reach(request.right),
    )


def _tiers() -> dict[str, str]:
    return {tier.id: tier.name for tier in current_program().tiers}


def ask_for_partner(request: Request) -> Reply:
    return _new(request, 200)


def _new(request: Request, status: int, **context: Any) -> Reply:
    filled = Form({"manager": [reach.only_manager(request) or ""], "plan": [partners.DEFAULT_PLAN]})
    common: dict[str, Any] = {"typed": filled, "labels": _LABELS, "tiers": _tiers(), "plans": _plans()}
    return shown.frame(request, status, "partner_new.html", here=HERE, **(common | context))


def _plans(*known: str) -> dict[str, str]:
    found = plan_store.page(PageRequest(_MAX_PLANS)).items
    ids = dict.fromkeys([partners.DEFAULT_PLAN, *known, *(plan["id"] for plan in found)])
    return {one: one for one in ids}


def create_partner(request: Request) -> Reply:
    posting_session(request)
    new = parse_values(NewPartner, _settings_of(read_form(request.body)))
    manager = reach.manager_of_new(request, new.manager)
    made = partners.create(new.name, new.tier, new.own_domains, times.now(), request.caller.by, manager, new.plan)
    bounces.forget_saved(manager)
    return redirect(f"{HERE}/{made.id}?done=made")


def _settings_of(form: Form) -> dict[str, Any]:
    own_domains = form.text("own_domains").replace(",", " ").split()
    sent: dict[str, Any] = {name: form.text(name) for name in ("name", "tier", "plan")}
    return sent | {"manager": form.text("manager") or None, "own_domains": own_domains}


def show_partner(request: Request) -> Reply:
    return _one(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _one(request: Request, status: int, **context: Any) -> Reply:
    partner = _partner(request)
    people = users.of_partner(partner.id)
    newest = deals.newest_of_partner(partner.id, _NEWEST)
    manager = partner.manager or ""
    return shown.frame(
        request,
        status,
        "partner.html",
        here=HERE,
        partner=partners.view(partner),
        tier=_tiers().get(partner.tier, partner.tier),
        manager=staff.names_of([manager]).get(manager, manager) if manager else "",
        people=[users.view(one) for one in people],
        bounced=bounces.marked(one.email for one in people),
        deals=[deal_views.view(deal) for deal in newest],
        **({"labels": _LABELS} | context),
    )


def _partner(request: Request) -> Partner:
    """One that the reader's right reaches."""
    return reach.load_partner(request, request.params["id"])


def ask_for_settings(request: Request) -> Reply:
    return _settings(request, 200)


def _settings(request: Request, status: int, **context: Any) -> Reply:
    partner = _partner(request)
    common: dict[str, Any] = {"typed": _filled(partner), "labels": _LABELS, "tiers": _tiers()}
    common |= {"plans": _plans(partner.plan), "partner": partners.view(partner), "seen": _digest(partner)}
    return shown.frame(request, status, "partner_settings.html", here=HERE, **(common | context))


def _filled(partner: Partner) -> Form:
    payout, block = partner.payout, partner.payout.block
    values = {
        "name": partner.name,
        "tier": partner.tier,
        "plan": partner.plan,
        "manager": partner.manager or "",
        "own_domains": "\n".join(partner.own_domains),
        "payout.block.reason_code": block.reason_code if block else "",
        "payout.block.text": block.text if block else "",
        "payout.erp_reference": payout.erp_reference or "",
        "payout.tax_code": payout.tax_code or "",
        "payout.tax_percent": payout.tax_percent,
    }
    return Form({name: [text] for name, text in values.items()})


def _digest(partner: Partner) -> str:
    """By which a form is told whether somebody changed the partner since."""
    return hashlib.sha256(json.dumps(partners.view(partner), sort_keys=True).encode()).hexdigest()[:16]


def change_partner(request: Request) -> Reply:
    posting_session(request)
    form, partner = read_form(request.body), _partner(request)
    sent = _settings_of(form)
    if request.caller.may(Right.CHANGE_MONEY):
        sent["payout"] = _payout_of(form)
    change = parse_values(PartnerChange, sent).changes()
    if form.text("seen") != _digest(partner):
        raise errors.StaleVersion("Somebody changed this partner since you opened the page. Look again, then save.")
    partners.change(partner.id, change, request.caller.by)
    bounces.forget_saved(change.get("manager"))
    return redirect(f"{HERE}/{partner.id}?done=saved")


def _payout_of(form: Form) -> dict[str, Any]:
    reason = form.text("payout.block.reason_code")
    return {
        "block": {"reason_code": reason, "text": form.text("payout.block.text")} if reason else None,
        "erp_reference": form.text("payout.erp_reference") or None,
        "tax_code": form.text("payout.tax_code") or None,
        "tax_percent": form.text("payout.tax_percent") or "0",
    }


def ask_to_suspend(request: Request) -> Reply:
    partner = _partner(request)
    return shown.frame(request, 200, "partner_suspend.html", here=HERE, partner=partners.view(partner))


def suspend_partner(request: Request) -> Reply:
    return _become(request, "suspended", "suspended")


def resume_partner(request: Request) -> Reply:
    return _become(request, "active", "resumed")


def _become(request: Request, status: partners.Status, done: str) -> Reply:
    posting_session(request)
    partners.change(_partner(request).id, {"status": status}, request.caller.by)
    return redirect(f"{HERE}/{request.params['id']}?done={done}")


def invite_person(request: Request) -> Reply:
    posting_session(request)
    form, partner = read_form(request.body), _partner(request)
    new = parse_values(NewUser, {"name": form.text("name"), "email": form.text("email")})
    mailed_users.create(partner.id, new.name, new.email, times.now(), request.caller.by)
    return redirect(f"{HERE}/{partner.id}?done=invited")


def ask_to_remove_person(request: Request) -> Reply:
    partner = _partner(request)
    person = users.view(users.load(partner.id, request.params["user_id"]))
    view = partners.view(partner)
    return shown.frame(request, 200, "partner_person.html", here=HERE, partner=view, person=person)


def remove_person(request: Request) -> Reply:
    posting_session(request)
    partner = _partner(request)
    users.remove(partner.id, request.params["user_id"], request.caller.by)
    return redirect(f"{HERE}/{partner.id}?done=removed")


def _new_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _new(request, status, **shown.told(request, error))


def _settings_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _settings(request, status, **shown.told(request, error))


def _one_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


ROUTES: Routes = {
    "GET /admin/partners": Route(
        list_partners, SEE_PARTNERS, query={**partner_lists.FILTERS, **paging.CURSOR}, media=PAGE
    ),
    "GET /admin/partners/new": Route(ask_for_partner, CHANGE_PARTNERS, media=PAGE),
    "POST /admin/partners/new": Route(create_partner, CHANGE_PARTNERS, body=Form, media=PAGE),
    "GET /admin/partners/{id}": Route(show_partner, SEE_PARTNERS, query={"done": str}, media=PAGE),
    "GET /admin/partners/{id}/settings": Route(ask_for_settings, CHANGE_PARTNERS, media=PAGE),
    "POST /admin/partners/{id}/settings": Route(change_partner, CHANGE_PARTNERS, body=Form, media=PAGE),
    "GET /admin/partners/{id}/suspend": Route(ask_to_suspend, CHANGE_PARTNERS, media=PAGE),
    "POST /admin/partners/{id}/suspend": Route(suspend_partner, CHANGE_PARTNERS, body=Form, media=PAGE),
    "POST /admin/partners/{id}/resume": Route(resume_partner, CHANGE_PARTNERS, body=Form, media=PAGE),
    "POST /admin/partners/{id}/people": Route(invite_person, CHANGE_PARTNERS, body=Form, media=PAGE),
    "GET /admin/partners/{id}/people/{user_id}": Route(ask_to_remove_person, CHANGE_PARTNERS, media=PAGE),
    "POST /admin/partners/{id}/people/{user_id}/remove": Route(remove_person, CHANGE_PARTNERS, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/partners/new": _new_again,
    "POST /admin/partners/{id}/settings": _settings_again,
    "POST /admin/partners/{id}/people": _one_again,
}
