"""What SES tells of a mail, and which address it is about."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dealreg.notifications.bounces import Bounce, is_feedback, read_feedback
from tests.integration.moving import sample


def told(number: int = 0) -> dict[str, Any]:
    return json.loads(sample("notifications-send/feedback.json")["Records"][number]["body"])


def test_a_bounce_for_good_marks_an_address() -> None:
    moment = datetime(2026, 11, 23, 10, 0, 0, 669000, UTC)
    assert read_feedback(told()) == [Bounce("north@partner.example", "bounce", moment, "smtp; 550 5.1.1 user unknown")]


def test_a_complaint_marks_an_address() -> None:
    (found,) = read_feedback(told(1))
    assert (found.address, found.kind, found.reason) == ("approver@acme.example", "complaint", "abuse")


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_what_passes_marks_nothing(kind: str) -> None:
    message = told()
    message["bounce"]["bounceType"] = kind
    assert read_feedback(message) == []


def test_a_mail_that_is_said_to_be_no_spam_is_no_complaint() -> None:
    message = told(1)
    message["complaint"]["complaintFeedbackType"] = "not-spam"
    assert read_feedback(message) == []


@pytest.mark.parametrize("event_type", ["Delivery", "Send", "Open", "Rendering Failure"])
def test_other_events_mark_nothing(event_type: str) -> None:
    assert read_feedback({"eventType": event_type, "mail": told()["mail"]}) == []


def test_the_address_is_the_one_that_was_written_to_though_it_was_forwarded_to_another() -> None:
    message = told()
    message["bounce"]["bouncedRecipients"][0]["emailAddress"] = "elsewhere@private.example"
    assert [one.address for one in read_feedback(message)] == ["north@partner.example"]


def test_what_a_mail_server_says_becomes_one_short_line() -> None:
    message = told()
    message["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "smtp; 550\r\n" + "no " * 200
    (found,) = read_feedback(message)
    assert found.reason.isprintable()
    assert len(found.reason) <= 200


def test_a_suppressed_address_has_no_words_of_a_server_and_says_so() -> None:
    message = told()
    message["bounce"] |= {"bounceSubType": "OnAccountSuppressionList"}
    message["bounce"]["bouncedRecipients"] = [{"emailAddress": "north@partner.example"}]
    assert [one.reason for one in read_feedback(message)] == ["OnAccountSuppressionList"]


def test_a_notice_is_no_feedback() -> None:
    assert is_feedback(told())
    assert not is_feedback(json.loads(sample("notifications-send/letters.json")["Records"][0]["body"]))
