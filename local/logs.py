"""What the Lambdas logged lately, as CloudWatch Logs would show it."""

import json
import time
from dataclasses import dataclass
from typing import Any

from local.places import Places

_MINUTES = 15
_MOST = 500
_OF_THE_PLATFORM = ("START ", "END ", "REPORT ")


@dataclass(frozen=True)
class Line:
    at: str
    where: str
    text: str


def recent_logs(places: Places) -> list[Line]:
    """Newest first."""
    logs: Any = places.aws("logs")
    since = int((time.time() - _MINUTES * 60) * 1000)
    events: list[tuple[int, str, str]] = []
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for event in logs.filter_log_events(logGroupName=name, startTime=since)["events"]:
            if not event["message"].startswith(_OF_THE_PLATFORM):
                events.append((event["timestamp"], name, event["message"]))
    return [_line(*event) for event in sorted(events, reverse=True)[:_MOST]]


def _line(timestamp: int, group: str, message: str) -> Line:
    moment = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
    try:
        fields: dict[str, Any] = json.loads(message)
    except ValueError:
        return Line(moment, group, message)
    shown = {name: value for name, value in fields.items() if name not in ("timestamp", "message", "logger")}
    text = f"{fields.get('message', '')}  " + "  ".join(f"{name}={value}" for name, value in shown.items())
    return Line(moment, fields.get("logger", group), text)
