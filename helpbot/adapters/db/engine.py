"""Opening the database, and one transaction at a time.

Synchronous SQLAlchemy Core, a whole transaction a call. On SQLite it runs on the event loop's own thread: a
question's transactions take well under a millisecond, less than the way to another thread and back, with
its wait for the interpreter's lock. Only the checkpoint touches the disk's platter (`fsync`), and that is
done aside, on a thread and a connection of its own. PostgreSQL is a network away: there each transaction
goes to a thread.

(The asyncio engine over aiosqlite hops once a statement: 3.5 ms of processor time for eight of them, more
than a whole question may cost. benchmarks/store.py measures it again.)

SQLite runs in WAL mode with `synchronous=NORMAL`: a power cut may lose the last transactions, whole ones
and in order. That is safe here: the cursor goes back with them, the homeserver gives the same events
again, and the same causes make the same transaction ids, so nothing is said twice. (The crypto store,
whose ratchets must never go back, is another file and runs with FULL.)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from helpbot.adapters.db.store import SqlTx
from helpbot.adapters.db.tables import SCHEMA_VERSION, metadata

log = logging.getLogger("helpbot.store")

BUSY_WAIT_S = 30
"""How long a statement waits for another program's."""
SCRUB_WAIT_MS = 2_000
"""The bot's own transactions wait meanwhile: rather tried again in a minute."""

T = TypeVar("T")


class NewerSchema(Exception):
    """The database was written by a newer helpbot."""


class OldSchema(Exception):
    """The database needs `helpbot db upgrade`."""


class SqlStore:
    """The `Store` port over SQLAlchemy. One transaction at a time."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._local = engine.dialect.name == "sqlite"
        self._connection: sa.Connection | None = None

    async def run(self, work: Callable[[SqlTx], T]) -> T:
        """Run `work` in one transaction and return what it returns; on any error nothing is kept."""
        if self._local:
            return self._run(work)
        return await asyncio.get_running_loop().run_in_executor(self._aside, self._run, work)

    def _run(self, work: Callable[[SqlTx], T]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
            if self._local:
                self._connection = self._connection.execution_options(isolation_level="AUTOCOMMIT")
        if not self._local:
            with self._connection.begin():
                return work(SqlTx(self._connection))
        # The driver's own BEGIN and COMMIT: SQLAlchemy's cost more than the statements between them.
        driver: Any = self._connection.connection.driver_connection
        driver.execute("BEGIN IMMEDIATE")
        try:
            result = work(SqlTx(self._connection))
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise
        return result

    async def read(self, work: Callable[[SqlTx], T]) -> T:
        """Return what `work` reads, on a thread and a connection of its own; it changes nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._read, work)

    def _read(self, work: Callable[[SqlTx], T]) -> T:
        level = "AUTOCOMMIT" if self._local else "REPEATABLE READ"
        with self._engine.connect().execution_options(isolation_level=level) as connection:
            if not self._local:
                with connection.begin() as transaction:
                    found = work(SqlTx(connection))
                    transaction.rollback()
                return found
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA query_only=ON")
            driver.execute("BEGIN")
            try:
                return work(SqlTx(connection))
            finally:
                connection.invalidate()  # with its cache, and what it began

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the database file, beside the transactions that go on."""
        if self._local:
            await asyncio.get_running_loop().run_in_executor(self._aside, self._checkpoint)

    def _checkpoint(self) -> None:
        with closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    async def scrub(self) -> bool:
        """Overwrite what was deleted: the database is written anew, its log emptied. False: not now.

        `secure_delete` overwrites freed cells as they go; what moved when pages were split may still stand
        in their unused parts, and older pages in the write-ahead log. Others who read or write it for long
        keep it from being done.
        """
        return await asyncio.get_running_loop().run_in_executor(self._aside, self._scrub)

    def _scrub(self) -> bool:
        driver: Any = self._engine.dialect.dbapi
        try:
            with closing(self._engine.raw_connection()) as connection:
                return self._written_anew(connection)
        except driver.Error:
            log.warning("the database cannot be written anew now; it is tried again", exc_info=True)
            return False

    def _written_anew(self, connection: Any) -> bool:
        with closing(connection.cursor()) as cursor:
            if not self._local:
                return self._tables_anew(connection, cursor)
            # Each pragma gives a row: left unread it is a statement in progress, which no VACUUM bears.
            cursor.execute(f"PRAGMA busy_timeout={SCRUB_WAIT_MS}").fetchall()
            try:
                cursor.execute("VACUUM")
                [(busy, _, _)] = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                return not busy
            finally:
                cursor.execute(f"PRAGMA busy_timeout={BUSY_WAIT_S * 1000}").fetchall()

    def _tables_anew(self, connection: Any, cursor: Any) -> bool:
        connection.driver_connection.autocommit = True
        try:
            for table in metadata.tables:
                cursor.execute(f'VACUUM (FULL) "{table}"')
        finally:
            connection.driver_connection.autocommit = False
        return True

    async def close(self) -> None:
        """Close the database."""
        self._reader.shutdown(wait=True)
        await asyncio.get_running_loop().run_in_executor(self._aside, self._close)
        self._aside.shutdown(wait=True)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


def database_url(url: str | None, data_dir: Path) -> str:
    """Return the SQLAlchemy URL: the configured PostgreSQL one, or the SQLite file in `data_dir`."""
    if url is None:
        return f"sqlite:///{data_dir / 'helpbot.db'}"
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def make_engine(url: str) -> sa.Engine:
    """Return an engine whose transactions begin when we say so, with SQLite's settings written down."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(
        url, connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_WAIT_S}
    )

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "wal_autocheckpoint=20000",  # only if the checkpoints aside should not come
            "cache_size=-2000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    # sqlite3's own transaction handling begins too late for reads; IMMEDIATE never fails half-way.
    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def prepare(engine: sa.Engine) -> None:
    """Make a fresh database's tables, or make sure that an existing one is of this version.

    Raises `OldSchema` or `NewerSchema`. Alembic is imported only to upgrade (it costs 10 MB).
    """
    with engine.begin() as connection:
        found = set(sa.inspect(connection).get_table_names())
        if not found & set(metadata.tables):
            metadata.create_all(connection)
            connection.exec_driver_sql(
                "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)"
            )
            connection.execute(
                sa.text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA_VERSION}
            )
            return
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version == SCHEMA_VERSION:
        return
    if version is not None and str(version) > SCHEMA_VERSION:
        raise NewerSchema(f"the database is of version {version}, this helpbot knows {SCHEMA_VERSION}")
    raise OldSchema(f"the database is of version {version}; run `helpbot db upgrade`")


def open_store(url: str | None, data_dir: Path) -> SqlStore:
    """Return the store, its tables made or checked. Raises `OldSchema`, `NewerSchema`, `OSError`."""
    if url is None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(database_url(url, data_dir))
    prepare(engine)
    return SqlStore(engine)
