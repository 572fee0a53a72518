"""The code that receivers copy, run by the languages that are on this machine, over vectors and what is none."""

import base64
import hmac
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dealreg.webhooks.samples import verification
from dealreg.webhooks.transport import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
ID, MOMENT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
VECTORS = Path(__file__).parents[4] / "shared" / "data" / "webhook_vectors.json"


def case(expected: bool, keys: list[str], signature: str, *, now: int = MOMENT, **changes: str) -> dict[str, Any]:
    headers = {"webhook-id": ID, "webhook-timestamp": str(MOMENT), "webhook-signature": signature}
    headers |= {name.replace("_", "-"): text for name, text in changes.items() if name != "body"}
    return {"keys": keys, "headers": headers, "body": changes.get("body", BODY), "now": now, "expected": expected}


def v1_with(key: bytes, body: str = BODY) -> str:
    return f"v1,{base64.b64encode(hmac.digest(key, f'{ID}.{MOMENT}.{body}'.encode(), 'sha256')).decode()}"


CASES = [
    case(True, [SECRET], V1),
    case(True, [PUBLIC], V1A),
    case(True, [SECRET, PUBLIC], f"{V1} {V1A}"),
    case(True, [SECRET], f"v2,AAAA v1,AAAA {V1A} {V1}"),
    case(True, ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", SECRET], V1),
    case(True, [SECRET], V1, now=MOMENT + 300),
    case(False, [SECRET], V1, now=MOMENT + 301),
    case(False, [SECRET], V1, now=MOMENT - 301),
    case(False, [SECRET], V1A),
    case(False, [PUBLIC], V1),
    case(False, [], V1),
    case(False, [SECRET], V1, body=BODY + " "),
    case(False, [PUBLIC], V1A, body=BODY + " "),
    case(False, [SECRET], V1, webhook_id="msg_other"),
    case(False, [PUBLIC], V1A, webhook_id="msg_other"),
    case(False, [SECRET], V1.replace("v1", "v1a")),
    case(False, [PUBLIC], V1A.replace("v1a", "v1")),
    *[
        case(False, [SECRET, PUBLIC], text)
        for text in ("", " ", "v1", "v1,", "v1a,", ",", "v1,AAAA", "v1a,AAAA", "v1,!")
    ],
    *[case(False, [SECRET], V1, webhook_timestamp=text) for text in ("", "hello", "-1", "1e9", "1614265330.0")],
    *[case(False, [key], v1_with(b"")) for key in ("", "whsec_", "whsec_=")],
    case(True, [SECRET], " ".join(["v1,AAAA"] * 15 + [V1])),
    case(False, [SECRET], " ".join(["v1,AAAA"] * 16 + [V1])),
    case(True, [SECRET], v1_with(base64.b64decode(SECRET[6:]), "Müller & Söhne ✓"), body="Müller & Söhne ✓"),
]
DRIVERS = {
    "python": (
        "python3",
        "verify.py",
        """
import json, sys
from verify import verify
def holds(c):
    try:
        return verify(c["headers"], c["body"].encode(), c["keys"], c["now"]) == c["headers"]["webhook-id"]
    except ValueError:
        return False
print(json.dumps([holds(c) for c in json.load(sys.stdin)]))
""",
        ["drive.py"],
    ),
    "node": (
        "node",
        "verify.mjs",
        """
import { readFileSync } from "node:fs";
import { verify } from "./verify.mjs";
const holds = (c) => {
  try { return verify(c.headers, Buffer.from(c.body), c.keys, c.now) === c.headers["webhook-id"]; }
  catch (error) { if (error.constructor !== Error) throw error; return false; }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(holds)));
""",
        ["drive.mjs"],
    ),
    "go": (
        "go",
        "verify.go",
        """
package main

import ("encoding/json"; "fmt"; "net/http"; "os"; "time")

type testCase struct { Keys []string; Headers map[string]string; Body string; Now int64 }

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil { panic(err) }
	results := []bool{}
	for _, c := range cases {
		headers := http.Header{}
		for name, value := range c.Headers { headers.Set(name, value) }
		id, err := Verify(headers, []byte(c.Body), c.Keys, time.Unix(c.Now, 0))
		results = append(results, err == nil && id == c.Headers["webhook-id"])
	}
	text, _ := json.Marshal(results)
	fmt.Println(string(text))
}
""",
        ["run", "drive.go", "verify.go"],
    ),
    "ruby": (
        "ruby",
        "verify.rb",
        """
require "json"
require_relative "verify"
results = JSON.parse($stdin.read).map do |c|
  Webhook.verify(c["headers"], c["body"], c["keys"], c["now"]) == c["headers"]["webhook-id"]
rescue ArgumentError
  false
end
puts JSON.generate(results)
""",
        ["drive.rb"],
    ),
    "php": (
        "php",
        "verify.php",
        """<?php
require 'verify.php';
$results = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $c) {
    try {
        $results[] = verify_webhook($c['headers'], $c['body'], $c['keys'], $c['now']) === $c['headers']['webhook-id'];
    } catch (InvalidArgumentException) {
        $results[] = false;
    }
}
echo json_encode($results);
""",
        ["drive.php"],
    ),
}


def vectors() -> list[dict[str, Any]]:
    """The shared ones, where they are on this machine."""
    known: list[dict[str, Any]] = json.loads(VECTORS.read_text()) if VECTORS.exists() else []
    return [
        {
            "keys": [vector.get("secret") or vector["public_key"]],
            "headers": {
                "webhook-id": vector["id"],
                "webhook-timestamp": str(vector["ts"]),
                "webhook-signature": vector["signature"],
            },
            "body": vector["body"],
            "now": vector["ts"],
            "expected": True,
        }
        for vector in known
        if vector["scheme"].startswith("standard-webhooks")
    ]


@pytest.mark.parametrize("language", DRIVERS)
def test_it_believes_what_it_must_and_nothing_else(language: str, tmp_path: Path) -> None:
    program, name, driver, arguments = DRIVERS[language]
    if not (runtime := shutil.which(program)):
        pytest.skip(f"no {program} on this machine")
    code = verification.snippets()[language]
    if language == "go":
        code = code.replace("package webhook", "package main")
    (tmp_path / name).write_text(code)
    (tmp_path / next(part for part in arguments if part.startswith("drive"))).write_text(driver)
    asked = [*CASES, *vectors()]
    if language == "python":
        runtime = sys.executable  # which has `cryptography`
    done = subprocess.run(
        [runtime, *arguments], input=json.dumps(asked), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    wrong = [one for one, held in zip(asked, json.loads(done.stdout), strict=True) if held != one["expected"]]
    assert wrong == []


def test_what_we_sign_with_both_is_the_vectors_to_the_letter() -> None:
    headers = signing.sign(ID, datetime.fromtimestamp(MOMENT, UTC), BODY.encode(), [SECRET], [PRIVATE])
    assert headers["webhook-signature"] == f"{V1} {V1A}"


def test_the_public_key_of_the_vector() -> None:
    assert signing.write_public_key(signing.public_key(PRIVATE)) == PUBLIC


def test_a_key_made_from_a_seed_is_one() -> None:
    assert len(signing.public_key(signing.make_private_key(bytes(32)))) == 32


@pytest.mark.parametrize("key", ["", "whsk_", "whsk_AAAA", "no base64!"])
def test_nothing_is_signed_with_a_private_key_that_is_none(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        signing.sign(ID, datetime.fromtimestamp(MOMENT, UTC), b"", [], [key])
