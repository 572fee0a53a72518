"""The Partners table and its keys.

`PROGRAM` / `PROGRAM` · `PARTNER#<id>` / `PARTNER` (listed by the index `by_kind`) · `PARTNER#<id>` / `USER#<id>`
· `EMAIL#<address>` / `USER`, which keeps an address unique and finds its user · the vendor's people: see `staff`
· credentials: see `credentials`
· `PROGRAM` / `VERSION#<number>`, `SAVED#<number>`: see `program`
· `PLAN#<id>` / `PLAN` (listed by the index `by_kind`), `VERSION#<number>`: see `commissions/plan_store`
· `APPROVER#<address>` / `AWAY`: see `approvals/absences`
· `EXPORT_MAPPINGS` / `<id>`, `EXPORT_MAPPING#<id>` / `VERSION#<number>`: see `exports/mapping_store`
· `ADDRESS#<address>` / `BOUNCED`: see `notifications/bounces`
· counters of the hour: see `platform/limits`.
"""

from dealreg.platform import dynamo
from dealreg.platform.settings import Setting, read


def table() -> str:
    return read(Setting.PARTNERS_TABLE)


def partner_key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", "PARTNER")


def plan_key(plan_id: str) -> dynamo.Key:
    """Of what is known of a commission plan as a whole."""
    return dynamo.Key(table(), f"PLAN#{plan_id}", "PLAN")


def user_key(partner_id: str, user_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", f"USER#{user_id}")


def address_key(email: str) -> dynamo.Key:
    """Of whose a normalised address is."""
    return dynamo.Key(table(), f"EMAIL#{email}", "USER")


def staff_key(staff_id: str) -> dynamo.Key:
    return dynamo.Key(table(), "STAFF", f"STAFF#{staff_id}")


def left_key(staff_id: str) -> dynamo.Key:
    """Of the name of who is not there any more."""
    return dynamo.Key(table(), "STAFF", f"LEFT#{staff_id}")


def person_key(partner_id: str, user_id: str) -> dynamo.Key:
    """Of a partner's user; without a partner, of one of the vendor's people."""
    return user_key(partner_id, user_id) if partner_id else staff_key(user_id)
