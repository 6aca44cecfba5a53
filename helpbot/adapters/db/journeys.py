"""What each person gave, for themselves: counts from the log, and those kept for who asked for it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db.prepared import Prepared, one_of, upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import help_log, journey_wishes, journeys
from helpbot.core.journey import Step
from helpbot.core.report import HUMAN

_LOG = help_log.c
_GIVEN = one_of(_LOG.outcome, HUMAN)
_PLACE = (_LOG.month, sa.func.coalesce(_LOG.theme, "").label("of_theme"), _LOG.level)
_THANKED = sa.func.sum(sa.case((_LOG.feedback.is_(True), 1), else_=0))
_FROM_LOG = Prepared(
    lambda _insert: (
        sa.select(*_PLACE, sa.func.count().label("answers"), _THANKED.label("thanks"))
        .where(_LOG.helper == Param("of_person"), _GIVEN)
        .group_by(_LOG.month, sa.literal_column("of_theme"), _LOG.level)
    )
)
_KEPT = select(journeys, where=journeys.c.person == Param("of_person"))
_WISH = select(journey_wishes, where=journey_wishes.c.person == Param("of_person"))
_SAVE_WISH = upsert(journey_wishes)
_PAST = Prepared(
    lambda _insert: (
        sa.select(help_log)
        # From the few who asked for it, by their records: a log of which much is past its time is long.
        .where(
            _LOG.helper.in_(sa.select(journey_wishes.c.person)), _LOG.ended_at + 0 < Param("before"), _GIVEN
        )
        .limit(Param("most"))
    )
)


def _add(insert: Any) -> sa.ClauseElement:
    statement = insert(journeys).values({c.name: Param(c.name) for c in journeys.c})
    more = {n: journeys.c[n] + statement.excluded[n] for n in ("answers", "thanks")}
    keys = [c.name for c in journeys.primary_key]
    built: sa.ClauseElement = statement.on_conflict_do_update(index_elements=keys, set_=more)
    return built


_ADD = Prepared(_add)


class Journeys(Area):
    """What each person gave, for themselves."""

    def journey(self, person: str) -> list[Step]:
        """Return what the person of a pseudonym gave: from the log, and what is kept of before it."""
        kept = [Step(r.month, r.theme, r.level, r.answers, r.thanks)
                for r in self._rows(_KEPT, of_person=person)]  # fmt: skip
        return kept + [Step(*row) for row in self._rows(_FROM_LOG, of_person=person)]

    def keeps_journey(self, person: str) -> bool:
        """Tell whether somebody asked that theirs be kept."""
        return self._row(_WISH, of_person=person) is not None

    def keep_journey(self, person: str, now: int) -> None:
        """Keep somebody's counts beyond the log, from now on."""
        self._do(_SAVE_WISH, {"person": person, "since": now})

    def drop_journey(self, person: str) -> None:
        """Keep nothing beyond the log any more; what was kept goes."""
        for table in (journey_wishes, journeys):
            self._connection.execute(sa.delete(table).where(table.c.person == person))

    def fold_journeys(self, *, before: int, limit: int = 500) -> int:
        """Move records that ended before a moment from the log to the counts of those who asked for it.

        Both in this transaction, so that each answer is counted once. Returns how many were moved.
        """
        rows = self._rows(_PAST, before=before, most=limit)
        for row in rows:
            place = {"person": row.helper, "month": row.month, "theme": row.theme or "", "level": row.level}
            self._do(_ADD, {**place, "answers": 1, "thanks": int(bool(row.feedback))})
        ids = [row.ticket for row in rows]
        if ids:
            self._connection.execute(sa.delete(help_log).where(_LOG.ticket.in_(ids)))
        return len(rows)
