"""The shapes in which the vendor is shown the program, partners, their people and keys."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from dealreg.platform.replies import FaultView, Moment, MoneyView


class ProductView(TypedDict):
    id: str
    name: str
    family: str


class TierView(TypedDict):
    id: str
    name: str
    rank: Annotated[int, "1 is the lowest"]
    auto_approve_limit: NotRequired[Annotated[MoneyView | None, "Not where the program has rules"]]
    protection_days: int
    open_limit: Annotated[int | None, "Deals that a partner may have open at once"]
    extensions: Annotated[str | None, "Null: the program's word, as for the days"]
    extension_days: int | None


class ApproversView(TypedDict):
    first: str | None
    escalation: NotRequired[Annotated[str | None, "Not where the program has rules"]]


class MoneySettingsView(TypedDict):
    minimum_payout: Annotated[dict[str, str], "By currency; a smaller sum waits for the next run"]
    close_after_days: Annotated[int | None, "After the end of a month; null: by hand"]
    payout_approver: Annotated[str | None, "The address that is asked to approve a payout run"]
    four_eyes: Annotated[bool, "Who made a run may not approve it"]


class ProgramView(TypedDict):
    version: Annotated[int, "For If-Match, or to be sent along"]
    name: str
    products: list[ProductView]
    tiers: list[TierView]
    approvers: ApproversView
    decide_within_days: Annotated[int, "Business days"]
    remind_after_hours: NotRequired[Annotated[int, "24 are one working day; not where the program has rules"]]
    escalate_after_hours: NotRequired[Annotated[int, "Likewise"]]
    extensions: str
    extension_days: int
    expiring_notice_days: Annotated[list[int], "Before the end of a protection"]
    answer_within_days: Annotated[int, "Working days that a partner has to answer a reviewer"]
    appeal_within_days: Annotated[int, "Days after a rejection"]
    stale_after_days: Annotated[int | None, "Without an act of the partner; null: never"]
    digest_from: Annotated[int, "Open questions from which on an approver gets a daily list"]
    colour: Annotated[str, "The vendor's, on pages and in mails"]
    ownership_verdicts: dict[str, str]
    own_domains: list[str]
    checks_per_hour: Annotated[int, "Of each partner, as are the other limits an hour"]
    registrations_per_hour: int
    changes_per_hour: Annotated[int, "Of its deals: edits, stages, answers, extensions, withdrawals, losses"]
    comments_per_hour: int
    endpoints_per_hour: Annotated[int, "Webhook endpoints made or changed, secrets rotated; the vendor's too"]
    replays_per_hour: int
    resends_per_hour: Annotated[int, "Single deliveries sent again"]
    possible_match_percent: int | None
    partner_emails: bool
    import_removal_percent: Annotated[int, "A full import that would remove a larger share asks a person"]
    import_removal_minimum: Annotated[int, "Below so many removals the share does not count"]
    money: MoneySettingsView
    currency: NotRequired[Annotated[str, "This and what follows: as it was sent, if it was"]]
    rates: NotRequired[list[dict[str, Any]]]
    calendars: NotRequired[dict[str, dict[str, Any]]]
    groups: NotRequired[dict[str, list[str]]]
    deal_types: NotRequired[list[str]]
    rules: NotRequired[list[dict[str, Any]]]
    extension_step: NotRequired[dict[str, Any] | None]
    appeal_step: NotRequired[dict[str, Any] | None]
    warnings: NotRequired[Annotated[list[FaultView], "What is allowed but surely not meant"]]


class ProgramVersionView(TypedDict):
    version: int
    saved_at: Moment
    saved_by: Annotated[str, "The name of a person or of a key"]


class BlockView(TypedDict):
    reason_code: Literal["paperwork", "review", "manual"]
    text: str


class PayoutSettingsView(TypedDict):
    block: Annotated[BlockView | None, "Why nothing is paid out to it"]
    erp_reference: Annotated[str | None, "Its account in the ERP"]
    tax_code: str | None
    tax_percent: Annotated[str, "Added to what is paid out"]


class PartnerView(TypedDict):
    id: str
    name: str
    tier: str
    status: Literal["active", "suspended"]
    own_domains: list[str]
    manager: Annotated[str | None, "The vendor's person for it: partner.manager in rules"]
    plan: Annotated[str, "Of commissions: its deals are stamped with it when they are registered"]
    payout: PayoutSettingsView
    created_at: Moment


class UserView(TypedDict):
    id: str
    partner_id: str
    name: str
    email: str
    created_at: Moment


class StaffView(TypedDict):
    id: str
    name: str
    email: str
    roles: list[str]
    created_at: Moment


class ChangeView(TypedDict):
    field: str
    before: str
    after: str


class ActView(TypedDict):
    at: Moment
    who: Annotated[str, "The id of a person or a key; the address of who came by a link and is no person here"]
    name: Annotated[str, "Of that person or key"]
    what: str
    partner_id: str | None
    deal_id: str | None
    sent: Annotated[dict[str, str], "What was sent, without secrets, long texts cut; empty where changes say it"]
    changes: list[ChangeView]


class ApiKeyView(TypedDict):
    id: str
    name: str
    hint: Annotated[str, "Its first characters"]
    created_at: Moment
    last_used_at: Annotated[Moment | None, "Exact to the hour"]
    created_by: Annotated[str, "Whoever made it: a person's address or a key's name"]


class ApiKeyWithSecretView(ApiKeyView):
    api_key: Annotated[str, "Only in this reply"]
