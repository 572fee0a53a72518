"""What strangers send in place of what belongs there, by where it stands."""

from typing import Any, cast

from hypothesis import strategies as st

TEXTS = (
    *("", " ", ".", "..", "#", "%", "%00", "\\", '"', "null", "true", "{}", "[]", "{id}", "{0}", "../../etc/passwd"),
    *("-1", "0", "1e999", "NaN", "٣", "²", "１", "9" * 4301, "deal_", "DEAL#", "a,b", "W/1"),
    *("\0", "a\0b", "\x1b[2J", "\r\nx: y", "\u202e", "\u2028", "\ufeff", "\ufffd", "\udcff", "\ud800", "İ", "ß"),
    *(
        "e" + "\u0301" * 200,
        "x" * 1100,
        "é" * 600,
        "x" * 20_000,
        "' OR 1=1 --",
        "<script>",
        "{{7*7}}",
        "${7*7}",
        "=1+1",
    ),
    *("@", "a@b@c.de", "a\n@c.de", "xn--a", "xn--zzzzzz99999", "a." * 130, "http://[::1", "http://[", "//", "://"),
    *("https://user:pw@x.de/", "http://127.0.0.1:99999", "http://é\u2025.de", "https://x:y"),
    *(
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999-23:59",
        "0001-01-01T00:00:00+23:59",
        "2026-13-45",
        "2026-W01",
    ),
)
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e308, 10**37, 10**38, 10**4200, [], {}, [[]], [None], {"": None}, [{}] * 300),
    *(["x"] * 10_000, {f"k{n}": n for n in range(10_000)}, {"\ud800": 1}, {"\0": 1}, {"a" * 20_000: 1}),
]
HEADERS = {
    "if-match": ('"', '""', "*", 'W/"1"', '"1", "2"', f'"{"9" * 4301}"', '"-1"', '"٣"', '"1e5"'),
    "idempotency-key": ("", " ", "é", "x" * 256, "#"),
    "accept": ("", "*", "text/html", "application/json;q=nan", ",;=,"),
    "authorization": ("", "Bearer", "Bearer ", "bearer x", "Basic !!!", "Bearer drk_\udcff", "Bearer a b", "Bearer \0"),
    "origin": ("", "null", "://", "http://[", "http://[::1]:99999", "https://é", "https://x:y"),
    "host": ("", "[", "é", "a:b:c", "127.0.0.1:99999"),
    "content-type": (
        "",
        ";",
        "application/json; charset=utf-16",
        "text/plain; charset=nonsense",
        "multipart/form-data",
    ),
    "sec-fetch-site": ("", "cross-site", "x"),
    "x-forwarded-proto": ("", "http", "ftp, x"),
    "webhook-id": ("", "é", "#"),
    "webhook-timestamp": ("", "0", "-1", "9" * 4301, "1e9", "٣", "99999999999999999999"),
    "webhook-signature": ("", "v1", "v1,", "v1,!!!", "v1,é", "v1,AAAA " * 5000, "v2,x v1,\ud800"),
    "stripe-signature": ("", "t=", "t=,v1=", "t=1,v1=é", f"t={'9' * 4301},v1=x", ",,,=,=", "t=1" + ",v1=0" * 5000),
}
COOKIES = (
    *((), ("",), ("=",), ("dealreg_session",), ("dealreg_session=",), ("dealreg_session=drs_\udcff",), ("é=é",)),
    *(("dealreg_session=" + "x" * 9000,), ("dealreg_session=a=b=c; x",), ("dealreg_session=\0",)),
)
BODIES = (
    *(b"", b" ", b"null", b"true", b"0", b"-", b'"x"', b"[]", b"{}", b"[{}]", b"{'a': 1}", b'{"a": 1}x', b"x" * 70_000),
    *(b"[" * 60_000, b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 12_000, b'{"a":' * 9_000 + b"1" + b"}" * 9_000),
    *(b'{"a": NaN}', b"Infinity", b"1e400", b"9" * 5_000, b'{"a": 1, "a": 2}', b'{"a": 1e-999999999}'),
    *(b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-32-be"), b"\xff\xfe", b"\x80", b"\0"),
    *(b'{"a": "\xed\xa0\x80"}', b'{"\\ud800": "\\udfff"}', b'{"a": "\\u0000"}'),
    *(b"a=1", b"&" * 60_000, b"=&=&%", b"%ff=%00&%=1", b"a[]=1&a[b]=2", b"&".join(b"f%d=1" % n for n in range(10_000))),
    *(
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ),
)

texts = st.sampled_from(TEXTS) | st.text(max_size=30)


@st.composite
def headers(draw: st.DrawFn) -> dict[str, str]:
    name = draw(st.sampled_from(sorted(HEADERS)))
    return {name: draw(st.sampled_from(HEADERS[name]) | texts)}


@st.composite
def spoilt(draw: st.DrawFn, content: Any) -> Any:
    """JSON with one value, at any depth, that is none of those that fit."""
    match content:
        case dict():
            held = cast("dict[str, Any]", content)
            name = draw(st.sampled_from(sorted(held)) if held and draw(st.integers(0, 6)) else texts)
            return held | {name: draw(spoilt(held.get(name)))}
        case [first, *rest] if draw(st.integers(0, 3)):
            return [draw(spoilt(first)), *rest]
        case _:
            return draw(texts | st.sampled_from(VALUES))


def has_half_a_pair(text: str) -> bool:
    """Of surrogates: then UTF-8 has no bytes for it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
