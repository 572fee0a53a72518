import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dealreg.platform import http
from dealreg.platform.errors import FieldError, InvalidInput
from local.clock import FARTHEST, Clock, Refused, read_wish
from tests.template import ROOT
from tests.unit.sentences import is_sentence

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("PT48H", timedelta(hours=48)),
        ("P7D", timedelta(days=7)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("PT90M", timedelta(minutes=90)),
        ("PT1S", timedelta(seconds=1)),
        (f"P{FARTHEST.days}D", FARTHEST),
    ],
)
def test_a_duration_is_added_to_the_time_that_it_is(duration: str, expected: timedelta) -> None:
    assert read_wish(json.dumps({"advance": duration}).encode(), NOW) == NOW + expected


@pytest.mark.parametrize("moment", ["2026-12-01T09:30:00Z", "2026-12-01T10:30:00+01:00", "2026-12-01T09:30:00.000Z"])
def test_a_moment_is_read_in_its_time_zone(moment: str) -> None:
    assert read_wish(json.dumps({"to": moment}).encode(), NOW) == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        *(
            (text, "Write a duration")
            for text in ("", "P", "PT", "P1DT", "48H", "PT48", "-PT1H", "PT-1H", "P1W", "P1Y")
        ),
        *((text, "Write a duration") for text in ("PT1H30", "PT1.5H", "pt1h", " PT1H", "PT1H\n", "PT1S1H", "PT٣H")),
        *((text, "only goes forward") for text in ("PT0S", "P0D")),
        *((text, "too far") for text in (f"P{FARTHEST.days}DT1S", "P99999999999D", f"PT{'9' * 5000}S")),
    ],
)
def test_a_duration_that_is_none_is_refused(duration: str, words: str) -> None:
    refused = refusal(json.dumps({"advance": duration}).encode())
    assert (refused.field, words in str(refused)) == ("advance", True)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        *(
            (text, "Write a moment")
            for text in ("", "tomorrow", "2026-12-01", "2026-12-01T09:30:00", "2026-13-01T00:00Z")
        ),
        ("9999-12-31T23:59:59-23:59", "Write a moment"),
        *((text, "only goes forward") for text in ("2026-11-27T10:00:00Z", "2026-11-27T10:59:59+01:00")),
        ("9999-12-31T23:59:59Z", "too far"),
    ],
)
def test_a_moment_that_is_past_or_none_is_refused(moment: str, words: str) -> None:
    refused = refusal(json.dumps({"to": moment}).encode())
    assert (refused.field, words in str(refused)) == ("to", True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        *((body, "body") for body in (b"", b"PT1H", b'"PT1H"', b"[]", b"null", b"\xff", b"[" * 100_000)),
        (b"{}", "advance"),
        (b'{"advance": "PT1H", "to": "2026-12-01T09:30:00Z"}', "advance"),
        (b'{"advance": 3600}', "advance"),
        (b'{"to": null}', "to"),
        (b'{"advance": "PT1H", "by": "me"}', "by"),
    ],
)
def test_what_is_no_wish_is_refused(body: bytes, field: str) -> None:
    refused = refusal(body)
    assert refused.field == field
    assert is_sentence(str(refused))


def test_a_refusal_is_said_as_the_product_says_it() -> None:
    refused = refusal(b'{"advance": "PT0S"}')
    error = InvalidInput([FieldError(refused.field, str(refused))])
    said = http.problem(http.read_request({}), http.STATUS[InvalidInput], error)
    assert {"request_id": ""} | refused.problem() == json.loads(said.body)


def test_the_clock_is_that_of_the_machine_until_it_is_moved_and_never_goes_back(tmp_path: Path) -> None:
    clock, second = Clock(tmp_path / "clock"), timedelta(seconds=5)
    assert abs(clock.now() - datetime.now(UTC)) < second
    there = datetime.now(UTC) + timedelta(days=3)

    clock.move_to(there)
    clock.move_to(there - timedelta(days=1))

    assert timedelta() <= Clock(tmp_path / "clock").now() - there < second


def test_the_product_goes_by_the_moved_clock_at_once(tmp_path: Path) -> None:
    """In a process that MiniStack starts for a function."""
    program = (
        "from dealreg.platform import times\n"
        "for _ in range(2):\n"
        "    print(times.to_text(times.now()), flush=True)\n"
        "    input()\n"
    )
    environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "any",
        "DEALREG_CLOCK_FILE": str(tmp_path / "clock"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / place) for place in ("local/lambda_runtime", "layers/dealreg")),
    }
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        unmoved = datetime.fromisoformat(process.stdout.readline().strip())
        Clock(tmp_path / "clock").move_to(datetime.now(UTC) + timedelta(days=3))
        process.stdin.write("\n\n")
        process.stdin.flush()
        moved = datetime.fromisoformat(process.stdout.readline().strip())

    assert timedelta(days=3) <= moved - unmoved < timedelta(days=3, minutes=1)


def refusal(body: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read_wish(body, NOW)
    return refused.value
