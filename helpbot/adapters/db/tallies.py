"""The log of help aggregated for reports: counts, and of how many people, in a second for a million rows.

Each statement reads one index in its own order (`_BY…` below), so that nothing is sorted. How many people a
count is about matters only up to `FEW`: the least and the greatest pseudonym of each of its parts mostly
prove that there are enough of them; where they do not, the part is looked at until enough were seen.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from helpbot.adapters.db.prepared import Prepared
from helpbot.adapters.db.tables import help_log, tickets
from helpbot.core.disclosure import FEW
from helpbot.core.report import Counts, Tally, Waits
from helpbot.core.tickets import ENDED, Outcome

K = TypeVar("K", bound=Hashable)
_LOG = help_log.c
_SINCE = _LOG.month >= sa.bindparam("since")
_ASKERS = (sa.func.min(_LOG.asker).label("asker_min"), sa.func.max(_LOG.asker).label("asker_max"))
_HELPERS = (sa.func.min(_LOG.helper).label("helper_min"), sa.func.max(_LOG.helper).label("helper_max"))
_COUNT = sa.func.count().label("questions")
_FROM_FAQ = (Outcome.FAQ.value, Outcome.CLARIFIED.value)
_MARKS = {None: "none", True: "yes", False: "no"}


def _by(*columns: sa.Column[Any], people: tuple[Any, ...] = (), where: Any = None) -> Prepared:
    query = sa.select(*columns, _COUNT, *people).where(_SINCE).group_by(*columns)
    if where is not None:
        query = query.where(where)
    return Prepared(lambda _insert: query)


_BY_OUTCOME = _by(_LOG.month, _LOG.theme, _LOG.outcome, _LOG.entry, people=(*_ASKERS, *_HELPERS))
_BY_LEVEL = _by(_LOG.level, _LOG.month, people=_ASKERS)
_BY_FEEDBACK = _by(_LOG.feedback, _LOG.month, people=_ASKERS)
_BY_REFUSED = _by(_LOG.refused, _LOG.month, people=_ASKERS, where=_LOG.refused.is_not(None))
_HELPED = _LOG.helper.is_not(None)
_WALL = (_LOG.answered_at - _LOG.asked_at) // 60_000
_CLAIMED = _by(_LOG.claim_minutes, where=_HELPED & _LOG.claim_minutes.is_not(None))
_ANSWERED = _by(_LOG.month, _LOG.answer_minutes, where=_HELPED & _LOG.answer_minutes.is_not(None))
_WALL_MINUTES = Prepared(
    lambda _insert: (
        sa.select(_WALL.label("minutes"), _COUNT)
        .where(_SINCE, _HELPED, _LOG.answered_at.is_not(None))
        .group_by(sa.literal_column("minutes"))
    )
)


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows that are alike in some columns: how many, and the least and greatest pseudonyms."""

    alike: dict[str, Any]
    count: int
    askers: frozenset[str]
    helpers: frozenset[str] = frozenset()


