"""What the named queries of every area share: statements, states, and the connection they run on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db.prepared import Prepared, Values

WAITING, DONE, PARKED = 0, 1, 2
UNSENT, SENT, ASIDE, CANCELLED, HELD = 0, 1, 2, 3, 4

Param = sa.bindparam


def select(*what: Any, where: Any = None, order: Any = None, limit: int | None = None) -> Prepared:
    """Return the prepared SELECT of columns or a table."""

    def make(_insert: Any) -> sa.ClauseElement:
        query = sa.select(*what)
        if where is not None:
            query = query.where(*(where if isinstance(where, tuple) else (where,)))
        if order is not None:
            query = query.order_by(*(order if isinstance(order, tuple) else (order,)))
        return query.limit(limit) if limit else query

    return Prepared(make)


def update(table: sa.Table, *where: Any, **values: Any) -> Prepared:
    """Return the prepared UPDATE of a table."""
    return Prepared(lambda _insert: sa.update(table).where(*where).values(values))


class Area:
    """Named queries on one connection, for the length of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def _rows(self, query: Prepared, **values: Any) -> list[Any]:
        return query.run(self._connection, values).all()

    def _row(self, query: Prepared, **values: Any) -> Any:
        return query.run(self._connection, values).first()

    def _do(self, query: Prepared, values: Values) -> None:
        query.run(self._connection, values)

    def _all(self, query: sa.Select[Any]) -> Any:
        return self._connection.execute(query).all()
