"""The one address of the local stack: the deployed API, byte for byte, and the pages under /_local/."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local.billing_system import closed_won
from local.clock import Clock, Refused, after, read_wish, written
from local.deployed_api import DeployedApi
from local.logs import recent_logs
from local.mailbox import Mailbox
from local.moving import Mover
from local.places import ROOT, Places
from local.receivers import Receivers

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class _Whole(PathConvertor):
    """A path with line ends in it too, which Starlette's ends at."""

    regex = "(?s:.*)"


register_url_convertor("whole", _Whole())


class FrontDoor:
    def __init__(self, places: Places, api_id: str) -> None:
        self._places = places
        self._api = DeployedApi(places, api_id)
        self._mailbox = Mailbox(places)
        self._clock = Clock(places.clock)
        self._mover = Mover(places, self._clock)
        self._one_move = asyncio.Lock()
        self._receivers = Receivers(places, self._clock)
        self._pages = Environment(loader=FileSystemLoader(ROOT / "local/pages"), autoescape=True)

    def app(self) -> Starlette:
        routes = [
            Route("/_local", self._to_start),
            Route("/_local/", self._start),
            Route("/_local/sign-in/{user_id}", self._sign_in),
            Route("/_local/won", self._report_won, methods=["POST"]),
            Route("/_local/clock", self._tell_time),
            Route("/_local/clock", self._move_clock, methods=["POST"]),
            Route("/_local/clock/advance", self._advance_clock, methods=["POST"]),
            Route("/_local/mail", self._mail_list),
            Route("/_local/mail.json", self._mail_json),
            Route("/_local/mail/{mail_id}", self._mail),
            Route("/_local/mail/{mail_id}/body", self._mail_body),
            Route("/_local/mail/{mail_id}/feedback", self._mail_feedback, methods=["POST"]),
            Route("/_local/webhooks", self._webhooks),
            Route("/_local/webhooks.json", self._webhooks_json),
            Route("/_local/receivers/{name}", self._receive, methods=["POST"]),
            Route("/_local/logs", self._logs),
            Route("/{path:whole}", self._api.forward, methods=_METHODS),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        yield
        await self._api.close()

    async def _to_start(self, _: Request) -> Response:
        return RedirectResponse("/_local/")

    async def _start(self, request: Request) -> Response:
        base_url = str(request.base_url).rstrip("/")
        approved, now = await self._approved_deals(), self._clock.now()
        return self._page("start.html", demo=self._demo(), base_url=base_url, approved=approved, now=now)

    async def _approved_deals(self) -> list[dict[str, Any]]:
        deals: list[dict[str, Any]] = []
        for partner in self._demo()["partners"]:
            found = await self._api.get("/v1/deals?status=approved", partner["api_key"])
            deals += [deal | {"partner": partner["name"]} for deal in found.get("items", [])]
        return deals

    async def _report_won(self, request: Request) -> Response:
        """Reports the deal `number` as the billing system would."""
        form = parse_qs((await request.body()).decode())
        deal = next((deal for deal in await self._approved_deals() if [deal["number"]] == form.get("number")), None)
        if deal is None:
            return self._page("problem.html", 404, message="This deal is not an approved one.")
        source = self._demo()["billing_sources"][0]
        body, headers = closed_won(deal["number"], deal["amount"], source["secret"], self._clock.now())
        await self._api.post(f"/webhooks/billing/{source['id']}", headers, body)
        return RedirectResponse("/_local/webhooks", 303)

    async def _tell_time(self, _: Request) -> Response:
        return JSONResponse({"now": written(self._clock.now())})

    async def _move_clock(self, request: Request) -> Response:
        """Answers when all that became due in between has happened, which takes a second or so for each moment."""
        body = await request.body()
        async with self._one_move:
            try:
                stops = await self._mover.move(read_wish(body, self._clock.now()))
            except Refused as refused:
                return JSONResponse(refused.problem(), 422, media_type="application/problem+json")
            return JSONResponse({"now": written(self._clock.now()), "stops": stops})

    async def _advance_clock(self, request: Request) -> Response:
        """For the buttons of the start page."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        async with self._one_move:
            try:
                await self._mover.move(after(form.get("advance", [""])[0], self._clock.now()))
            except Refused as refused:
                return self._page("problem.html", 422, message=str(refused))
        return RedirectResponse("/_local/", 303)

    async def _sign_in(self, request: Request) -> Response:
        """Asks the product for a sign-in mail, as the user would, and opens its link."""
        users = [user for partner in self._demo()["partners"] for user in partner["users"]]
        user = next(
            (user for user in [*users, *self._demo()["staff"]] if user["id"] == request.path_params["user_id"]), None
        )
        if user is None:
            return self._page("problem.html", 404, message="There is no such demo user.")
        known = {mail.id for mail in await self._mailbox.fetch()}
        form = {"content-type": "application/x-www-form-urlencoded"}
        await self._api.post("/sign-in", form, urlencode({"email": user["email"]}))
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
        return HTMLResponse(mail.html.replace("<head>", '<head><base target="_top">', 1), headers=policy)

    async def _mail_feedback(self, request: Request) -> Response:
        """Has the mail bounce, or called spam, as the pressed button says."""
        mail = await self._mailbox.find(request.path_params["mail_id"])
        if mail is None:
            return self._page("problem.html", 404, message="No such mail.")
        kind = parse_qs((await request.body()).decode(errors="replace")).get("kind", ["bounce"])[0]
        await asyncio.to_thread(self._mailbox.tell_of, mail, kind, self._clock.now())
        return RedirectResponse("/_local/logs", 303)

    async def _webhooks(self, _: Request) -> Response:
        demo = self._demo()
        names = {partner["id"]: partner["name"] for partner in demo["partners"]}
        owners = {endpoint["id"]: names.get(endpoint["owner"], endpoint["owner"]) for endpoint in demo["endpoints"]}
        received = [(one, _json(one.body)) for one in self._receivers.newest_first()]
        return self._page("webhooks.html", received=received, owners=owners, pretty=_pretty)

    async def _webhooks_json(self, _: Request) -> Response:
        return JSONResponse([asdict(received) for received in self._receivers.newest_first()])

    async def _receive(self, request: Request) -> Response:
        received = self._receivers.receive(str(request.url), dict(request.headers), await request.body())
        if received.endpoint_id and not received.verified:
            return Response(status_code=401)
        event = _json(received.body)
        if event.get("type") == "endpoint.verify":
            return JSONResponse({"challenge": event["data"]["challenge"]})
        return Response(status_code=204)

    async def _logs(self, _: Request) -> Response:
        return self._page("logs.html", lines=await asyncio.to_thread(recent_logs, self._places))

    def _demo(self) -> dict[str, Any]:
        return json.loads(self._places.demo.read_text())

    def _page(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._pages.get_template(template).render(values), status)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _pretty(event: Any) -> str:
    return json.dumps(event, indent=2, ensure_ascii=False)
