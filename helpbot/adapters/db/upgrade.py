"""Bringing an older database to this version. Imported only when it is due: Alembic costs 10 MB."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from helpbot.adapters.db.engine import NewerSchema, database_url, make_engine
from helpbot.adapters.db.tables import SCHEMA_VERSION


def upgrade_database(url: str | None, data_dir: Path, *, to: str = "head") -> tuple[str, str]:
    """Migrate and return (version before, version now); before is empty for a fresh database.

    Raises `NewerSchema` for a database of a newer helpbot, which stays as it is.
    """
    if url is None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(database_url(url, data_dir))
    try:
        with engine.connect() as connection:
            before = _version(connection)
            if before > SCHEMA_VERSION:
                raise NewerSchema(f"the database is of version {before}, this helpbot knows {SCHEMA_VERSION}")
            config = Config()
            config.set_main_option("script_location", "helpbot.adapters.db:migrations")
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            connection.commit()
            return before, _version(connection)
    finally:
        engine.dispose()


def _version(connection: sa.Connection) -> str:
    found = MigrationContext.configure(connection).get_current_revision() or ""
    connection.commit()
    return found
