"""What an admin says of a source: each kind has its own fields, and whatever is wrong is told at once."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dealreg.billing import shown_secrets
from dealreg.billing.model import FURTHER_FIELDS, Mode, SourceKind
from dealreg.platform.fields import Line, Name, Reference
from dealreg.platform.validation import Input
from dealreg.webhooks.transport import signing
from dealreg.webhooks.transport.addresses import parse_url


def _context(info: ValidationInfo) -> dict[str, Any]:
    return info.context or {}


def _kind(info: ValidationInfo) -> SourceKind | None:
    """Of the new source, or of the one that is changed; None while it is not known."""
    return info.data.get("kind") or _context(info).get("kind")


def _has_a_use(value: str | None, info: ValidationInfo) -> str | None:
    kind = _kind(info)
    if value is not None and kind and kind not in FURTHER_FIELDS[info.field_name or ""]:
        raise ValueError(f"A source of kind {kind} has no use for this: leave it out.")
    return value


def _user(value: str | None, info: ValidationInfo) -> str | None:
    kind = _kind(info)
    if value is None and kind is SourceKind.CHARGEBEE:
        raise ValueError("This is required.")
    if value and ":" in value:
        raise ValueError("A colon ends the user's name: leave it out.")
    return value


def _public_key(value: str | None) -> str | None:
    try:
        return signing.write_public_key(signing.read_public_key(value)) if value else None
    except ValueError:
        raise ValueError("A public key is whpk_ and the base64 of 32 bytes. Copy it again.") from None


def _address(value: str | None, info: ValidationInfo) -> str | None:
    policy = _context(info)
    if value is not None:
        target = parse_url(
            value, allow_loopback=policy.get("allow_loopback", False), own_host=policy.get("own_host", "")
        )
        if "?" in target.path:
            raise ValueError("Write where the API begins, such as https://acme.chargebee.com, without a query.")
    return value and value.rstrip("/")


_Key = Annotated[Line, Field(min_length=1, max_length=256)]
ApiKey = Annotated[_Key | None, AfterValidator(_has_a_use)]
ApiBase = Annotated[Line | None, AfterValidator(_address), AfterValidator(_has_a_use)]
Username = Annotated[_Key | None, AfterValidator(_user), AfterValidator(_has_a_use)]
PublicKey = Annotated[Line | None, AfterValidator(_public_key), AfterValidator(_has_a_use)]
Products = Annotated[dict[Reference, Reference], Field(max_length=500)]
"""The program's products, by the sender's ids of prices and products."""


class NewSource(Input):
    # The kind comes first: it says what the others must be.

    kind: SourceKind
    name: Name
    secret: Line | None = None
    """The one that the billing system made, or the password of `username`; without it, we make one."""
    mode: Mode = Mode.LIVE
    products: Products = Field(default_factory=dict[str, str])
    username: Annotated[Username, Field(validate_default=True)] = None
    public_key: PublicKey = None
    api_base: ApiBase = None
    """Where the sender's API begins."""
    api_key: ApiKey = None
    """Of Zuora, the secret of `client_id`."""
    client_id: ApiKey = None

    @field_validator("secret")
    @classmethod
    def _is_one(cls, shown: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        return shown_secrets.read(kind, shown) if shown is not None and kind else shown

    def further(self) -> dict[str, Any]:
        """What not every source has, by the names of its fields."""
        return self.model_dump(exclude={"kind", "name", "secret"}, exclude_none=True)


class SourceChange(Input):
    """Only the fields that are sent change; null takes one away."""

    name: Name = ""
    enabled: Annotated[bool, Field(description="False switches it off: what it posts is refused with 410")] = True
    products: Products = Field(default_factory=dict[str, str])
    username: Username = None
    public_key: PublicKey = None
    api_base: ApiBase = None
    api_key: ApiKey = None
    client_id: ApiKey = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class NewSecret(Input):
    secret: Line | None = None
