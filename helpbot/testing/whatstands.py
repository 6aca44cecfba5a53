"""All that a database holds, to look for what must not be there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from helpbot.adapters.db.engine import make_engine


def everything_stored(folder: Path) -> str:
    """Return every row of every table of a bot's SQLite file as one text."""
    engine = make_engine(f"sqlite:///{folder / 'helpbot.db'}")
    with engine.begin() as connection:
        named = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
        tables = [sa.table(row[0]) for row in named]
        every = sa.text("*")
        rows = [list(connection.execute(sa.select(every).select_from(table))) for table in tables]
    engine.dispose()
    return repr(rows)
