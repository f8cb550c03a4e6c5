"""Log lines as JSON with the request's id, which travels with Celery messages too."""

import json
import logging

from audit.trace import request_id


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Values of requests and rows are never part of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
