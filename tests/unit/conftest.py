"""Unit tests are about pure code: whoever opens a socket here has missed that."""

import pytest


@pytest.fixture(autouse=True)
def no_network(socket_disabled: None) -> None:
    pass
