"""POST /webhooks/billing/{source_id}: keeps a signed event and answers at once; `apply` does the rest."""

from dataclasses import replace
from typing import Annotated, Any

from dealreg.billing import inbox
from dealreg.billing.model import MAX_BODY
from dealreg.billing.views import ReceivedView
from dealreg.platform import errors, http, times
from dealreg.platform.routes import ANYONE, Route, serve

Signed = Annotated[dict[str, Any], "Signed by the billing system."]
"""Its own; verified as bytes."""
_CHALLENGE = {"www-authenticate": 'Basic realm="billing"'}


def receive(request: http.Request) -> http.Reply:
    is_new = inbox.receive(request.params["source_id"], request.headers, request.body, times.now())
    return http.json_reply(202, {"status": "accepted"}) if is_new else http.json_reply(200, {"status": "duplicate"})


def refuse(request: http.Request, status: int, error: errors.DealregError) -> http.Reply:
    """Our own fault is a 503, which every sender tries again; a 401 asks for the password that some keep until then."""
    reply = http.refuse(request, 503 if status == 500 else status, error)
    return replace(reply, headers={**reply.headers, **_CHALLENGE}) if status == 401 else reply


ROUTES = {
    "POST /webhooks/billing/{source_id}": Route(
        receive, ANYONE, reply=ReceivedView, body=Signed, status=202, repeated=200
    )
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, on_error=refuse, max_body=MAX_BODY)
