"""POST /webhooks/billing/{source_id}: keeps a signed event and answers at once; `apply` does the rest."""

from typing import Any

from dealreg.billing import inbox
from dealreg.platform import errors, http, times

MAX_BODY = 256 * 1024


def receive(request: http.Request) -> http.Reply:
    is_new = inbox.receive(request.params["source_id"], request.headers, request.body, times.now())
    return http.json_reply(202, {"status": "accepted"}) if is_new else http.json_reply(200, {"status": "duplicate"})


def refuse(request: http.Request, status: int, error: errors.DealregError) -> http.Reply:
    """Our own fault is a 503, which every sender tries again."""
    return http.problem(request, 503 if status == 500 else status, error)


ROUTES = {"POST /webhooks/billing/{source_id}": receive}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return http.serve(ROUTES, event, on_error=refuse, max_body=MAX_BODY)
