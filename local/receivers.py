"""The demo's webhook receivers: what a partner's and a billing system's own endpoint would do."""

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from local.clock import Clock, written
from local.places import Places, write_whole

_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Received:
    endpoint_id: str
    headers: dict[str, str]
    body: str
    verified: bool
    received_at: str


class Receivers:
    def __init__(self, places: Places, clock: Clock) -> None:
        self._clock = clock
        self._file = places.state / "webhooks.jsonl"
        self._demo = places.demo
        self._received: list[Received] = []
        if self._file.exists():
            lines = self._file.read_text().splitlines(keepends=True)
            whole = [line for line in lines if line.endswith("\n")]
            if whole != lines:  # we were killed while we wrote
                write_whole(self._file, "".join(whole))
            self._received = [Received(**json.loads(line)) for line in whole]

    def receive(self, url: str, headers: dict[str, str], body: bytes) -> Received:
        """Keeps it, verified with the secret of the endpoint that has this URL."""
        (endpoint_id, secret), now = self._endpoint(url), self._clock.now()
        received = Received(
            endpoint_id=endpoint_id,
            headers=headers,
            body=body.decode(errors="replace"),
            verified=_is_signed(secret, headers, body, now),
            received_at=written(now),
        )
        self._received.append(received)
        with self._file.open("a") as file:
            file.write(json.dumps(asdict(received)) + "\n")
        return received

    def newest_first(self) -> list[Received]:
        return self._received[::-1]

    def _endpoint(self, url: str) -> tuple[str, str]:
        endpoints: list[dict[str, str]] = json.loads(self._demo.read_text())["endpoints"] if self._demo.exists() else []
        return next(((known["id"], known["secret"]) for known in endpoints if known["url"] == url), ("", ""))


def _is_signed(secret: str, headers: dict[str, str], body: bytes, now: datetime) -> bool:
    """Not by the library's `verify`, which goes by the clock of the machine."""
    if not secret:
        return False
    try:
        signed_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        expected = Webhook(secret).sign(headers["webhook-id"], signed_at, body.decode()).encode()
        signatures = headers["webhook-signature"].encode().split()
    except (LookupError, ValueError, OverflowError, OSError):
        return False
    return abs(now - signed_at) <= _TOLERANCE and any(hmac.compare_digest(expected, one) for one in signatures)
