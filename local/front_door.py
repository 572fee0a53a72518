"""The one address of the local stack: the deployed API, byte for byte, and the pages under /_local/."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import httpx
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.logs import recent_logs
from local.mailbox import Mailbox
from local.places import ROOT, Places
from local.receivers import Receivers

_MOST_IN_FLIGHT = 8
"""Each request in flight may be a Lambda process of its own: a burst shall queue here, as it would not on AWS."""
_OF_ONE_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"host"}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

Headers = list[tuple[bytes, bytes]]


class FrontDoor:
    def __init__(self, places: Places, api_id: str) -> None:
        self._places = places
        self._api_host = f"{api_id}.execute-api.localhost"
        self._mailbox = Mailbox(places)
        self._receivers = Receivers(places)
        self._pages = Environment(loader=FileSystemLoader(ROOT / "local/pages"), autoescape=True)
        self._in_flight = asyncio.Semaphore(_MOST_IN_FLIGHT)
        self._http = httpx.AsyncClient(timeout=35, limits=httpx.Limits(max_connections=None))

    def app(self) -> Starlette:
        routes = [
            Route("/_local", self._to_start),
            Route("/_local/", self._start),
            Route("/_local/sign-in/{user_id}", self._sign_in),
            Route("/_local/mail", self._mail_list),
            Route("/_local/mail.json", self._mail_json),
            Route("/_local/mail/{mail_id}", self._mail),
            Route("/_local/mail/{mail_id}/body", self._mail_body),
            Route("/_local/webhooks", self._webhooks),
            Route("/_local/webhooks.json", self._webhooks_json),
            Route("/_local/receivers/{name}", self._receive, methods=["POST"]),
            Route("/_local/logs", self._logs),
            Route("/{path:path}", self._api, methods=_METHODS),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        collecting = asyncio.create_task(self._collect_mails())
        yield
        collecting.cancel()
        await self._mailbox.fetch()
        await self._http.aclose()

    async def _collect_mails(self) -> None:
        """MiniStack forgets mails when it stops, however it stops."""
        while True:
            await asyncio.sleep(2)
            await self._mailbox.fetch()

    async def _api(self, request: Request) -> Response:
        target = httpx.URL(self._places.endpoint).copy_with(raw_path=_raw_target(request))
        headers = [*_end_to_end(request.headers.raw), (b"host", self._api_host.encode()), *_forwarded(request)]
        async with self._in_flight:
            forwarded = httpx.Request(request.method, target, headers=headers, content=await request.body())
            reply = await self._http.send(forwarded, stream=True)
            body = b"".join([chunk async for chunk in reply.aiter_raw()])
            await reply.aclose()
        response = Response(body, reply.status_code)
        kept = [(name, value) for name, value in _end_to_end(reply.headers.raw) if name.lower() != b"content-length"]
        length = reply.headers.get("content-length", "0") if request.method == "HEAD" else str(len(body))
        response.raw_headers = [*kept, (b"content-length", length.encode())]
        return response

    async def _to_start(self, _: Request) -> Response:
        return RedirectResponse("/_local/")

    async def _start(self, request: Request) -> Response:
        return self._page("start.html", demo=self._demo(), base_url=str(request.base_url).rstrip("/"))

    async def _sign_in(self, request: Request) -> Response:
        """Asks the product for a sign-in mail, as the user would, and opens its link."""
        users = [user for partner in self._demo()["partners"] for user in partner["users"]]
        user = next((user for user in users if user["id"] == request.path_params["user_id"]), None)
        if user is None:
            return self._page("problem.html", 404, message="There is no such demo user.")
        known = {mail.id for mail in await self._mailbox.fetch()}
        url = f"{self._places.endpoint}/sign-in"
        await self._http.post(url, data={"email": user["email"]}, headers={"host": self._api_host})
        mail = await self._mailbox.wait_for_new(user["email"], known)
        link = next((link for link in mail.links if "/sign-in" in link), None) if mail else None
        if link is None:
            message = f"No sign-in link came for {user['email']}: an address gets five in an hour."
            return self._page("problem.html", 504, message=message)
        return RedirectResponse(link, 303)

    async def _mail_list(self, _: Request) -> Response:
        return self._page("mail_list.html", mails=await self._mailbox.fetch())

    async def _mail_json(self, _: Request) -> Response:
        return JSONResponse([asdict(mail) for mail in await self._mailbox.fetch()])

    async def _mail(self, request: Request) -> Response:
        mail = await self._mailbox.find(request.path_params["mail_id"])
        return self._page("mail.html", mail=mail) if mail else self._page("problem.html", 404, message="No such mail.")

    async def _mail_body(self, request: Request) -> Response:
        """The mail's own HTML: without scripts, its links open in the whole window."""
        mail = await self._mailbox.find(request.path_params["mail_id"])
        if mail is None:
            return self._page("problem.html", 404, message="No such mail.")
        policy = {"content-security-policy": "script-src 'none'; form-action 'none'"}
        return HTMLResponse(f'<base target="_top">{mail.html}', headers=policy)

    async def _webhooks(self, _: Request) -> Response:
        endpoints = {endpoint["id"]: endpoint for endpoint in self._demo()["endpoints"]}
        received = [asdict(one) | {"event": _json(one.body)} for one in self._receivers.newest_first()]
        return self._page("webhooks.html", received=received, endpoints=endpoints)

    async def _webhooks_json(self, _: Request) -> Response:
        return JSONResponse([asdict(received) for received in self._receivers.newest_first()])

    async def _receive(self, request: Request) -> Response:
        received = self._receivers.receive(str(request.url), dict(request.headers), await request.body())
        return Response(status_code=401 if received.endpoint_id and not received.verified else 204)

    async def _logs(self, _: Request) -> Response:
        return self._page("logs.html", lines=await asyncio.to_thread(recent_logs, self._places))

    def _demo(self) -> dict[str, Any]:
        return json.loads(self._places.demo.read_text())

    def _page(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._pages.get_template(template).render(values), status)


def _raw_target(request: Request) -> bytes:
    """Path and query as they were sent, not as they were decoded."""
    scope: Mapping[str, Any] = request.scope
    query: bytes = scope["query_string"]
    return scope["raw_path"] + (b"?" + query if query else b"")


def _end_to_end(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _OF_ONE_CONNECTION]


def _forwarded(request: Request) -> Headers:
    """What API Gateway tells of the connection."""
    client = request.client.host if request.client else "127.0.0.1"
    port = str(request.url.port or 80).encode()
    return [(b"x-forwarded-for", client.encode()), (b"x-forwarded-port", port), (b"x-forwarded-proto", b"http")]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}
