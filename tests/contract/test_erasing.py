"""Erasure and export follow the data register, whatever the tables come to hold."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from helpbot.adapters.db import engine
from helpbot.adapters.db.engine import make_engine, open_store
from helpbot.adapters.db.tables import metadata
from helpbot.core.erasure import Erasure
from helpbot.core.ids import UserId
from helpbot.core.register import TABLES, Holds
from helpbot.ports import Store

LEA, SAM = UserId("@lea.martin:exemple.fr"), UserId("@lea.martin:exemple.fr.net")
ALIAS = {LEA: "a" * 32, SAM: "b" * 32}


def _value(column: sa.Column[Any], holds: Holds, user: UserId, number: int, ticket: int) -> Any:
    """Return something of the column's type, with somebody in it where somebody can be."""
    if holds is Holds.USER:
        return user
    if holds is Holds.ALIAS:
        return ALIAS[user]
    if holds is Holds.TICKET:
        return ticket
    if holds in (Holds.MENTIONS, Holds.WORDS):
        return f'{{"sender":"{user}","body":"mots de {ALIAS[user]} et {user}, {number}"}}'
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.Integer | sa.Float):
        return number
    return f"{column.name}{number}"


def fill(folder: Path, user: UserId, number: int) -> None:
    """Write one row in each table, about `user` in every column that can be about somebody."""
    engine = make_engine(f"sqlite:///{folder / 'helpbot.db'}")
    with engine.begin() as connection:
        for table in TABLES:
            sql = metadata.tables[table.name]
            row = {c.name: _value(sql.c[c.name], c.holds, user, number, number) for c in table.columns}
            connection.execute(sa.insert(sql).values(row))
    engine.dispose()


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A database with a row about each of two people in every table."""
    engine = make_engine(f"sqlite:///{tmp_path / 'helpbot.db'}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        from helpbot.adapters.db.tables import SCHEMA_VERSION

        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:v)"), {"v": SCHEMA_VERSION})
    engine.dispose()
    fill(tmp_path, LEA, 11)
    fill(tmp_path, SAM, 12)
    return tmp_path


async def scrubbed(store: Store, user: UserId | None, person: str) -> None:
    await store.run(lambda tx: tx.erase(user, person, "erased-1"))
    await store.scrub()


async def test_every_row_about_a_person_is_found_in_every_table(filled: Path) -> None:
    store = open_store(None, filled)
    rows = await store.run(lambda tx: tx.holdings(LEA, ALIAS[LEA]))
    about = {t.name for t in TABLES if any(c.holds is not Holds.NOTHING for c in t.columns)}
    assert set(rows) == about
    assert all(len(found) == 1 for found in rows.values())
    await store.close()


async def test_an_erasure_leaves_no_byte_in_any_column_and_touches_nobody_else(filled: Path) -> None:
    store = open_store(None, filled)
    others = await store.run(lambda tx: tx.holdings(SAM, ALIAS[SAM]))
    await scrubbed(store, LEA, ALIAS[LEA])
    assert await store.run(lambda tx: tx.holdings(SAM, ALIAS[SAM])) == others
    assert await store.run(lambda tx: tx.every_user()) == {SAM}
    await store.close()
    left = b"".join(path.read_bytes() for path in filled.iterdir())
    assert ALIAS[LEA].encode() not in left
    assert left.count(LEA.encode()) == left.count(SAM.encode()) > 0  # hers is the beginning of theirs


async def test_a_pseudonym_goes_without_its_id(filled: Path) -> None:
    store = open_store(None, filled)
    await scrubbed(store, None, ALIAS[LEA])
    rows = await store.run(lambda tx: tx.holdings(UserId("@nobody:exemple.fr"), ALIAS[LEA]))
    assert rows == {}
    await store.close()


async def test_what_is_to_be_done_after_an_erasure_is_remembered_until_it_is_done(tmp_path: Path) -> None:
    one, two = Erasure("a", 10), Erasure("b", 11)
    store = open_store(None, tmp_path)
    assert await store.run(lambda tx: tx.unfinished_erasures()) is None
    for erasure in (one, two):
        await store.run(lambda tx, e=erasure: tx.note_erased(e, journal=True))
    assert await store.run(lambda tx: (tx.unfinished_erasures(), tx.erased_until())) == ([one, two], 11)
    await store.run(lambda tx: tx.finish_erasures([one]))
    assert await store.run(lambda tx: tx.unfinished_erasures()) == [two]
    await store.run(lambda tx: tx.finish_erasures([two]))
    await store.run(lambda tx: tx.note_erased(Erasure("c", 5), journal=False))
    assert await store.run(lambda tx: (tx.unfinished_erasures(), tx.erased_until())) == ([], 11)
    await store.close()


async def test_who_reads_the_database_for_long_delays_the_overwriting(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SCRUB_WAIT_MS", 20)
    store = open_store(None, filled)
    with closing(sqlite3.connect(filled / "helpbot.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tickets").fetchone()
        await store.run(lambda tx: tx.erase(LEA, ALIAS[LEA], "erased-1"))
        assert await store.scrub() is False
        reader.rollback()
        with closing(sqlite3.connect(filled / "helpbot.db")) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert await store.scrub() is False
    assert await store.scrub() is True
    assert (filled / "helpbot.db-wal").stat().st_size == 0
    await store.close()
