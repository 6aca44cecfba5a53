"""Who helped whom: the log, and what waits to be told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import help_log, jobs, report_months, tickets
from helpbot.adapters.db.tallies import Tallies
from helpbot.core.effects import JobKind
from helpbot.core.ids import TicketId, UserId
from helpbot.core.records import HelpRecord, Job
from helpbot.core.report import Counts, Line

_SAVE_RECORD = upsert(help_log)
_KEEP_MONTH = upsert(report_months)
_KEPT_MONTHS = select(report_months, order=report_months.c.month)
_THANKS = select(
    jobs,
    where=(
        jobs.c.kind == JobKind.THANKS.value,
        jobs.c.due < Param("before"),
        jobs.c.ticket == tickets.c.id,
        tickets.c.helper == Param("of_helper"),
    ),
    order=(jobs.c.due, jobs.c.ticket),
)


class Helplog(Area):
    """Who helped whom: the log, and what waits to be told of it."""

    def save_record(self, record: HelpRecord) -> None:
        """Insert or replace the record of an ended question."""
        self._do(_SAVE_RECORD, {c.name: getattr(record, c.name) for c in help_log.c})

    def counts(self, since: str = "") -> Counts:
        """Return the log aggregated, of questions asked from the month `since` on (`2026-11`; empty: all)."""
        return Tallies(self._connection, since).counts()

    def keep_months(self, lines: Mapping[str, Line]) -> None:
        """Keep the published lines of months, in place of earlier ones of the same months."""
        for month, line in lines.items():
            told = {"total": line.total, "groups": dict(line.groups), "answer": line.answer}
            self._do(_KEEP_MONTH, {"month": month, "line": codec.dump(told)})

    def kept_months(self) -> dict[str, Line]:
        """Return the published lines that were kept, oldest first."""
        found = {}
        for row in self._rows(_KEPT_MONTHS):
            told = json.loads(row.line)
            first, half, most = told["answer"]
            found[row.month] = Line(told["total"], told["groups"], (first, half, most))
        return found

    def times_helped(self, asker: str, *, since: int) -> int:
        """Return how many questions of somebody, asked since a moment, a person answered."""
        mine = (help_log.c.asker == asker, help_log.c.helper.is_not(None), help_log.c.asked_at >= since)
        return int(self._connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())

    def times_solved(self, helper: str, theme: str, *, since: int) -> int:
        """Return how many questions on a theme, asked since a moment, somebody answered to a ✅."""
        where = (help_log.c.helper == helper, help_log.c.theme == theme, help_log.c.asked_at >= since)
        query = sa.select(sa.func.count()).where(*where, help_log.c.feedback.is_(True))
        return int(self._connection.execute(query).scalar_one())

    def thanks_waiting(self, helper: UserId, *, before: int) -> list[Job]:
        """Return the timers before a moment that are to thank a helper."""
        rows = self._rows(_THANKS, of_helper=helper, before=before)
        return [Job(TicketId(r.ticket), JobKind(r.kind), r.due, r.epoch) for r in rows]
