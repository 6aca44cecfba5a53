"""Logs: readable lines or JSON lines on stderr, with no person's name and no one's words in them.

Everything goes through here, also what libraries log. A Matrix id on Tchap spells an e-mail address: what
comes before its server is taken out of every text before it is written. What an exception says may quote
a message: its type and its path through the code are written, its own words only where they cannot.
"""

from __future__ import annotations

import json as jsonlib
import logging
import re
import sqlite3
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

_USER_ID = re.compile(r"@[^\s:@\"'<>]+:(?=[\w\[])")
_QUIET = ("aiohttp", "alembic", "asyncio", "peewee", "sqlalchemy")
"""Heard from warnings on. Not nio, which quotes events: matrix/machine.py silences it when it imports it."""
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; all else was given with `extra`."""
_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[1;31m"}


def set_up_logs(*, json: bool, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (stderr by default), as JSON lines or as lines for people."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(_JsonLines() if json else _LinesForPeople(colours=out.isatty()))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class _JsonLines(logging.Formatter):
    """One JSON object a record, the event first."""

    def format(self, record: logging.LogRecord) -> str:
        return jsonlib.dumps(_event(record), ensure_ascii=False)


class _LinesForPeople(logging.Formatter):
    """Time, level, event, then what was given with it; the path of an exception below."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = _COLOURS if colours else {}

    def format(self, record: logging.LogRecord) -> str:
        event = _event(record)
        level, exception = str(event["level"]), event.pop("exception", "")
        colour = self._colours.get(level, "")
        plain = "\x1b[0m" if colour else ""
        head = f"{event.pop('timestamp')} {colour}{level:<8}{plain} {event.pop('event')}"
        del event["level"]
        words = (f"{key}={_quoted(value)}" for key, value in event.items())
        return " ".join((head, *words)) + (f"\n{exception}" if exception else "")


def _event(record: logging.LogRecord) -> dict[str, Any]:
    given = {key: value for key, value in vars(record).items() if key not in _OWN}
    time = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    event = {
        "event": record.getMessage(),
        **given,
        "level": record.levelname.lower(),
        "logger": record.name,
        "timestamp": time.isoformat(timespec="microseconds") + "Z",
    }
    if record.exc_info and record.exc_info[1]:
        event["exception"] = "".join(_told(record.exc_info[1], set())).rstrip()
    return {key: _masked(value) for key, value in event.items()}


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Tell an exception, what it came from and what it holds: types and places."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before and id(before) not in seen:
        yield from _told(before, seen)
        yield "which led to:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}{_harmless(error)}\n"
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        if id(part) not in seen:
            yield "among which:\n"
            yield from _told(part, seen)


def _harmless(error: BaseException) -> str:
    """Give what the system or SQLite says of itself, which quotes nobody."""
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    return f": {error}" if isinstance(error, sqlite3.Error) else ""


def _quoted(value: Any) -> str:
    text = str(value)
    return text if text and " " not in text else repr(text)


def _masked(value: Any) -> Any:
    """Leave only the server of a Matrix id, in each value, however deep."""
    if isinstance(value, str):
        return _USER_ID.sub("@…:", value)
    if isinstance(value, dict):
        return {_masked(k): _masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(v) for v in value]
    # Anything else is written as its text: the name may hide in there.
    return value if isinstance(value, bool | int | float | None) else _masked(str(value))
