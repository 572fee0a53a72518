import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import tokens
from dealreg.platform.errors import InvalidInput

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x1f"))
parts = st.lists(texts, max_size=3)


@pytest.fixture(autouse=True, scope="module")
def secret() -> object:
    """Of the deployment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_secret", lambda: b"a secret of the tests")
        yield


@given(st.sampled_from(["approval", "sign-in", "csrf"]), parts)
def test_a_derived_token_is_the_same_each_time_and_fits_in_a_url(purpose: str, said: list[str]) -> None:
    token = tokens.derive(purpose, *said)
    assert token == tokens.derive(purpose, *said)
    assert tokens.matches(token, purpose, *said)
    assert len(token) == 43
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@given(parts, parts)
def test_other_parts_have_another_token(one: list[str], other: list[str]) -> None:
    assert (tokens.derive("approval", *one) == tokens.derive("approval", *other)) == (one == other)
    assert tokens.derive("approval", *one) != tokens.derive("sign-in", *one)


@given(texts)
def test_a_guess_does_not_match(guess: str) -> None:
    assert not tokens.matches(guess, "approval", "apr_1")


positions = st.dictionaries(texts, texts, max_size=3)


@given(texts, positions)
def test_a_cursor_leads_its_owner_back(owner: str, position: dict[str, str]) -> None:
    assert tokens.open_cursor(owner, tokens.seal_cursor(owner, position)) == position


@given(positions, texts)
def test_a_cursor_of_somebody_else_or_nobody_is_refused(position: dict[str, str], forged: str) -> None:
    for cursor in (tokens.seal_cursor("part_1", position), forged, ""):
        with pytest.raises(InvalidInput):
            tokens.open_cursor("part_2", cursor)


def test_random_tokens_have_256_bits_and_are_kept_as_hashes() -> None:
    token = tokens.new_token("drk_")
    assert token.startswith("drk_")
    assert len(token) == 4 + 43
    assert token not in tokens.hash_token(token)
    assert token != tokens.new_token("drk_")
