"""SQLAlchemy expressions compiled once and run on the driver's own cursor.

Building an expression anew for each call costs ten times what SQLite needs to run it: a question's dozen
statements took 4 ms of processor time that way and take 0.3 ms this way (benchmarks/store.py).
The expressions stay the same on both dialects; only their SQL is kept.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

import sqlalchemy as sa

Values = Mapping[str, Any]


@cache
def insert_of(dialect: str) -> Any:
    """Return a dialect's `insert`, which has `on_conflict_do_…`; there is no common base that says so.

    Only the one in use is imported: the other would cost 2 MB of memory.
    """
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


class Prepared:
    """One statement. `make` builds it from the dialect's `insert`; unnamed literals keep their value."""

    __slots__ = ("_compiled", "_make")

    def __init__(self, make: Callable[[Any], sa.ClauseElement]) -> None:
        self._make = make
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: sa.Connection, values: Values = {}) -> _Result:  # noqa: B006  (never changed)
        """Run it in the connection's transaction with values for its named parameters."""
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self._make(insert_of(dialect.name)), dialect)
        return _Result(found, found.execute(connection, values))


class _Compiled:
    __slots__ = ("defaults", "names", "row", "sql")

    def __init__(self, statement: sa.ClauseElement, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = compiled.string
        self.defaults = dict(compiled.params)
        self.names: list[str] | None = list(compiled.positiontup) if compiled.positional else None  # type: ignore[attr-defined]
        self.row: Callable[[Any], Any] | None = None

    def execute(self, connection: sa.Connection, values: Values) -> Any:
        cursor = connection.connection.cursor()
        given = {**self.defaults, **values}
        if self.names is None:
            cursor.execute(self.sql, given)
        else:
            cursor.execute(self.sql, [given[n] for n in self.names])
        return cursor


class _Result:
    """Rows with attributes, as SQLAlchemy gives them."""

    __slots__ = ("_compiled", "_cursor")

    def __init__(self, compiled: _Compiled, cursor: Any) -> None:
        self._compiled, self._cursor = compiled, cursor

    def all(self) -> list[Any]:
        """Return every row."""
        return list(map(self._shape(), self._cursor.fetchall()))

    def first(self) -> Any:
        """Return the first row or None."""
        row = self._cursor.fetchone()
        shape = self._shape()  # before the close: psycopg forgets the columns with it
        self._cursor.close()
        return None if row is None else shape(row)

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return int(self._cursor.rowcount)

    def _shape(self) -> Callable[[Any], Any]:
        shape = self._compiled.row
        if shape is None:  # the first run tells the columns
            names = [column[0] for column in self._cursor.description]
            # A name that is no identifier (`min(…)`) becomes `_0`: such rows are read by position.
            row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
            shape = self._compiled.row = row._make
        return cast("Callable[[Any], Any]", shape)


def one_of(column: sa.Column[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """Return `column IN values` for fixed values (`in_` writes its SQL anew for each run)."""
    return sa.or_(*(column == value for value in values))


def upsert(table: sa.Table, columns: tuple[str, ...] | None = None) -> Prepared:
    """Return the statement that inserts a row or replaces its `columns` (all of them by default)."""
    keys = [c.name for c in table.primary_key]
    names = columns or tuple(c.name for c in table.c)

    def make(insert: Any) -> sa.ClauseElement:
        statement = insert(table).values({n: sa.bindparam(n) for n in names})
        rest = {n: statement.excluded[n] for n in names if n not in keys}
        built: sa.ClauseElement = statement.on_conflict_do_update(index_elements=keys, set_=rest)
        return built

    return Prepared(make)


def insert_once(table: sa.Table, unique: str, columns: tuple[str, ...]) -> Prepared:
    """Return the statement that inserts unless the unique key is there; gives the key of a new row."""
    key = next(iter(table.primary_key))

    def make(insert: Any) -> sa.ClauseElement:
        statement = insert(table).values({n: sa.bindparam(n) for n in columns})
        built: sa.ClauseElement = statement.on_conflict_do_nothing(index_elements=[unique]).returning(key)
        return built

    return Prepared(make)
