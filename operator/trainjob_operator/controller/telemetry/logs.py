"""Log records: which TrainJob each is about, and how they look."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from textwrap import indent

import orjson

from trainjob_operator.settings import LogFormat, LogLevel
from trainjob_operator.wording import escape, escape_line

_INSIDE = "    "
_subject: ContextVar[object] = ContextVar("subject", default=None)


@contextmanager
def about(subject: object) -> Iterator[None]:
    """Mark the records that are made inside as being about a TrainJob."""
    token = _subject.set(subject)
    try:
        yield
    finally:
        _subject.reset(token)


class TextFormatter(logging.Formatter):
    """One line for people, whatever others wrote into it; a traceback follows, set in."""

    def format(self, record: logging.LogRecord) -> str:
        """Write ``time LEVEL [namespace/name] message``."""
        subject = _subject.get()
        head = f"{_time(record)} {record.levelname:<7} "
        message = escape_line(record.getMessage())
        text = f"{head}[{escape_line(str(subject))}] {message}" if subject is not None else f"{head}{message}"
        if not record.exc_info:
            return text
        return f"{text}\n{indent(escape(self.formatException(record.exc_info)), _INSIDE)}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger and message, and trainjob and exception where there are any."""
        subject = _subject.get()
        entry = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if subject is not None:
            entry["trainjob"] = str(subject)
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry).decode()


def configure(style: LogFormat, level: LogLevel) -> None:
    """Send all records to standard error, but not what libraries tell of themselves."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style is LogFormat.JSON else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("kopf.activities", "kopf.objects", "kopf._core", "aiohttp", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
