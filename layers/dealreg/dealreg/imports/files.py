"""The uploaded file of an import, in S3: a signed address to put it, and its bytes, piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from botocore.exceptions import ClientError

from dealreg import aws
from dealreg.imports.table import BadFile
from dealreg.settings import Setting, read

UPLOAD_LASTS = timedelta(hours=1)
_PIECE = 4 * 1024 * 1024
_CHANGED = ("412", "PreconditionFailed", "416", "InvalidRange")
_ABSENT = ("403", "404", "NoSuchKey", "NotFound", "Forbidden", "AccessDenied")
"""S3 does not tell somebody who may not list a bucket that an object is missing."""


def upload_url(import_id: str) -> str:
    """For one PUT, by whoever has it."""
    return aws.client("s3").generate_presigned_url(
        "put_object", Params=_place(import_id), ExpiresIn=int(UPLOAD_LASTS.total_seconds())
    )


@dataclass(frozen=True, slots=True)
class Upload:
    size: int
    """In bytes."""
    etag: str
    """Changes with the content."""


def find(import_id: str) -> Upload | None:
    """None as long as nothing was uploaded."""
    try:
        head = aws.client("s3").head_object(**_place(import_id))
    except ClientError as error:
        if _code(error) not in _ABSENT:
            raise
        return None
    return Upload(head["ContentLength"], head["ETag"])


def read_piece(import_id: str, etag: str, start: int, end: int) -> bytes:
    """The bytes from `start` up to `end`. Raises BadFile if it is another file by now."""
    try:
        reply = aws.client("s3").get_object(**_place(import_id), IfMatch=etag, Range=f"bytes={start}-{end - 1}")
    except ClientError as error:
        if _code(error) not in _CHANGED:
            raise
        raise BadFile("Another file was uploaded after the start.") from None
    return reply["Body"].read()


def _code(error: ClientError) -> str:
    response: dict[str, Any] = cast("Any", error).response
    return response["Error"]["Code"]


def read_lines(import_id: str, upload: Upload) -> Iterator[bytes]:
    """With their ends, so that lengths add up to places in the file. Raises BadFile."""
    rest = b""
    for start in range(0, upload.size, _PIECE):
        piece = read_piece(import_id, upload.etag, start, min(start + _PIECE, upload.size))
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _place(import_id: str) -> dict[str, str]:
    return {"Bucket": read(Setting.IMPORT_BUCKET), "Key": f"imports/{import_id}.csv"}
