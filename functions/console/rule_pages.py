"""The program's rules: sentences, a form for each, and a would-be deal to try them on."""

from collections.abc import Mapping
from typing import Any

from console import program_saving, rule_form, rule_trial, shown
from console.program_form import placed
from console.program_pages import done
from console.program_saving import HERE
from dealreg.approvals.rule_words import sentences, step_words
from dealreg.deals.statuses import RejectReason
from dealreg.matching.rules import Verdict
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import program
from dealreg.partners.program import Program
from dealreg.partners.program_views import replaced_by_rules, view
from dealreg.partners.routing import READABLE
from dealreg.partners.rules import EVERYTHING_ELSE, routing_of
from dealreg.platform.errors import DealregError, FieldError, InvalidInput, NotFound
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import CHANGE_PROGRAM, PAGE, SEE_PROGRAM, Route, Routes

RULES = f"{HERE}/rules"
_MORE_STEPS = 1
Content = dict[str, Any]


def list_rules(request: Request) -> Reply:
    stored = program.stored_program()
    return _list(request, stored, rule_trial.trial(Form({}), stored, None))


def try_rules(request: Request) -> Reply:
    """Of the rules in force. Writes nothing."""
    posting_session(request)
    stored = program.stored_program()
    return _list(request, stored, rule_trial.trial(read_form(request.body), stored, None))


def _list(request: Request, stored: Program, trial: rule_trial.Trial) -> Reply:
    routing = routing_of(stored)
    single = {"An extension": routing.extension_step, "An appeal": routing.appeal_step}
    return shown.frame(
        request,
        200,
        "program_rules.html",
        here=HERE,
        rules=[sentences(rule, stored) for rule in routing.rules],
        is_written=bool(stored.routing and stored.routing.rules),
        single=[(name, step_words(step)) for name, step in single.items() if step and step.ask],
        trial=trial,
        done=done(request),
    )


def new_rule(request: Request) -> Reply:
    stored = program.stored_program()
    return _form(request, 200, stored, Form({"place": ["1"], "outcome": ["steps"]}))


def show_rule(request: Request) -> Reply:
    stored = program.stored_program()
    rules = _rules(stored)
    place = _place(request, rules)
    return _form(request, 200, stored, rule_form.form_of(rules[place], place))


def _rules(stored: Program) -> list[Content]:
    written: list[Content] = list(view(stored).get("rules") or ())
    return written


def _place(request: Request, rules: list[Content]) -> int:
    found = [place for place, rule in enumerate(rules) if rule["id"] == request.params["rule"]]
    if not found:
        raise NotFound
    return found[0]


def _form(request: Request, status: int, stored: Program, typed: Form, **context: Any) -> Reply:
    steps = sum(bool(typed.text(f"steps.{n}.id") or typed.text(f"steps.{n}.ask")) for n in range(rule_form.STEPS))
    return shown.frame(
        request,
        status,
        "program_rule.html",
        here=HERE,
        rule=request.params.get("rule", ""),
        action=request.path,
        version=stored.version,
        typed=typed,
        steps=range(min(steps + _MORE_STEPS, rule_form.STEPS)),
        choices=_choices(stored),
        reasons=list(RejectReason),
        readable=READABLE,
        **({"labels": {}} | context),
    )


def _choices(stored: Program) -> Mapping[str, list[str]]:
    """Of the conditions that are chosen from what there is."""
    return {
        "tier": [tier.id for tier in stored.tiers],
        "verdict": list(Verdict),
        "family": sorted({product.family for product in stored.products}),
        "type": list(stored.deal_types),
    }


def add_rule(request: Request) -> Reply:
    return _save_rule(request)


def change_rule(request: Request) -> Reply:
    return _save_rule(request)


