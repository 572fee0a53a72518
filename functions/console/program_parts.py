"""The parts of the program's page, and the fields of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from dealreg.matching.rules import OWNERS, Ownership, Verdict

Kind = Literal["text", "colour", "number", "numbers", "list", "flag", "choice", "amount", "amounts", "groups", "rates"]
_EXTENSIONS = (("off", "Not at all"), ("once", "Once"), ("unlimited", "As often as it likes"))
_VERDICTS = tuple(
    (verdict.value, verdict.replace("_", " ").capitalize())
    for verdict in Verdict
    if verdict is not Verdict.SAME_PARTNER_REPEAT
)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    """The API's path of it."""
    label: str
    kind: Kind = "text"
    hint: str = ""
    optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """What may be chosen, and in which words."""
    is_said_by_rules: bool = False
    """It is not there where the program has rules."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of things, each of which has the same fields."""

    name: str
    one: str
    fields: tuple[Field, ...]

    def field(self, number: int, field: Field) -> Field:
        """As it is in one row."""
        return replace(field, name=f"{self.name}.{number}.{field.name}")


@dataclass(frozen=True, slots=True)
class Part:
    id: str
    title: str
    fields: tuple[Field, ...] = ()
    rows: Rows | None = None
    hint: str = ""


def part_of(part_id: str, content: Mapping[str, Any]) -> Part | None:
    """Without the fields that the program's rules replace."""
    part = PARTS.get(part_id)
    if part is None or not content.get("rules"):
        return part
    rows = replace(part.rows, fields=_kept(part.rows.fields)) if part.rows else None
    return replace(part, fields=_kept(part.fields), rows=rows)


def _kept(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(field for field in fields if not field.is_said_by_rules)


def _hourly(name: str, label: str) -> Field:
    return Field(f"{name}_per_hour", label, "number")


_PARTS = (
    Part(
        "brand",
        "Name and colour",
        (
            Field("name", "Name of the program"),
            Field("colour", "Colour", "colour", "Of buttons and links, on pages and in mails."),
            Field("partner_emails", "Partners get e-mails about their deals", "flag"),
        ),
    ),
    Part(
        "products",
        "Products and families",
        rows=Rows("products", "Product", (Field("id", "Id"), Field("name", "Name"), Field("family", "Family"))),
        hint="Products of one family are claimed together: one protected deal per customer and family. "
        "Empty a row to remove it.",
    ),
    Part(
        "tiers",
        "Tiers",
        rows=Rows(
            "tiers",
            "Tier",
            (
                Field("id", "Id"),
                Field("name", "Name"),
                Field("rank", "Rank", "number", "1 is the lowest."),
                Field(
                    "auto_approve_limit",
                    "Approved without asking, up to",
                    "amount",
                    optional=True,
                    is_said_by_rules=True,
                ),
                Field("protection_days", "Days of protection", "number"),
                Field("open_limit", "Open deals at once", "number", "Empty: any number.", optional=True),
                Field(
                    "extensions",
                    "Extensions",
                    "choice",
                    optional=True,
                    choices=(("", "As the program says"), *_EXTENSIONS),
                ),
                Field("extension_days", "Days of an extension", "number", "Empty: as the program says.", optional=True),
            ),
        ),
        hint="Empty a row to remove it. A partner whose tier is gone counts as of the lowest.",
    ),
    Part(
        "approvers",
        "Approvers",
        (
            Field("approvers.first", "First", hint="An e-mail address. Asked when nobody else can be, too."),
            Field(
                "approvers.escalation",
                "Asked when the first does not answer",
                optional=True,
                is_said_by_rules=True,
            ),
            Field("digest_from", "A daily list from so many open questions on", "number"),
        ),
    ),
    Part(
        "words",
        "Groups, types of deals, currency",
        (
            Field("groups", "Groups", "groups", "One a line, such as sales: ada@example.com, bo@example.com.", True),
            Field("deal_types", "Types of deals", "list", "Ids, one a line, such as new_business.", True),
            Field("currency", "Currency of the program", hint="Empty: EUR.", optional=True),
            Field("rates", "Rates", "rates", "One a line: currency, what one is worth, since when.", True),
        ),
        hint="What rules can name.",
    ),
    Part(
        "deadlines",
        "Deadlines",
        (
            Field("decide_within_days", "Decided within", "number", "Working days."),
            Field("remind_after_hours", "Reminded after", "number", "Hours; 24 are a working day.", False, (), True),
            Field("escalate_after_hours", "Escalated after", "number", "Likewise.", False, (), True),
            Field("answer_within_days", "A partner answers within", "number", "Working days."),
            Field("appeal_within_days", "A rejection is appealed within", "number", "Days."),
            Field("extensions", "A partner may extend a protection", "choice", choices=_EXTENSIONS),
            Field("extension_days", "Days of an extension", "number"),
            Field(
                "expiring_notice_days",
                "Told of its end",
                "numbers",
                "So many days before, with commas between.",
                optional=True,
            ),
            Field("stale_after_days", "Asked for a sign of life after", "number", "Days; empty: never.", optional=True),
        ),
    ),
    Part(
        "conflicts",
        "Conflicts",
        (
            *(
                Field(f"ownership_verdicts.{one}", f"Verdict on {OWNERS[one]}", "choice", choices=_VERDICTS)
                for one in Ownership
            ),
            Field(
                "possible_match_percent",
                "A like name is shown from",
                "number",
                "Per cent of likelihood; empty: as the comparison itself says.",
                optional=True,
            ),
            Field("own_domains", "Our own domains", "list", "One a line. They never identify a customer.", True),
        ),
    ),
    Part(
        "limits",
        "Limits an hour, and imports",
        (
            _hourly("checks", "Checks"),
            _hourly("registrations", "Registrations"),
            _hourly("changes", "Changes of deals"),
            _hourly("comments", "Comments"),
            _hourly("endpoints", "Changes of webhook endpoints"),
            _hourly("replays", "Replays"),
            _hourly("resends", "Resent deliveries"),
            Field("import_removal_percent", "An import asks before it removes more than", "number", "Per cent."),
            Field("import_removal_minimum", "if that is at least", "number", "Accounts."),
        ),
        hint="Of each partner.",
    ),
    Part(
        "money",
        "Money",
        (
            Field("money.minimum_payout", "Smallest payout", "amounts", "One a line, such as EUR 50.", optional=True),
            Field("money.close_after_days", "A month is closed after", "number", "Days; empty: by hand.", True),
            Field("money.payout_approver", "Approves payout runs", hint="An e-mail address.", optional=True),
            Field("money.four_eyes", "Who made a run may not approve it", "flag"),
        ),
    ),
)
PARTS = {part.id: part for part in _PARTS}
