"""A batch of stream records or messages, each handled on its own: those that fail come again, the others do not."""

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

from aws_lambda_powertools.utilities import batch
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

Failures = dict[str, Any]
"""`batchItemFailures`, as Lambda reads it."""


def each_change(event: dict[str, Any], context: Any, handle: Callable[[Mapping[str, Any]], None]) -> Failures:
    """`handle` gets each stream record as DynamoDB wrote it."""

    def handle_record(record: DynamoDBRecord) -> None:
        handle(record.raw_event)

    return _process(event, handle_record, _processor(EventType.DynamoDBStreams), context)


def each_message(event: dict[str, Any], context: Any, handle: Callable[[str], None]) -> Failures:
    """`handle` gets each message's body."""

    def handle_record(record: SQSRecord) -> None:
        handle(record.body)

    return _process(event, handle_record, _processor(EventType.SQS), context)


@cache
def _processor(kind: EventType) -> BatchProcessor:
    return BatchProcessor(kind, logger=logging.getLogger(__name__))


_process: Callable[..., Failures] = cast("Any", batch).process_partial_response
