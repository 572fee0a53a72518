"""The demo program, made through the product's own API like any vendor would make it."""

import json
import subprocess
import sys
from typing import Any

import httpx

from local.places import ROOT, STACK_NAME, Places, StackError, write_whole

APPROVER, ESCALATION = "approver@kontor.example", "escalation@kontor.example"
MANAGER = "manager@kontor.example"
_PROGRAM = {
    "name": "Kontor Software Partner Program",
    "products": [
        {"id": "analytics", "name": "Analytics", "family": "data"},
        {"id": "reporting", "name": "Reporting", "family": "data"},
        {"id": "payments", "name": "Payments", "family": "payments"},
    ],
    "tiers": [
        {"id": "registered", "name": "Registered", "rank": 1},
        {
            "id": "silver",
            "name": "Silver",
            "rank": 2,
            "auto_approve_limit": {"amount": "5000.00", "currency": "EUR"},
            "protection_days": 90,
        },
        {
            "id": "gold",
            "name": "Gold",
            "rank": 3,
            "auto_approve_limit": {"amount": "20000.00", "currency": "EUR"},
            "protection_days": 120,
        },
    ],
    "approvers": {"first": APPROVER, "escalation": ESCALATION},
}
_PARTNERS = {
    ("Alpenblick IT", "registered"): [
        ("Lena Huber", "lena@alpenblick.example"),
        ("Jonas Moser", "jonas@alpenblick.example"),
    ],
    ("Hanse Cloud", "silver"): [
        ("Ole Petersen", "ole@hanse-cloud.example"),
        ("Merle Brandt", "merle@hanse-cloud.example"),
    ],
    ("Rheinland Digital", "gold"): [
        ("Amira Kaya", "amira@rheinland.example"),
        ("Paul Weber", "paul@rheinland.example"),
    ],
}
_STAFF = {
    "admin": ("Anna Vogt", "admin@kontor.example"),
    "partner_manager": ("Petra Lang", MANAGER),
    "approver": ("Bernd Krause", APPROVER),
    "finance": ("Fatma Demir", "finance@kontor.example"),
    "viewer": ("Viktor Stein", "viewer@kontor.example"),
}
"""One of each role; the manager is the first partner's."""
_ACCOUNTS = [
    {"name": "Bergmann Logistik GmbH", "domains": ["bergmann-logistik.de"], "country": "DE", "ownership": "customer"},
    {"name": "Nordwind Energie AG", "tax_id": "DE811907980", "country": "DE", "ownership": "customer"},
    {"name": "Sonnenhof Kliniken", "domains": ["sonnenhof-kliniken.at"], "country": "AT", "ownership": "customer"},
    {"name": "Castellan Retail Ltd", "domains": ["castellan.co.uk"], "country": "GB", "ownership": "open_opportunity"},
    {"name": "Lumière Optique", "domains": ["lumiere-optique.fr"], "country": "FR", "ownership": "open_opportunity"},
]
_RECEIVERS = "http://127.0.0.1:{port}/_local/receivers"


def seed(places: Places, api_id: str) -> dict[str, Any]:
    """Makes everything and returns what demo.json holds, without `base_url`."""
    admin_key = _admin_key(places)
    headers = {"host": f"{api_id}.execute-api.localhost", "authorization": f"Bearer {admin_key}"}
    with httpx.Client(base_url=places.endpoint, headers=headers, timeout=30) as admin:
        _call(admin, "PUT", "/v1/admin/program", _PROGRAM)
        _call(admin, "POST", "/v1/admin/accounts", {"accounts": _ACCOUNTS})
        partners = [_partner(admin, name, tier, people) for (name, tier), people in _PARTNERS.items()]
        _call(admin, "PATCH", f"/v1/admin/partners/{partners[0]['id']}", {"manager": MANAGER})
        return {
            "staff": [_member(admin, role, name, email) for role, (name, email) in _STAFF.items()],
            "admin_key": admin_key,
            "approvers": [APPROVER, ESCALATION],
            "partners": partners,
            "billing_sources": [_source(admin, kind) for kind in ("standard-webhooks", "stripe")],
            "endpoints": [
                _endpoint(admin, places, "vendor", "billing", admin_key),
                _endpoint(admin, places, partners[-1]["id"], "partner", partners[-1]["api_key"]),
            ],
        }


def _partner(admin: httpx.Client, name: str, tier: str, people: list[tuple[str, str]]) -> dict[str, Any]:
    partner = _call(admin, "POST", "/v1/admin/partners", {"name": name, "tier": tier})
    place = f"/v1/admin/partners/{partner['id']}"
    users = [_call(admin, "POST", f"{place}/users", {"name": who, "email": email}) for who, email in people]
    key = _call(admin, "POST", f"{place}/api-keys", {"name": "CRM"})
    return {
        "id": partner["id"],
        "name": name,
        "tier": tier,
        "api_key": key["api_key"],
        "users": [{field: user[field] for field in ("id", "name", "email")} for user in users],
    }


def _member(admin: httpx.Client, role: str, name: str, email: str) -> dict[str, Any]:
    made = _call(admin, "POST", "/v1/admin/staff", {"name": name, "email": email, "roles": [role]})
    return {field: made[field] for field in ("id", "name", "email", "roles")}


def _source(admin: httpx.Client, kind: str) -> dict[str, Any]:
    source = _call(admin, "POST", "/v1/admin/billing-sources", {"kind": kind, "name": f"Demo {kind}"})
    return {"id": source["id"], "kind": kind, "secret": source["secret"]}


def _endpoint(admin: httpx.Client, places: Places, owner: str, name: str, key: str) -> dict[str, Any]:
    url = f"{_RECEIVERS.format(port=places.ports['receivers'])}/{name}"
    wanted = {"url": url, "event_types": ["deal.*"], "description": f"Demo receiver of the {name}"}
    endpoint = _call(admin, "POST", "/v1/webhook-endpoints", wanted, key)
    return {"id": endpoint["id"], "owner": owner, "url": url, "secret": endpoint["secret"]}


def _call(admin: httpx.Client, method: str, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    reply = admin.request(method, path, json=body, headers=headers)
    if not reply.is_success:
        answer = f"{reply.status_code} {reply.text}"
        raise StackError(f"{method} {path} refused the demo data: {answer}; see the end of the log, then 'make reset'.")
    return reply.json()


def _admin_key(places: Places) -> str:
    table = places.aws("cloudformation").describe_stack_resource(StackName=STACK_NAME, LogicalResourceId="Partners")
    environment = places.environment() | {
        "PARTNERS_TABLE": table["StackResourceDetail"]["PhysicalResourceId"],
        "PYTHONPATH": str(ROOT / "layers/dealreg"),
    }
    command = [sys.executable, "-m", "dealreg.partners.admin_key", "create", "demo"]
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        places.log.open("a").write(made.stderr)
        raise StackError(f"The admin key could not be made: see {places.log}.")
    return made.stdout.strip()


def write_demo(places: Places, demo: dict[str, Any]) -> None:
    write_whole(places.demo, json.dumps(demo, indent=2, ensure_ascii=False) + "\n")
