"""Alembic migrations, forward only. Never edit a released one; add the next and raise SCHEMA_VERSION."""
