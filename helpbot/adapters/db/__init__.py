"""The database: SQLAlchemy Core on one dedicated thread, SQLite or PostgreSQL."""

from helpbot.adapters.db.engine import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
