"""The uploaded file of an import, in S3: a signed address to put it, and its bytes, piece by piece."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from botocore.exceptions import ClientError

from dealreg import aws
from dealreg.settings import Setting, read

UPLOAD_LASTS = timedelta(hours=1)
_PIECE = 4 * 1024 * 1024
_ABSENT = ("403", "404", "NoSuchKey", "NotFound", "Forbidden", "AccessDenied")
"""S3 does not tell somebody who may not list a bucket that an object is missing."""


def upload_url(import_id: str) -> str:
    """For one PUT, by whoever has it."""
    return aws.client("s3").generate_presigned_url(
        "put_object", Params=_place(import_id), ExpiresIn=int(UPLOAD_LASTS.total_seconds())
    )


def size_of(import_id: str) -> int | None:
    """In bytes; None as long as nothing was uploaded."""
    try:
        return int(aws.client("s3").head_object(**_place(import_id))["ContentLength"])
    except ClientError as error:
        response: dict[str, Any] = cast("Any", error).response
        if response["Error"]["Code"] not in _ABSENT:
            raise
        return None


def read_piece(import_id: str, start: int, end: int) -> bytes:
    """The bytes from `start` up to `end`."""
    reply = aws.client("s3").get_object(**_place(import_id), Range=f"bytes={start}-{end - 1}")
    return reply["Body"].read()


def read_lines(import_id: str, size: int) -> Iterator[bytes]:
    """With their ends, so that lengths add up to places in the file."""
    rest = b""
    for start in range(0, size, _PIECE):
        lines = (rest + read_piece(import_id, start, min(start + _PIECE, size))).split(b"\n")
        rest = lines.pop()
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _place(import_id: str) -> dict[str, str]:
    return {"Bucket": read(Setting.IMPORT_BUCKET), "Key": f"imports/{import_id}.csv"}
