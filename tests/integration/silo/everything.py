"""A program in which there is one of each thing that a path can name, and everybody who may ask for it."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from dealreg.accounts import store as accounts
from dealreg.accounts.imports import rejects, removals
from dealreg.accounts.imports import store as imports
from dealreg.accounts.imports.model import NewImport
from dealreg.accounts.imports.table import Row
from dealreg.accounts.model import DEFAULT_SOURCE, id_of
from dealreg.approvals import readers, review
from dealreg.billing import commands as billing_commands
from dealreg.billing import sources
from dealreg.billing import store as billing
from dealreg.billing.model import InboxEvent, Source, SourceKind
from dealreg.commissions import plan_store
from dealreg.deals import rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.disputes import commands as disputes
from dealreg.partners import credentials, partners, sessions, staff, users
from dealreg.payouts import store as payout_store
from dealreg.platform import ids, times, tokens
from dealreg.platform.errors import FieldError
from dealreg.platform.http import Caller
from dealreg.webhooks.deliveries import store as deliveries
from dealreg.webhooks.model import Message
from dealreg.webhooks.replays import runner as replay
from tests.integration.forms.conftest import sign_in_token
from tests.integration.ledger.by_hand import line_by_hand
from tests.integration.moving import registered
from tests.integration.payouts.runs import paid_out
from tests.integration.webhooks.stage import endpoint
from tests.reviews import question_of

URL = "http://127.0.0.1:9/hook"
PLAN: dict[str, Any] = {
    "effective_from": "2030-01-01",
    "applies_to": "new_deals",
    "currency": "EUR",
    "hold_days": 30,
    "rules": [],
}
KNOWN = {"name": "Mueller Maschinenbau", "ownership": "customer"}


@dataclass(frozen=True)
class Everything:
    tokens: dict[str, str]
    """Of a partner's key, a session, an admin's key, and the session of one of the vendor's people."""
    things: dict[str, list[dict[str, str]]]
    """By the beginning of a path, what the names in its braces may stand for."""

    billing_secret: str
    """By which a billing system signs."""

    def csrf(self, path: str) -> str:
        """What a form of this path holds, on its own page."""
        secret = self.session(path)
        if path.startswith("/approvals/"):
            secret = self.named_in("/approvals/{token}")["token"]
        return tokens.derive("csrf", tokens.hash_token(secret))

    def session(self, path: str) -> str:
        """With which a page is opened."""
        return self.tokens["staff" if path.startswith("/admin") else "session"]

    def named_in(self, path: str, which: int = 0) -> dict[str, str]:
        """One of what there is, for the parameters of a route's path; a page of the console is of what its API is."""
        path = f"/v1{path}" if path.startswith("/admin/") else path
        beginning = max((one for one in self.things if path.startswith(one)), key=len, default="")
        found = self.things.get(beginning, [{}])
        return {name: found[which % len(found)][name] for name in re.findall(r"{(\w+)}", path)}


