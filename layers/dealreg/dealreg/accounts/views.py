"""The shapes in which the vendor's own accounts and their imports are shown."""

from typing import Annotated, TypedDict

from dealreg.matching.rules import Ownership
from dealreg.platform.replies import FaultView, Moment, Uri, one_of


class AccountView(TypedDict):
    id: str
    name: str
    aliases: list[str]
    domains: list[str]
    country: str | None
    tax_id: str | None
    lei: str | None
    duns: str | None
    ownership: Annotated[str, one_of(Ownership)]
    external_id: str | None
    source: str
    learned_names: Annotated[list[str], "Of registrations that a reviewer found to be the same company"]
    learned_domains: list[str]
    created_at: Moment
    updated_at: Moment


class AccountsView(TypedDict):
    items: list[AccountView]


class ImportView(TypedDict):
    id: str
    source: str
    mode: Annotated[str, one_of(("changes", "full"))]
    state: Annotated[
        str,
        one_of(
            ("awaiting_upload", "splitting", "running", "removing", "reporting", "completed", "failed", "cancelled")
        ),
    ]
    problem: str | None
    rows: int
    rows_done: int
    created: int
    updated: int
    unchanged: int
    deleted: int
    rejected: int
    removed: int
    sync_token: Annotated[str | None, "For the next import of changes, once this one is completed"]
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class UploadView(TypedDict):
    method: str
    url: Uri
    expires_in: Annotated[int, "Seconds"]


class NewImportReply(ImportView):
    upload: UploadView


class RejectView(TypedDict):
    line: int
    external_id: str
    errors: list[FaultView]
