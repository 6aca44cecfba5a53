"""Who helped whom: the log, and what waits to be told of it."""

from __future__ import annotations

from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import help_log, jobs, tickets
from helpbot.adapters.db.tallies import Tallies
from helpbot.core.effects import JobKind
from helpbot.core.ids import TicketId, UserId
from helpbot.core.records import HelpRecord, Job
from helpbot.core.report import Counts

_SAVE_RECORD = upsert(help_log)
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

    def thanks_waiting(self, helper: UserId, *, before: int) -> list[Job]:
        """Return the timers before a moment that are to thank a helper."""
        rows = self._rows(_THANKS, of_helper=helper, before=before)
        return [Job(TicketId(r.ticket), JobKind(r.kind), r.due, r.epoch) for r in rows]
