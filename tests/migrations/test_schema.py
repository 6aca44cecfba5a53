"""A migrated database is a fresh one; a newer one is refused; nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from helpbot.adapters.db.engine import NewerSchema, OldSchema, make_engine, open_store, prepare
from helpbot.adapters.db.tables import SCHEMA_VERSION, metadata
from helpbot.adapters.db.upgrade import upgrade_database


def _schema(path: Path) -> list[tuple[str, str]]:
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        inspector = sa.inspect(connection)
        found = []
        for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
            columns = [
                (c["name"], str(c["type"]), c["nullable"], c["primary_key"])
                for c in inspector.get_columns(table)
            ]
            indexes = sorted(
                (i["name"], i["column_names"], i["unique"]) for i in inspector.get_indexes(table)
            )
            unique = sorted(u["column_names"] for u in inspector.get_unique_constraints(table))
            found.append((table, repr((columns, indexes, unique))))
    engine.dispose()
    return found


async def test_a_fresh_database_equals_a_migrated_one(tmp_path: Path) -> None:
    await open_store(None, tmp_path / "fresh").close()
    assert upgrade_database(None, tmp_path / "migrated") == ("", SCHEMA_VERSION)
    assert _schema(tmp_path / "fresh/helpbot.db") == _schema(tmp_path / "migrated/helpbot.db")
    assert [t for t, _ in _schema(tmp_path / "fresh/helpbot.db")] == sorted(metadata.tables)
    assert upgrade_database(None, tmp_path / "fresh") == (SCHEMA_VERSION, SCHEMA_VERSION)


def _stamp(folder: Path, version: str) -> sa.Engine:
    engine = make_engine(f"sqlite:///{folder / 'helpbot.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    return engine


async def test_a_newer_database_is_refused_and_kept(tmp_path: Path) -> None:
    await open_store(None, tmp_path).close()
    engine = _stamp(tmp_path, "9999")
    with pytest.raises(NewerSchema, match="9999"):
        prepare(engine)
    engine.dispose()
    with pytest.raises(NewerSchema, match="9999"):
        upgrade_database(None, tmp_path)


async def test_an_older_database_asks_for_the_upgrade(tmp_path: Path) -> None:
    await open_store(None, tmp_path).close()
    engine = _stamp(tmp_path, "0000")
    with pytest.raises(OldSchema, match="helpbot db upgrade"):
        prepare(engine)
    engine.dispose()
