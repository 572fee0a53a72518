"""The deployed HTTP API, reached through MiniStack."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from local.places import Places

_MAX_IN_FLIGHT = 8
"""Each request in flight may be a Lambda process of its own: a burst queues here, which it would not on AWS."""
_OF_ONE_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"host"}
_FORWARDED = {b"x-forwarded-for", b"x-forwarded-port", b"x-forwarded-proto"}

Headers = list[tuple[bytes, bytes]]


class DeployedApi:
    def __init__(self, places: Places, api_id: str) -> None:
        self._endpoint = places.endpoint
        self._host = f"{api_id}.execute-api.localhost"
        self._in_flight = asyncio.Semaphore(_MAX_IN_FLIGHT)
        self._http = httpx.AsyncClient(timeout=35, limits=httpx.Limits(max_connections=None))

    async def forward(self, request: Request) -> Response:
        """Passes request and reply on byte for byte, repeated headers and redirects too."""
        target = httpx.URL(self._endpoint).copy_with(raw_path=_raw_target(request))
        headers = [*_end_to_end(request.headers.raw), (b"host", self._host.encode()), *_forwarded(request)]
        forwarded = httpx.Request(request.method, target, headers=headers, content=await request.body())
        async with self._in_flight:
            try:
                reply = await self._http.send(forwarded, stream=True)
                body = b"".join([chunk async for chunk in reply.aiter_raw()])
            except httpx.TransportError as error:
                return PlainTextResponse(f"MiniStack does not answer: {error!r}", 502)
            await reply.aclose()
        response = Response(body, reply.status_code)
        kept = [(name, value) for name, value in _end_to_end(reply.headers.raw) if name.lower() != b"content-length"]
        length = reply.headers.get("content-length", "0") if request.method == "HEAD" else str(len(body))
        response.raw_headers = [*kept, (b"content-length", length.encode())]
        return response

    async def get(self, path: str, token: str) -> Any:
        """The JSON that the holder of `token` gets."""
        headers = {"host": self._host, "authorization": f"Bearer {token}"}
        return (await self._http.get(self._endpoint + path, headers=headers)).json()

    async def post(self, path: str, headers: Mapping[str, str], body: str) -> None:
        await self._http.post(self._endpoint + path, headers={**headers, "host": self._host}, content=body)

    async def close(self) -> None:
        await self._http.aclose()


def _raw_target(request: Request) -> bytes:
    """Path and query as they were sent, not as they were decoded."""
    scope: Mapping[str, Any] = request.scope
    query: bytes = scope["query_string"]
    return scope["raw_path"] + (b"?" + query if query else b"")


def _end_to_end(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _OF_ONE_CONNECTION | _FORWARDED]


def _forwarded(request: Request) -> Headers:
    """What API Gateway tells of the connection."""
    client = request.client.host if request.client else "127.0.0.1"
    port = str(request.url.port or 80).encode()
    return [(b"x-forwarded-for", client.encode()), (b"x-forwarded-port", port), (b"x-forwarded-proto", b"http")]
