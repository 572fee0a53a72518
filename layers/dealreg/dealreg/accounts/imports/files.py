"""The files of an import in S3: what was uploaded, by pieces, and the report of what was not accepted, by parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from botocore.exceptions import ClientError

from dealreg.accounts.imports.lines import BadFile
from dealreg.platform import aws
from dealreg.platform.settings import Setting, read

UPLOAD_LASTS = timedelta(hours=1)
_PIECE = 4 * 1024 * 1024
_CHANGED = ("412", "PreconditionFailed", "416", "InvalidRange")
_ABSENT = ("403", "404", "NoSuchKey", "NotFound", "Forbidden", "AccessDenied")
"""S3 does not tell somebody who may not list a bucket that an object is missing."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    url: str
    fields: Mapping[str, str]
    """Hidden ones, before the file's."""


def upload_of(import_id: str) -> str:
    """The key of the file that was uploaded."""
    return f"imports/{import_id}.csv"


def report_of(import_id: str) -> str:
    return f"rejects/{import_id}.csv"


def upload_url(key: str) -> str:
    """For one PUT, by whoever has it."""
    return _signed("put_object", key, UPLOAD_LASTS)


def upload_form(key: str, most: int, leads_to: str) -> UploadForm:
    """For a browser without a script. S3 refuses more than `most` bytes, and sends the browser on to `leads_to`."""
    told = {"success_action_redirect": leads_to}
    signed = aws.client("s3").generate_presigned_post(
        **_place(key),
        Fields=told,
        Conditions=[told, ["content-length-range", 1, most]],
        ExpiresIn=int(UPLOAD_LASTS.total_seconds()),
    )
    return UploadForm(signed["url"], signed["fields"])


def download_url(key: str, lasts: timedelta) -> str:
    return _signed("get_object", key, lasts)


def _signed(operation: str, key: str, lasts: timedelta) -> str:
    seconds = int(lasts.total_seconds())
    return aws.client("s3").generate_presigned_url(operation, Params=_place(key), ExpiresIn=seconds)


@dataclass(frozen=True, slots=True)
class File:
    size: int
    """In bytes."""
    etag: str
    """Changes with the content."""


def find(key: str) -> File | None:
    try:
        head = aws.client("s3").head_object(**_place(key))
    except ClientError as error:
        if _code(error) not in _ABSENT:
            raise
        return None
    return File(head["ContentLength"], head["ETag"])


def read_piece(key: str, etag: str, start: int, end: int) -> bytes:
    """The bytes from `start` up to `end`. Raises BadFile if it is another file by now."""
    try:
        reply = aws.client("s3").get_object(**_place(key), IfMatch=etag, Range=f"bytes={start}-{end - 1}")
    except ClientError as error:
        if _code(error) not in _CHANGED:
            raise
        raise BadFile("Another file was uploaded after the start.") from None
    return reply["Body"].read()


def _code(error: ClientError) -> str:
    response: dict[str, Any] = cast("Any", error).response
    return response["Error"]["Code"]


def read_pieces(key: str, file: File) -> Iterator[bytes]:
    """All of it, one after the other. Raises BadFile."""
    for start in range(0, file.size, _PIECE):
        yield read_piece(key, file.etag, start, min(start + _PIECE, file.size))


def begin_parts(key: str) -> str:
    """The id under which a CSV file is written by parts."""
    name = key.rpartition("/")[2]
    return aws.client("s3").create_multipart_upload(
        **_place(key), ContentType="text/csv; charset=utf-8", ContentDisposition=f'attachment; filename="{name}"'
    )["UploadId"]


def put_part(key: str, upload_id: str, number: int, content: bytes) -> str:
    """Returns its ETag. Put twice, the later counts."""
    reply = aws.client("s3").upload_part(**_place(key), UploadId=upload_id, PartNumber=number, Body=content)
    return reply["ETag"]


def finish_parts(key: str, upload_id: str, etags: Sequence[str]) -> None:
    """Makes the parts one file. Repeating it does no harm."""
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    try:
        aws.client("s3").complete_multipart_upload(**_place(key), UploadId=upload_id, MultipartUpload={"Parts": parts})
    except ClientError as error:
        if _code(error) != "NoSuchUpload" or find(key) is None:
            raise


def _place(key: str) -> dict[str, str]:
    return {"Bucket": read(Setting.IMPORT_BUCKET), "Key": key}
