"""Logs: readable lines or JSON lines on stderr, with no person's name in them.

Everything goes through here, also what libraries log. A Matrix id on Tchap spells an e-mail address: what
comes before its server is taken out of every text before it is written.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_USER_ID = re.compile(r"@[^\s:@\"'<>]+:(?=[\w\[])")
_QUIET = ("aiohttp", "alembic", "asyncio", "nio", "peewee", "sqlalchemy")

Event = MutableMapping[str, Any]


def set_up_logs(*, json: bool, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (stderr by default), as JSON lines or as lines for people."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _without_names,
    ]
    out = stream or sys.stderr
    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if json
        else structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _without_names(_logger: Any, _method: str, event: Event) -> Event:
    """Leave only the server of a Matrix id, in each value, however deep. The event comes first."""
    return {"event": "", **{key: _masked(value) for key, value in event.items()}}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _USER_ID.sub("@…:", value)
    if isinstance(value, dict):
        return {_masked(k): _masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(v) for v in value]
    # Anything else is written as its text: the name may hide in there.
    return value if isinstance(value, bool | int | float | None) else _masked(str(value))
