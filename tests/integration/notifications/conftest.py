import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dealreg.platform import aws as aws_module


class Outbox(list[dict[str, Any]]):
    """What SES was asked to send. Asked for an address in `refusing`, it fails."""

    refusing: frozenset[str] = frozenset()

    def note(self, params: dict[str, Any], **_: Any) -> None:
        content = json.loads(params["body"])
        if self.refusing & set(self.to(content)):
            raise EndpointConnectionError(endpoint_url="ses")
        self.append(content)

    @staticmethod
    def to(content: dict[str, Any]) -> list[str]:
        return content["Destination"]["ToAddresses"]

    @property
    def recipients(self) -> list[str]:
        return [address for content in self for address in self.to(content)]

    def subject(self, number: int = -1) -> str:
        return self[number]["Content"]["Simple"]["Subject"]["Data"]

    def text(self, number: int = -1) -> str:
        return self[number]["Content"]["Simple"]["Body"]["Text"]["Data"]

    def html(self, number: int = -1) -> str:
        return self[number]["Content"]["Simple"]["Body"]["Html"]["Data"]


@pytest.fixture
def outbox(aws: None) -> Outbox:
    box = Outbox()
    aws_module.client("sesv2").meta.events.register("before-call.sesv2.SendEmail", box.note)
    return box
