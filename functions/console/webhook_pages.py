"""Endpoints of all owners: how they are, what was sent to them, and what is to be sent again."""

from dataclasses import replace
from datetime import timedelta

from console import shown
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import partners
from dealreg.partners.limits import Act, limit
from dealreg.platform import acts, errors, paging, times
from dealreg.platform.events import VENDOR
from dealreg.platform.http import Reply, Request
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import page_of
from dealreg.platform.routes import CHANGE_PROGRAM, PAGE, SEE_PROGRAM, Route, Routes
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import history
from dealreg.webhooks.endpoints import lifecycle, overview, rules
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Endpoint, EndpointState
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import runner as replay
from dealreg.webhooks.views import endpoint_view

HERE = "/admin/webhooks"
_AT_WORK_REFRESH = "3"
_SPANS = {"1": "the last hour", "24": "the last day", "168": "the last week", "720": "the last 30 days"}
"""By hours."""
_WHAT = ("failed", "held", "delivered", "missing")
_LABELS = {"what": "What to send again", "since": "From when"}
_DONE = {
    "enabled": "It is enabled. What was held for it is on its way.",
    "tested": "A test is on its way. Look at the deliveries below.",
    "asked": "The challenge was sent again. Look at the deliveries below.",
    "resent": "It is on its way again.",
}


def list_endpoints(request: Request) -> Reply:
    asked = request.query.get("state", "")
    state = EndpointState(asked) if asked in [*EndpointState] else None
    owner = request.query.get("partner_id", "")
    listed = overview.listing(page_of(request), state, owner)
    return shown.frame(
        request,
        200,
        "webhooks.html",
        here=HERE,
        endpoints=listed["items"],
        next_cursor=listed["next_cursor"],
        state=state or "",
        states=[*EndpointState],
        owner=owner,
    )