def _save_rule(request: Request) -> Reply:
    posting_session(request)
    form = read_form(request.body)
    stored = program_saving.stored_as_seen(form)
    if form.text("act") == "again":
        return _form(request, 200, stored, form)
    content, _ = _with_rule(request, form, stored)
    trial = rule_trial.trial(form, stored, content)
    return program_saving.go_on(request, form, stored, content, back=RULES, trial=trial)


def _with_rule(request: Request, form: Form, stored: Program) -> tuple[Content, int]:
    """The program with the rule in its place, and that place."""
    rules, rule = _rules(stored), rule_form.rule_of(form)
    if "rule" in request.params:
        rules.pop(_place(request, rules))
    place = rule_form.place_of(form, len(rules))
    rules.insert(place, rule)
    if len(rules) == 1 and ("when" in rule or "steps" not in rule):
        first = stored.approvers.first
        rules.append({"id": EVERYTHING_ELSE, "steps": [{"id": "review", "ask": [first] if first else []}]})
    return _with_rules(stored, rules), place


def _with_rules(stored: Program, rules: list[Content]) -> Content:
    content: Content = {**view(stored)}
    content["rules"] = rules or None
    for holder, name in replaced_by_rules(content) if rules else ():
        holder.pop(name, None)
    return content


def remove_rule(request: Request) -> Reply:
    """Asks once, on the page that shows what changes."""
    posting_session(request)
    form = read_form(request.body)
    if form.text("act") == "again":
        return redirect(f"{RULES}/{request.params['rule']}")
    stored = program_saving.stored_as_seen(form)
    rules = _rules(stored)
    rules.pop(_place(request, rules))
    content = _with_rules(stored, rules)
    return program_saving.go_on(
        request, form, stored, content, back=RULES, trial=rule_trial.trial(form, stored, content)
    )


def _rule_again(request: Request, status: int, error: DealregError) -> Reply:
    form, stored = read_form(request.body), program.stored_program()
    if not isinstance(error, InvalidInput):
        return _form(request, status, stored, form, notice=error.detail or error.title)
    content, place = _with_rule(request, form, stored)
    start, rule = f"rules.{place}", content["rules"][place]
    own = [
        FieldError(rule_form.placed(fault.field.removeprefix(start).removeprefix("."), rule), fault.message)
        for fault in error.errors
        if f"{fault.field}.".startswith(f"{start}.")
    ]
    others = [fault for fault in error.errors if not f"{fault.field}.".startswith(f"{start}.")]
    errors, notes = placed([*own, *others], rule_form.names())
    return _form(request, status, stored, form, errors=errors, notice=" ".join(notes))


def _remove_again(request: Request, status: int, error: DealregError) -> Reply:
    stored = program.stored_program()
    rules = _rules(stored)
    place = _place(request, rules)
    told = [fault.message for fault in error.errors] if isinstance(error, InvalidInput) else []
    notice = " ".join(told) or error.detail or error.title
    return _form(request, status, stored, rule_form.form_of(rules[place], place), notice=notice)


DONE = {"done": str}
ROUTES: Routes = {
    "GET /admin/program/rules": Route(list_rules, SEE_PROGRAM, query=DONE, media=PAGE),
    "POST /admin/program/rules": Route(try_rules, SEE_PROGRAM, body=Form, media=PAGE),
    "GET /admin/program/rule": Route(new_rule, CHANGE_PROGRAM, media=PAGE),
    "POST /admin/program/rule": Route(add_rule, CHANGE_PROGRAM, body=Form, media=PAGE),
    "GET /admin/program/rules/{rule}": Route(show_rule, CHANGE_PROGRAM, media=PAGE),
    "POST /admin/program/rules/{rule}": Route(change_rule, CHANGE_PROGRAM, body=Form, media=PAGE),
    "POST /admin/program/rules/{rule}/remove": Route(remove_rule, CHANGE_PROGRAM, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/program/rule": _rule_again,
    "POST /admin/program/rules/{rule}": _rule_again,
    "POST /admin/program/rules/{rule}/remove": _remove_again,
}
