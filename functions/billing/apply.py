"""Consumer of the BillingInbox stream: applies each event that was newly received."""

import logging
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from dealreg import times
from dealreg.billing import acts, store

_processor = BatchProcessor(EventType.DynamoDBStreams, logger=logging.getLogger(__name__))


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    return process_partial_response(event, on_record, _processor, context)


def on_record(record: DynamoDBRecord) -> None:
    acts.apply(store.event_id_of(record.raw_event), times.now())
