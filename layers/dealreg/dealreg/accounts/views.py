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
            (
                *("awaiting_upload", "splitting", "running", "checking", "awaiting_confirmation"),
                *("removing", "reporting", "completed", "failed", "cancelled"),
            )
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
    encoding: Annotated[str | None, "As which the file was read"]
    removals: Annotated[int | None, "Of a full import: accounts that the file does not have"]
    confirm_by: Annotated[Moment | None, "Until when they may be confirmed; then the import ends without removing them"]
    warnings: Annotated[list[str], "What is odd about the file, and why a person is asked before accounts are removed"]
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


class RemovalView(TypedDict):
    account_id: str
    external_id: str
    name: str
