"""The database: SQLAlchemy Core on one dedicated thread, SQLite or PostgreSQL."""

from helpbot.adapters.db.engine import NewerSchema, OldSchema, SqlStore, open_store

__all__ = ["NewerSchema", "OldSchema", "SqlStore", "open_store"]
