"""Who helped whom: the log, and what waits to be told of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import help_log, jobs, tickets
from helpbot.core.effects import JobKind
from helpbot.core.ids import TicketId, UserId
from helpbot.core.records import HelpRecord, Job
from helpbot.core.report import Counts, Tally, Waits
from helpbot.core.tickets import ENDED, Outcome

_SAVE_RECORD = upsert(help_log)
_PEOPLE = (
    sa.func.count(),
    sa.func.count(help_log.c.asker.distinct()),
    sa.func.count(help_log.c.helper.distinct()),
)
_FROM_FAQ = (Outcome.FAQ.value, Outcome.CLARIFIED.value)
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

    def counts(self) -> Counts:
        """Return the whole log aggregated, with how many people each count is about."""
        log = help_log.c
        theme = sa.func.coalesce(log.theme, "")
        mark = sa.case((log.feedback.is_(None), "none"), (log.feedback, "yes"), else_="no")
        from_faq = log.outcome.in_(_FROM_FAQ) & log.entry.is_not(None)
        return Counts(
            outcomes=self._tallies(log.outcome),
            months=self._tallies(log.month),
            themes=self._tallies(theme),
            levels=self._tallies(log.level),
            feedback=self._tallies(mark),
            by_month=self._pairs(log.month, log.outcome),
            by_theme=self._pairs(theme, log.outcome),
            entries=self._pairs(theme, log.entry, where=from_faq),
            refused=self._tallies(log.refused, where=log.refused.is_not(None)),
            open=self._open(),
            claim_open=self._waits(log.claim_minutes),
            answer_open=self._waits(log.answer_minutes),
            answer_wall=self._waits((log.answered_at - log.asked_at) // 60_000),
        )

    def _tallies(self, by: sa.ColumnElement[Any], where: Any = None) -> dict[str, Tally]:
        return {row[0]: Tally(*row[1:]) for row in self._grouped(where, by)}

    def _pairs(
        self, one: sa.ColumnElement[Any], two: sa.ColumnElement[Any], where: Any = None
    ) -> dict[tuple[str, str], Tally]:
        return {(row[0], row[1]): Tally(*row[2:]) for row in self._grouped(where, one, two)}

    def _grouped(self, where: Any, *by: sa.ColumnElement[Any]) -> Any:
        # By the names of the columns: PostgreSQL takes an expression with values for another one.
        named = [column.label(f"by{number}") for number, column in enumerate(by)]
        query = sa.select(*named, *_PEOPLE).group_by(*(sa.literal_column(c.name) for c in named))
        return self._all(query if where is None else query.where(where))

    def _open(self) -> Tally:
        living = tickets.c.state.not_in([s.value for s in ENDED])
        people = sa.func.count(tickets.c.asker.distinct())
        query = sa.select(sa.func.count(), people).where(living)
        return Tally(*self._connection.execute(query).one())

    def _waits(self, minutes: sa.ColumnElement[Any]) -> Waits:
        waited = help_log.c.helper.is_not(None) & minutes.is_not(None)
        rows = self._grouped(waited, minutes)
        people: sa.Select[Any] = sa.select(*_PEOPLE[1:]).where(waited)
        return Waits(tuple(sorted((row[0], row[1]) for row in rows)), *self._all(people)[0])

    def thanks_waiting(self, helper: UserId, *, before: int) -> list[Job]:
        """Return the timers before a moment that are to thank a helper."""
        rows = self._rows(_THANKS, of_helper=helper, before=before)
        return [Job(TicketId(r.ticket), JobKind(r.kind), r.due, r.epoch) for r in rows]
