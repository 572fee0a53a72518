"""What the buttons of the mailbox tell is what the product understands."""

from datetime import UTC, datetime

import pytest

from dealreg.notifications.bounces import is_feedback, read_feedback
from local.mailbox import Mail, feedback

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
MAIL = Mail("1", ["ada@acme.example"], "Please decide", "text", "<p>", [], "2026-11-23T09:00:00.000Z")


@pytest.mark.parametrize(("kind", "reason"), [("bounce", "smtp; 550 5.1.1 user unknown"), ("complaint", "abuse")])
def test_a_button_marks_the_mails_reader(kind: str, reason: str) -> None:
    message = feedback(MAIL, kind, NOW)
    assert is_feedback(message)
    (found,) = read_feedback(message)
    assert (found.address, found.kind, found.at, found.reason) == ("ada@acme.example", kind, NOW, reason)
