import pytest

from tests.integration.moving import create_state_machine


@pytest.fixture(autouse=True)
def state_machine(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create_state_machine(monkeypatch)
