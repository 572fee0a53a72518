"""Consumer of the Notification queue: sends one e-mail per notice and recipient."""

import logging
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from dealreg import times
from dealreg.notifications import delivery

_processor = BatchProcessor(EventType.SQS, logger=logging.getLogger(__name__))


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    return process_partial_response(event, on_record, _processor, context)


def on_record(record: SQSRecord) -> None:
    delivery.deliver(record.body, times.now())
