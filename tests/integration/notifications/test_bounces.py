"""Addresses that bounced: marked once, not written to, shown to the admin, and known to whoever asks."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import relay
from dealreg.capability import Capability, Change
from dealreg.deals.rules import CommandContext
from dealreg.notifications import bounces
from dealreg.partners import mailed_users, partners, sessions, users
from dealreg.partners.program import Program
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from notifications import send
from partners.admin_api import handler as partners_api
from partners.program_api import handler as program_api
from tests.integration.moving import records_of, registered, sample
from tests.integration.notifications.conftest import Outbox
from tests.integration.notifications.test_delivery import deliver, notice_of_first_event, notice_of_row
from tests.samples import content
from tests.samples import sample as call_of

NewPartner = Callable[[str], Caller]
NORTH, APPROVER = "north@partner.example", "approver@acme.example"


@pytest.fixture(autouse=True)
def today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


def feedback(number: int | None = None, **changes: Any) -> dict[str, Any]:
    """Both of the sample, or one of them changed."""
    event = sample("notifications-send/feedback.json")
    if number is not None:
        event["Records"] = [event["Records"][number]]
        message: dict[str, Any] = json.loads(event["Records"][0]["body"])
        for name in {"bounce", "complaint", "mail"} & set(message):
            message[name] |= changes
        event["Records"][0]["body"] = json.dumps(message)
    return event


def learn(event: dict[str, Any]) -> None:
    assert send.handler(event, None) == {"batchItemFailures": []}


class TestAMark:
    def test_says_when_why_and_until_when(self, program: Program, now: datetime) -> None:
        learn(feedback())

        assert bounces.bounced([NORTH, "other@partner.example", APPROVER]) == {NORTH, APPROVER}
        assert bounces.marked([NORTH]) == {
            NORTH: {"kind": "bounce", "at": "2026-11-23T10:00:00.669Z", "reason": "smtp; 550 5.1.1 user unknown"}
        }
        row = dynamo.get("Partners", f"ADDRESS#{NORTH}", "BOUNCED") or {}
        assert row["ttl"] == int((now + timedelta(days=90)).timestamp())

    def test_is_found_however_the_address_is_written(self, program: Program) -> None:
        learn(feedback(0, destination=["North@Partner.example"]))
        assert bounces.bounced(["north@partner.example", "NORTH@partner.example"]) == {
            "north@partner.example",
            "NORTH@partner.example",
        }

    def test_is_left_once_however_often_it_is_told(self, program: Program) -> None:
        for _ in range(3):
            learn(feedback())
        learn(feedback(0, timestamp="2026-11-22T10:00:00.000Z"))

        assert len(records_of("Partners", "BOUNCED")) == 2
        assert records_of("Partners", "BOUNCED", "MODIFY") == []

    def test_tells_what_is_newer(self, program: Program) -> None:
        learn(feedback())
        learn(feedback(0, timestamp="2026-11-24T10:00:00.000Z"))
        assert bounces.marked([NORTH])[NORTH]["at"] == "2026-11-24T10:00:00.000Z"

    def test_reaches_the_capabilities_that_wait_for_one(self, program: Program, now: datetime) -> None:
        met: list[str] = []

        def on_bounced(change: Change, _: datetime) -> None:
            if change.new:
                met.append(bounces.address_of(change.new))

        questions = Capability("questions", stream_handlers={(Setting.PARTNERS_TABLE, bounces.KIND): on_bounced})
        learn(feedback(1))
        bounces.forget_saved(APPROVER)
        records = records_of("Partners", "BOUNCED") + records_of("Partners", "BOUNCED", "REMOVE")
        handle = relay.record_handler([questions], records, now)
        for record in records:
            handle(record)

        assert met == [APPROVER]


class TestAMarkedAddress:
    def test_is_not_written_to(
        self, new_partner: NewPartner, context: CommandContext, now: datetime, outbox: Outbox
    ) -> None:
        notice = notice_of_first_event(registered(new_partner("North"), context))
        learn(feedback(0))

        deliver(notice, now)

        assert outbox == []

    @pytest.mark.parametrize(("number", "sent"), [(0, []), (1, [NORTH])])
    def test_gets_the_link_that_it_asked_for_unless_nothing_arrives_there(
        self, number: int, sent: list[str], new_partner: NewPartner, now: datetime, outbox: Outbox
    ) -> None:
        new_partner("North")
        learn(feedback(number, destination=[NORTH]))
        sessions.request_sign_in(NORTH, now)

        deliver(notice_of_row("sign_in", "sgn_1", "Partners", "CREDENTIAL"), now)

        assert outbox.recipients == sent

    def test_is_shown_to_the_admin(self, new_partner: NewPartner, now: datetime) -> None:
        partner = new_partner("North").partner_id
        users.create(partner, "Colleague", "colleague@partner.example", now, "test")
        learn(feedback())

        listed = partners_api(call_of("partners-admin-api/list-users", params={"id": partner}), None)

        shown = {user["email"]: user["bounced"] for user in content(listed)["items"]}
        assert shown == {**bounces.marked([NORTH]), "colleague@partner.example": None}

    def test_is_written_to_again_once_its_user_is_made_anew(self, new_partner: NewPartner, now: datetime) -> None:
        north = new_partner("North")
        learn(feedback())

        users.remove(north.partner_id, north.user_id, "test")
        assert bounces.bounced([NORTH]) == {NORTH}
        mailed_users.create(north.partner_id, "North", NORTH, now, "test")

        assert bounces.bounced([NORTH, APPROVER]) == {APPROVER}

    def test_is_written_to_again_once_the_program_that_names_it_is_saved(self, program: Program) -> None:
        body = content(program_api(call_of("partners-program-api/show-program"), None))
        learn(feedback())

        assert body["approvers"]["first"] == APPROVER
        assert program_api(call_of("partners-program-api/save-program", body=body), None)["statusCode"] == 200

        assert bounces.bounced([NORTH, APPROVER]) == {NORTH}


class TestAManager:
    """Of a partner, whose address bounced, and whose mailbox was repaired."""

    @pytest.fixture
    def partner(self, new_partner: NewPartner) -> str:
        partner = new_partner("North").partner_id
        partners.change(partner, {"manager": APPROVER}, "test")
        learn(feedback())
        return partner

    def test_is_written_to_again_once_the_partner_is_saved_with_the_same_address(self, partner: str) -> None:
        call = call_of("partners-admin-api/change-partner", params={"id": partner}, body={"manager": APPROVER})
        assert partners_api(call, None)["statusCode"] == 200
        assert bounces.bounced([NORTH, APPROVER]) == {NORTH}

    def test_is_not_once_something_else_of_it_is(self, partner: str) -> None:
        call = call_of("partners-admin-api/change-partner", params={"id": partner}, body={"name": "North Ltd"})
        assert partners_api(call, None)["statusCode"] == 200
        assert bounces.bounced([NORTH, APPROVER]) == {NORTH, APPROVER}

    def test_is_written_to_once_another_partner_is_made_with_it(self, partner: str) -> None:
        body = {"name": "South", "tier": "registered", "manager": APPROVER}
        assert partners_api(call_of("partners-admin-api/create-partner", body=body), None)["statusCode"] == 201
        assert bounces.bounced([APPROVER]) == set()


def test_mails_go_by_the_configuration_set_that_tells_what_becomes_of_them(
    new_partner: NewPartner, context: CommandContext, now: datetime, outbox: Outbox
) -> None:
    deliver(notice_of_first_event(registered(new_partner("North"), context)), now)
    assert outbox[0]["ConfigurationSetName"] == "Mails"