class Tallies:
    """Counts of the log from one month on, on one connection."""

    def __init__(self, connection: sa.Connection, since: str) -> None:
        self._connection = connection
        self._since = since
        self._seen: dict[tuple[str, tuple[tuple[str, Any], ...]], frozenset[str]] = {}

    def counts(self) -> Counts:
        """Return everything aggregated, with how many people each count is about, up to `FEW`."""
        parts = self._parts(_BY_OUTCOME, ("month", "theme", "outcome", "entry"))
        from_faq = [p for p in parts if p.alike["outcome"] in _FROM_FAQ and p.alike["entry"] is not None]
        months = sorted({p.alike["month"] for p in parts})
        return Counts(
            outcomes=self._single(parts, "outcome"),
            months=self._single(parts, "month"),
            themes={theme or "": t for theme, t in self._single(parts, "theme").items()},
            levels=self._single(self._parts(_BY_LEVEL, ("level", "month")), "level"),
            feedback=self._feedback(),
            by_month=self._double(parts, "month", "outcome"),
            by_theme={(t or "", o): n for (t, o), n in self._double(parts, "theme", "outcome").items()},
            entries={(t or "", e): n for (t, e), n in self._double(from_faq, "theme", "entry").items()},
            refused=self._single(self._parts(_BY_REFUSED, ("refused", "month")), "refused"),
            open=self._open(),
            claim_open=self._waits(_CLAIMED, _LOG.claim_minutes.is_not(None)),
            answer_open=self._waits(_ANSWERED, _LOG.answer_minutes.is_not(None)),
            answer_wall=self._waits(_WALL_MINUTES, _LOG.answered_at.is_not(None)),
            answer_months={month: self._month_waits(month) for month in months},
        )

    def _parts(self, query: Prepared, names: Sequence[str]) -> list[_Part]:
        width = len(names)
        found = []
        for row in query.run(self._connection, {"since": self._since}).all():
            count, asker_min, asker_max, *helpers = row[width:]
            alike = dict(zip(names, row, strict=False))
            askers = frozenset((asker_min, asker_max))
            found.append(_Part(alike, count, askers, frozenset(h for h in helpers if h is not None)))
        return found

    def _single(self, parts: Iterable[_Part], name: str) -> dict[Any, Tally]:
        return self._grouped((p.alike[name], p) for p in parts)

    def _double(self, parts: Iterable[_Part], one: str, two: str) -> dict[tuple[Any, Any], Tally]:
        return self._grouped(((p.alike[one], p.alike[two]), p) for p in parts)

    def _grouped(self, named: Iterable[tuple[K, _Part]]) -> dict[K, Tally]:
        groups: dict[K, list[_Part]] = {}
        for key, part in named:
            groups.setdefault(key, []).append(part)
        return {key: self._tally(parts) for key, parts in groups.items()}

    def _tally(self, parts: list[_Part]) -> Tally:
        askers = self._people(_LOG.asker, [(p, p.askers) for p in parts])
        helpers = self._people(_LOG.helper, [(p, p.helpers) for p in parts if p.helpers])
        return Tally(sum(p.count for p in parts), askers, helpers)

    def _people(self, column: sa.Column[Any], parts: list[tuple[_Part, frozenset[str]]]) -> int:
        """Return of how many people these parts are, `FEW` where there are more."""
        known = {person for _, ends in parts for person in ends}
        for part, ends in parts:
            if len(known) >= FEW:
                return FEW
            if part.count > len(ends) > 1:  # there may be others between the least and the greatest
                known |= self._some(column, part)
        return min(len(known), FEW)

    def _some(self, column: sa.Column[Any], part: _Part) -> frozenset[str]:
        """Return the people of a part, or `FEW` of them."""
        key = (column.name, tuple(part.alike.items()))
        if key not in self._seen:
            same = [_LOG[name] == value for name, value in part.alike.items()]
            self._seen[key] = self._distinct(column, *same)
        return self._seen[key]

    def _distinct(self, column: sa.Column[Any], *where: Any) -> frozenset[str]:
        query = sa.select(column).distinct().where(column.is_not(None), *where).limit(FEW)
        return frozenset(self._connection.execute(query).scalars())

    def _feedback(self) -> dict[str, Tally]:
        found = self._single(self._parts(_BY_FEEDBACK, ("feedback", "month")), "feedback")
        return {_MARKS[None if mark is None else bool(mark)]: tally for mark, tally in found.items()}

    def _open(self) -> Tally:
        living = tickets.c.state.not_in([s.value for s in ENDED])
        people = sa.func.count(tickets.c.asker.distinct())
        row = self._connection.execute(sa.select(sa.func.count(), people).where(living)).one()
        return Tally(*row)

    # --- how long it took

    def _waits(self, query: Prepared, known: Any) -> Waits:
        rows = query.run(self._connection, {"since": self._since}).all()
        minutes: dict[int, int] = {}
        for row in rows:
            minutes[row[-2]] = minutes.get(row[-2], 0) + row[-1]
        return self._of_people(minutes, known, self._since <= _LOG.month)

    def _month_waits(self, month: str) -> Waits:
        known = _HELPED & _LOG.answer_minutes.is_not(None)
        query = sa.select(_LOG.answer_minutes, _COUNT).where(_LOG.month == month, known)
        rows = self._connection.execute(query.group_by(_LOG.answer_minutes)).all()
        return self._of_people({row[0]: row[1] for row in rows}, known, _LOG.month == month)

    def _of_people(self, minutes: dict[int, int], *where: Any) -> Waits:
        if not minutes:
            return Waits()
        askers, helpers = (self._distinct(c, _HELPED, *where) for c in (_LOG.asker, _LOG.helper))
        return Waits(tuple(sorted(minutes.items())), len(askers), len(helpers))
