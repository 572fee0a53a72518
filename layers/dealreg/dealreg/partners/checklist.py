"""What a fresh deployment needs before its first deal."""

from dataclasses import dataclass

from dealreg.partners import partner_lists, users
from dealreg.partners.program import Program
from dealreg.platform.paging import PageRequest


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    hint: str
    href: str
    is_done: bool


def checklist(program: Program) -> list[Step]:
    """In the order in which they are done. Two reads."""
    listed = partner_lists.listing(PageRequest(1), {})["items"]
    href = f"/admin/partners/{listed[0]['id']}" if listed else "/admin/partners"
    invited = bool(listed) and users.is_anybody_there(listed[0]["id"])
    return [
        Step("Mail is sent", "Whoever reads this came by a link that was mailed.", "/admin/staff", is_done=True),
        Step(
            "Products",
            "What partners register deals for, and which of it is claimed together.",
            "/admin/program/products",
            is_done=program.products != Program().products,
        ),
        Step(
            "An approver",
            "Who is asked about a deal.",
            "/admin/program/approvers",
            is_done=program.approvers.first is not None,
        ),
        Step("A first partner", "A company that may register deals.", "/admin/partners", is_done=bool(listed)),
        Step("A first invitation", "Somebody there who can sign in.", href, is_done=invited),
    ]
