"""A copy of the SQLite database while the bot writes to it, and what such a copy is marked with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

RESTORED = "restored"
"""No device: whoever opens a copy reads the rooms back first, see `flow/readback.py`."""


def database_file(data_dir: Path) -> Path:
    """Return where the SQLite database of a data folder is."""
    return data_dir / "helpbot.db"


def copy_database(data_dir: Path, target: Path) -> str:
    """Copy the database as it is at one moment, marked as a copy; return its schema's version.

    SQLite's backup API reads one consistent state beside any writer. Raises `FileNotFoundError` where
    there is no database, `OSError` or `sqlite3.Error` where it cannot be read.
    """
    source = database_file(data_dir)
    if not source.exists():
        raise FileNotFoundError(2, "no such file", str(source))
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as copy:
        there.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("INSERT OR REPLACE INTO state (key, value) VALUES ('device', ?)", (RESTORED,))
        copy.commit()
        [version] = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(version)
