"""The delivery queue's consumer: one attempt for each message. Only our own faults go back to the queue."""

import logging
import random
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from dealreg import times
from dealreg.webhooks import deliver

_processor = BatchProcessor(EventType.SQS, logger=logging.getLogger(__name__))


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    return process_partial_response(event, on_record, _processor, context)


def on_record(record: SQSRecord) -> None:
    deliver.deliver(record.json_body["delivery_id"], times.now(), random.random())  # noqa: S311  # spreads retries, guards nothing
