"""Sets up MiniStack's Lambda processes: logging as AWS's runtime does for `LogFormat: JSON`, and the moved clock."""

import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    import json
    import logging
    import sys
    import time

    from moved_clock import MovedTimes

    sys.meta_path.insert(0, MovedTimes())

    _STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}

    class _JsonFormatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            line = {
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
            }
            line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
            if record.exc_info:
                line["stackTrace"] = self.formatException(record.exc_info)
            return json.dumps(line, default=str)

    _handler = logging.StreamHandler()
    _handler.setFormatter(_JsonFormatter())
    logging.basicConfig(handlers=[_handler], level=logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells of the local endpoint at every client