def show_endpoint(request: Request) -> Reply:
    return _one(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _one(request: Request, status: int, **context: object) -> Reply:
    endpoint = _endpoint(request)
    deliveries = history.list_deliveries(endpoint.owner, endpoint.id, page_of(request))
    replays = replay_jobs.of_endpoint(endpoint.owner, endpoint.id, paging.PageRequest(5))
    return shown.frame(
        request,
        status,
        "webhook.html",
        here=HERE,
        endpoint=endpoint_view(endpoint),
        state=rules.state_of(endpoint),
        owner=_name_of(endpoint.owner),
        place=_place(request),
        deliveries=deliveries["items"],
        next_cursor=deliveries["next_cursor"],
        replays=replays["items"],
        spans=_SPANS,
        what=_WHAT,
        **({"typed": Form({"what": ["failed", "held"], "hours": ["24"]}), "labels": _LABELS} | context),
    )


def _endpoint(request: Request) -> Endpoint:
    owner = request.params["owner"]
    acts.about(partner_id="" if owner == VENDOR else owner, endpoint_id=request.params["id"])
    return endpoints.load(owner, request.params["id"])


def _name_of(owner: str) -> str:
    return "The program" if owner == VENDOR else partners.names([owner]).get(owner, "A partner who is gone")


def _place(request: Request) -> str:
    return f"{HERE}/{request.params['owner']}/{request.params['id']}"


def _allowance(act: Act) -> Allowance:
    """The vendor's own: what its people do takes nothing from a partner's."""
    return limit(act, VENDOR, times.now(), endpoints.table()).read()


def enable_endpoint(request: Request) -> Reply:
    posting_session(request)
    endpoint = _endpoint(request)
    lifecycle.enable(endpoint.owner, endpoint.id, times.now(), _allowance("endpoints"))
    return redirect(f"{_place(request)}?done=enabled")


def test_endpoint(request: Request) -> Reply:
    posting_session(request)
    endpoint = _endpoint(request)
    lifecycle.send_test(endpoint.owner, endpoint.id, times.now())
    return redirect(f"{_place(request)}?done=tested")


def verify_endpoint(request: Request) -> Reply:
    posting_session(request)
    endpoint = _endpoint(request)
    lifecycle.verify(endpoint.owner, endpoint.id, times.now())
    return redirect(f"{_place(request)}?done=asked")


def show_delivery(request: Request) -> Reply:
    return _delivery(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _delivery(request: Request, status: int, **context: object) -> Reply:
    owner = request.params["owner"]
    delivery = history.show(owner, request.params["delivery_id"])
    if delivery["endpoint_id"] != request.params["id"]:
        raise errors.NotFound
    where = {"place": _place(request), "owner": _name_of(owner)}
    return shown.frame(request, status, "delivery.html", here=HERE, delivery=delivery, **(where | context))


def resend_delivery(request: Request) -> Reply:
    posting_session(request)
    endpoint, delivery_id = _endpoint(request), request.params["delivery_id"]
    history.resend(endpoint.owner, delivery_id, times.now(), _allowance("resends"))
    return redirect(f"{_place(request)}/deliveries/{delivery_id}?done=resent")


def start_replay(request: Request) -> Reply:
    """Counts first: how many that would be is shown before one is sent."""
    from dealreg.webhooks.inputs import ReplayRequest

    posting_session(request)
    endpoint, form, now = _endpoint(request), read_form(request.body), times.now()
    hours = form.text("hours") if form.text("hours") in _SPANS else "24"
    sent = {"since": times.to_text(now - timedelta(hours=int(hours))), "what": form.every("what"), "preview": True}
    wanted = parse_values(ReplayRequest, sent)
    job = replay.start(endpoint.owner, endpoint.id, wanted, now, _allowance("replays"))
    return redirect(f"{_place(request)}/replays/{job.id}")


def show_replay(request: Request) -> Reply:
    return _replay(request, 200)


def _replay(request: Request, status: int, **context: object) -> Reply:
    endpoint = _endpoint(request)
    job = replay_jobs.load(endpoint.id, request.params["replay_id"])
    where = {"place": _place(request), "owner": _name_of(endpoint.owner), "url": endpoint.url}
    reply = shown.frame(request, status, "replay.html", here=HERE, job=replay_jobs.view(job), **(where | context))
    if job.status not in replay_jobs.AT_WORK:
        return reply
    return replace(reply, headers={**reply.headers, "refresh": _AT_WORK_REFRESH})


def resume_replay(request: Request) -> Reply:
    posting_session(request)
    job = replay.resume(_endpoint(request).owner, request.params["replay_id"], times.now())
    return redirect(f"{_place(request)}/replays/{job.id}")


def pause_replay(request: Request) -> Reply:
    posting_session(request)
    job = replay.pause(_endpoint(request).owner, request.params["replay_id"], times.now())
    return redirect(f"{_place(request)}/replays/{job.id}")


def _one_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


def _delivery_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _delivery(request, status, notice=error.detail or error.title)


def _replay_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _replay(request, status, notice=error.detail or error.title)


_FILTERS = {"state": str, "partner_id": str}
_DONE_QUERY = {"done": str}
_ONE = "/admin/webhooks/{owner}/{id}"
ROUTES: Routes = {
    "GET /admin/webhooks": Route(list_endpoints, SEE_PROGRAM, query=paging.CURSOR | _FILTERS, media=PAGE),
    f"GET {_ONE}": Route(show_endpoint, SEE_PROGRAM, query=paging.CURSOR | _DONE_QUERY, media=PAGE),
    f"POST {_ONE}/enable": Route(enable_endpoint, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {_ONE}/test": Route(test_endpoint, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {_ONE}/verify": Route(verify_endpoint, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"GET {_ONE}/deliveries/{{delivery_id}}": Route(show_delivery, SEE_PROGRAM, query=_DONE_QUERY, media=PAGE),
    f"POST {_ONE}/deliveries/{{delivery_id}}/resend": Route(resend_delivery, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {_ONE}/replays": Route(start_replay, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"GET {_ONE}/replays/{{replay_id}}": Route(show_replay, SEE_PROGRAM, media=PAGE),
    f"POST {_ONE}/replays/{{replay_id}}/resume": Route(resume_replay, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {_ONE}/replays/{{replay_id}}/pause": Route(pause_replay, CHANGE_PROGRAM, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    f"POST {_ONE}/enable": _one_again,
    f"POST {_ONE}/test": _one_again,
    f"POST {_ONE}/verify": _one_again,
    f"POST {_ONE}/replays": _one_again,
    f"POST {_ONE}/deliveries/{{delivery_id}}/resend": _delivery_again,
    f"POST {_ONE}/replays/{{replay_id}}/resume": _replay_again,
    f"POST {_ONE}/replays/{{replay_id}}/pause": _replay_again,
}
