"""A secret is taken as its billing system shows it, or it is said what is wrong with it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.billing.model import SourceKind
from dealreg.billing.shown_secrets import read
from dealreg.webhooks.transport import signing

GENERIC, STRIPE = SourceKind.STANDARD_WEBHOOKS, SourceKind.STRIPE
KEYS = st.binary(min_size=24, max_size=64)


@given(key=KEYS, scheme=st.booleans(), url=st.booleans(), padded=st.booleans(), around=st.sampled_from(["", " ", '"']))
def test_one_key_is_the_same_however_it_is_shown(
    key: bytes, scheme: bool, url: bool, padded: bool, around: str
) -> None:
    encoded = (base64.urlsafe_b64encode if url else base64.b64encode)(key).decode()
    shown = "v1," * scheme + "whsec_" + (encoded if padded else encoded.rstrip("="))
    assert read(GENERIC, f"{around}{shown}{around}") == signing.make_secret(key)


@given(key=KEYS)
def test_the_prefix_may_be_left_out(key: bytes) -> None:
    assert read(GENERIC, base64.b64encode(key).decode()) == signing.make_secret(key)


def test_a_text_that_its_sender_signs_with_as_it_stands_is_the_key() -> None:
    text = "polar_whs_" + "0123456789abcdef" * 2
    assert read(GENERIC, text) == signing.make_secret(text.encode())


def test_stripes_secret_is_used_whole() -> None:
    assert read(STRIPE, " whsec_an_example_of_the_tests ") == "whsec_an_example_of_the_tests"


@pytest.mark.parametrize(
    ("kind", "shown", "told"),
    [
        (STRIPE, "short", "A secret has 16 to 256 characters; this has 5."),
        (STRIPE, "x" * 257, "this has 257."),
        (STRIPE, "whsec_with a space in it", "a space"),
        (STRIPE, "whsec_ключ_ключ_ключ", "a character"),
        (STRIPE, "sk_live_0123456789abcdef", "an API key"),
        (STRIPE, "we_0123456789abcdefghij", "the id of the endpoint"),
        (GENERIC, "whpk_" + "A" * 44, "a public key"),
        (GENERIC, "v1,whsk_" + "A" * 44, "a private key"),
        (GENERIC, "whsec_" + "!" * 32, "this is not"),
        (GENERIC, "whsec_" + "A" * 33, "this is not"),
        (GENERIC, "whsec_" + "A" * 16 + "=" + "A" * 16, "this is not"),
        (GENERIC, "whsec_" + "A" * 20, "of 15 bytes"),
        (GENERIC, "acme_hook_0123456789abcdef0123456789ab", "begins with acme_"),
    ],
)
def test_what_is_wrong_with_a_secret_is_said(kind: SourceKind, shown: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(kind, shown)


@given(
    kind=st.sampled_from(SourceKind), shown=st.text(max_size=80) | st.from_regex(r"\A(v1,)?whsec_[A-Za-z0-9+/_=-]*\Z")
)
def test_what_is_taken_can_sign(kind: SourceKind, shown: str) -> None:
    try:
        kept = read(kind, shown)
    except ValueError:
        return
    assert kind is not GENERIC or signing.make_secret(base64.b64decode(kept.removeprefix("whsec_"))) == kept