def make_everything(partner: Caller, context: CommandContext, now: datetime) -> Everything:
    account = cast("dict[str, Any]", accounts.create(json.dumps(KNOWN).encode(), now, "test"))
    deal, approved, asked, queued = _deals(partner, context)
    review.ask(deal.id, deal.version, "task token", now)
    hook, _ = endpoint(partner.partner_id, URL, now)
    message = Message("evt_1", "deal.approved", now, "{}", deal.id, 1, place_of(deal.id))
    (delivery,) = deliveries.send_to([hook], message, now)
    made = imports.create(NewImport(), now, "test")
    rejects.keep(made, [Row(1, "x1", None, (FieldError("name", "Missing."),))])
    removals.note(made, [id_of(DEFAULT_SOURCE, "1")])
    source, sale = _sale(now)
    (reader,) = readers.subscribed(["approver@acme.example"])
    plan_store.add("standard", PLAN, times.to_text(now), "test")
    line = line_by_hand(partner.partner_id, now)
    payout = paid_out(partner.partner_id, now)
    export = payout_store.load_run(payout.run_id).export
    user = users.load(partner.partner_id, partner.user_id)
    sessions.request_sign_in(user.email, now)
    session = sessions.use_sign_in(sign_in_token(user), now)
    sessions.request_sign_in(user.email, now + timedelta(seconds=1))
    key, token = credentials.create_partner_key(partner.partner_id, "CRM", now, "test")
    _, admin = credentials.create_admin_key("operations", now, "test")
    staff_session, members = _staff(now)
    line = line_by_hand(partner.partner_id, now)
    dispute = disputes.make(json.dumps({"line_id": line, "text": "Too little."}).encode(), partner, now)
    released = replay.release_held(hook, now)
    of_deals = [{"id": one.id, "match_id": account["id"]} for one in (deal, approved, asked, queued)]
    return Everything(
        {"partner": token, "session": session, "admin": admin, "staff": staff_session},
        {
            "/v1/deals/": of_deals,
            "/deals/": of_deals,
            "/v1/admin/deals/": of_deals,
            "/v1/admin/accounts/": [{"id": account["id"]}],
            "/v1/admin/account-imports/": [{"id": made.id}],
            "/v1/admin/partners/": [
                {"id": partner.partner_id, "key_id": key.id, "user_id": user.id, "period": f"{now:%Y-%m}"}
            ],
            "/v1/admin/staff/": members,
            "/v1/admin/approvers/": [{"email": "head@acme.example"}],
            "/v1/admin/program/": [{"version": "1", "part": "brand"}],
            "/v1/admin/program/rules/": [{"rule": "everything-else"}],
            "/v1/admin/commission-plans/": [{"plan_id": "standard", "n": "1"}],
            "/v1/disputes/": [{"id": dispute["id"]}],
            "/v1/admin/disputes/": [{"id": dispute["id"]}],
            "/v1/statements/": [{"period": f"{now:%Y-%m}{ending}"} for ending in ("", ".csv", ".pdf")],
            "/v1/admin/periods/": [{"period": "2026-10"}],
            "/v1/admin/export-mappings/": [{"id": "sage50"}],
            "/v1/commissions/": [{"id": line}],
            "/v1/payouts/": [{"id": payout.id}],
            "/v1/admin/payouts/": [{"id": payout.id}],
            "/v1/admin/payout-runs/": [{"id": payout.run_id, "export_id": export.id if export else ""}],
            "/v1/admin/billing-sources/": [{"id": source.id}],
            "/v1/admin/billing/sources/": [{"id": source.id}],
            "/v1/admin/billing-events/": [{"id": sale.id}],
            "/v1/admin/billing/": [{"id": sale.id}],
            "/v1/admin/money/disputes/": [{"id": dispute["id"]}],
            "/v1/admin/money/exports/": [{"id": "sage50"}],
            "/v1/admin/money/ledger/": [{"id": partner.partner_id}],
            "/v1/admin/money/payouts/": [{"id": payout.id}],
            "/v1/admin/money/plans/": [{"plan_id": "standard", "n": "1"}],
            "/v1/admin/money/runs/": [{"id": payout.run_id, "export_id": export.id if export else ""}],
            "/v1/webhook-endpoints/": [{"id": hook.id}],
            "/v1/deliveries/": [{"id": delivery.id}],
            "/v1/replays/": [{"id": released.id}],
            "/v1/admin/webhooks/": [
                {"owner": hook.owner, "id": hook.id, "delivery_id": delivery.id, "replay_id": released.id}
            ],
            "/.well-known/webhook-keys/": [{"owner": partner.partner_id}],
            "/webhooks/billing/": [{"source_id": source.id}],
            "/sign-in/": [{"token": sign_in_token(user)}],
            "/approvals/": [{"token": question_of(deal).link}],
            "/approvals/digest/": [{"token": readers.link_token(reader)}],
            "/approvals/payout-runs/": [{"token": f"{payout.run_id}-{'a' * 43}"}],
        },
        source.secrets[0].value,
    )


def _staff(now: datetime) -> tuple[str, list[dict[str, str]]]:
    """The session of an admin, and somebody else."""
    admin = staff.create("Anna Admin", "anna@acme.example", ["admin"], now, "test")
    other = staff.create("Petra Lang", "petra@acme.example", ["partner_manager"], now, "test")
    sessions.request_sign_in(admin.email, now)
    return sessions.use_sign_in(sign_in_token(admin), now), [{"id": other.id}]


def _sale(now: datetime) -> tuple[Source, InboxEvent]:
    """That waits for a person, and who sent it."""
    source = sources.create(SourceKind.STANDARD_WEBHOOKS, "Billing", None, now, "test")
    sale = InboxEvent(ids.new_id("bev", now), source.id, source.kind, "msg_1", now, b'{"type": "deal.closed_won"}')
    billing.keep(sale)
    billing_commands.apply(sale.id, now)
    return source, sale


def _deals(partner: Caller, context: CommandContext) -> list[Deal]:
    """In review, approved, waiting for the partner, and queued behind the first."""
    others = {"Nordwind Papier AG": "nordwind.example", "Hafenkontor GmbH": "hafenkontor.example"}
    customers = [{"name": name, "domain": domain} for name, domain in others.items()]
    in_review = registered(partner, context)
    approved, asked = [registered(partner, context, customer=one, partner_reference=one["name"]) for one in customers]
    rival = partners.create("South", "registered", [], context.now, "test")
    return [
        in_review,
        deals.commit(approved, rules.approve(approved, context, 90, "test")),
        deals.commit(asked, rules.request_info(asked, context, ["notes", "amount"], "More, please.", "test")),
        registered(replace(partner, partner_id=rival.id), context),
    ]


@contextmanager
def put_back() -> Generator[None]:
    """What is done to the tables within is undone afterwards."""
    tables: Any = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].tables
    kept = {name: deepcopy(table.items) for name, table in tables.items()}
    yield
    for name, items in kept.items():
        tables[name].items = items
