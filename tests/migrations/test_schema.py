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


async def test_the_log_of_the_first_version_learns_its_months(tmp_path: Path) -> None:
    upgrade_database(None, tmp_path, to="0001")
    engine = make_engine(f"sqlite:///{tmp_path / 'helpbot.db'}")
    # In Paris: 30 June 2026, 23:30; 1 December 2026, 0:30; 15 January 2027, 9:00.
    asked = (1_782_855_000_000, 1_796_081_400_000, 1_800_000_000_000)
    with engine.begin() as connection:
        for number, at in enumerate(asked):
            row = {"n": number, "at": at, "end": at + 1}
            connection.execute(
                sa.text(
                    "INSERT INTO help_log (ticket, level, outcome, asker, asked_at, ended_at, offers)"
                    " VALUES (:n, '', 'faq', 'a', :at, :end, 0)"
                ),
                row,
            )
    assert upgrade_database(None, tmp_path) == ("0001", SCHEMA_VERSION)
    with engine.begin() as connection:
        months = connection.execute(sa.text("SELECT month FROM help_log ORDER BY ticket")).scalars().all()
    engine.dispose()
    assert months == ["2026-06", "2026-12", "2027-01"]


async def test_answers_relayed_before_are_known_as_their_helpers(tmp_path: Path) -> None:
    upgrade_database(None, tmp_path, to="0005")
    engine = make_engine(f"sqlite:///{tmp_path / 'helpbot.db'}")
    ticket = "VALUES (1, '$q', 'ABCDE', '!r', '@a:x', 'answered', 0, '', 0, 0, '@vera:x', '', '{}')"
    sent = "VALUES (:t, '!r', 'm.room.message', '{}', 0, :of, :slot, :kind, 0, '', '', 0, 1, 0)"
    rows = (
        ("a", 1, "relay/$e", "relay"),
        ("b", 1, "reply", "status"),
        ("c", 1, "offer/@vera:x", "status"),
        ("d", 1, "follow/$e", "relay"),
        ("e", None, "", "status"),
    )
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO tickets (id, question, ref, room, asker, state, epoch, pending, pending_at,"
                f" asked_at, helper, text, detail) {ticket}"
            )
        )
        for txn, of, slot, kind in rows:
            connection.execute(
                sa.text(
                    "INSERT INTO outbox (txn_id, room, event_type, content, priority, ticket, slot, kind,"
                    f" edits_slot, reply_slot, redacts_txn, created_at, state, attempts) {sent}"
                ),
                {"t": txn, "of": of, "slot": slot, "kind": kind},
            )
    upgrade_database(None, tmp_path)
    with engine.begin() as connection:
        rows_now = connection.execute(sa.text("SELECT txn_id, about FROM outbox")).all()
    engine.dispose()
    assert {row.txn_id: row.about for row in rows_now} == {
        "a": "@vera:x",
        "b": "@vera:x",
        "c": None,
        "d": None,
        "e": None,
    }


async def test_a_number_that_the_log_still_knows_is_not_given_to_a_new_question(tmp_path: Path) -> None:
    upgrade_database(None, tmp_path, to="0009")
    engine = make_engine(f"sqlite:///{tmp_path / 'helpbot.db'}")
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO help_log (ticket, level, outcome, asker, asked_at, ended_at, offers, month)"
                " VALUES (41, '', 'faq', 'a', 0, 1, 0, '2026-11')"
            )
        )
    upgrade_database(None, tmp_path)
    with engine.begin() as connection:
        new = connection.execute(
            sa.text(
                "INSERT INTO tickets (question, ref, room, asker, state, epoch, pending, pending_at,"
                " asked_at, text, detail)"
                " VALUES ('$q', 'ABCDE', '!r', '@a:x', 'open', 0, '', 0, 0, '', '{}') RETURNING id"
            )
        ).scalar()
    engine.dispose()
    assert new == 42
