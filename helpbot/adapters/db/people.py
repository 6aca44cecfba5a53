"""The directory of volunteers, and the record of who helped whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import Prepared, upsert
from helpbot.adapters.db.queries import (
    Area,
    Param,
    select,
    update,
)
from helpbot.adapters.db.tables import (
    offers,
    tickets,
    volunteers,
)
from helpbot.core.habits import Habits
from helpbot.core.ids import UserId
from helpbot.core.records import (
    Listed,
    Load,
    Seed,
)
from helpbot.core.tickets import OfferState, State

_PEOPLE_AT_WORK = (State.ASKED.value, State.CLAIMED.value)
_SEED_VOLUNTEER = upsert(
    volunteers, ("user", "themes", "hours", "zone", "school", "academie", "level", "seeded")
)
_VOLUNTEERS = select(volunteers, where=volunteers.c.stopped_at.is_(None), order=volunteers.c.user)
_LISTED = select(volunteers, where=volunteers.c.user == Param("of_user"))
_OWN = ("chosen", "away_from", "away_until", "stopped_at", "noticed_at", "habits")
_NEW_LINE = ("user", "themes", "hours", "zone", "school", "academie", "level", "seeded")


def _save_listed(insert: Any) -> sa.ClauseElement:
    statement = insert(volunteers).values({n: Param(n) for n in (*_NEW_LINE, *_OWN)})
    own = {n: statement.excluded[n] for n in _OWN}
    built: sa.ClauseElement = statement.on_conflict_do_update(index_elements=["user"], set_=own)
    return built


_SAVE_LISTED = Prepared(_save_listed)
_ASKS_OF = select(
    offers.c.at,
    where=(offers.c.volunteer == Param("of_user"), offers.c.at >= Param("since"), ~offers.c.unasked),
    order=offers.c.at,
)
_NOTE_REACTION = update(
    volunteers,
    volunteers.c.user == Param("of_user"),
    usual_minutes=Param("minutes"),
    habits=Param("noticed"),
)


class People(Area):
    """The directory of volunteers, and the record of who helped whom."""

    def seed_volunteers(self, seeds: Iterable[Seed]) -> None:
        """Make the seeded part of the directory what the configuration says."""
        kept: list[str] = []
        for seed in seeds:
            kept.append(seed.user)
            self._do(
                _SEED_VOLUNTEER,
                {
                    "user": seed.user,
                    "themes": codec.dump(sorted(seed.themes)),
                    "hours": seed.hours,
                    "zone": seed.zone,
                    "school": seed.school,
                    "academie": seed.academie,
                    "level": seed.level,
                    "seeded": True,
                },
            )
        left = volunteers.c.seeded & volunteers.c.user.not_in(kept)
        # Who said something of themselves stays a volunteer when the configuration drops them.
        silent = (volunteers.c.chosen == "{}") | volunteers.c.stopped_at.is_not(None)
        self._connection.execute(sa.delete(volunteers).where(left, silent))
        plain = {"themes": "[]", "hours": "", "zone": "", "school": "", "academie": "", "level": ""}
        self._connection.execute(sa.update(volunteers).where(left).values(seeded=False, **plain))

    def volunteers(self) -> list[Listed]:
        """Return the directory, without those who said `!stop`."""
        return [codec.listed(r) for r in self._rows(_VOLUNTEERS)]

    def listed(self, user: UserId) -> Listed | None:
        """Return somebody's line of the directory, also of one who said `!stop`."""
        row = self._row(_LISTED, of_user=user)
        return codec.listed(row) if row else None

    def save_listed(self, row: Listed, now: int) -> None:
        """Insert or replace what somebody says of themselves; what the configuration says stays."""
        if row.stopped and row.seed is None:
            # Nothing but the configuration would bring them back: no reason to keep anything.
            self._connection.execute(sa.delete(volunteers).where(volunteers.c.user == row.user))
            return
        self._do(_SAVE_LISTED, codec.listed_values(row, now))

    def asks_of(self, user: UserId, since: int) -> list[int]:
        """Return the moments at which somebody was asked."""
        return [r[0] for r in self._rows(_ASKS_OF, of_user=user, since=since)]

    def note_reaction(self, user: UserId, minutes: float | None, habits: Habits | None) -> None:
        """Keep a volunteer's usual response time, in open minutes, and when they react."""
        noticed = codec.habits_text(habits)
        self._do(_NOTE_REACTION, {"of_user": user, "minutes": minutes, "noticed": noticed})

    def note_noticed(self, users: Iterable[UserId], now: int) -> None:
        """Note that volunteers were told that they are, and how to stop."""
        query = sa.update(volunteers).where(
            volunteers.c.user.in_(list(users)), volunteers.c.noticed_at.is_(None)
        )
        self._connection.execute(query.values(noticed_at=now))

    def loads(self, *, day_since: int, week_since: int, month_since: int) -> dict[UserId, Load]:
        """Return how often each volunteer was asked since these moments, the last one the earliest."""
        held = offers.c.state.in_((OfferState.OPEN.value, OfferState.CLAIMED.value))
        asked = ~offers.c.unasked
        live = held & tickets.c.state.in_(_PEOPLE_AT_WORK)
        query = (
            sa.select(
                offers.c.volunteer,
                sa.func.sum(sa.case((asked & (offers.c.at >= day_since), 1), else_=0)),
                sa.func.sum(sa.case((asked & (offers.c.at >= week_since), 1), else_=0)),
                sa.func.sum(sa.case((asked & (offers.c.at >= month_since), 1), else_=0)),
                sa.func.sum(sa.case((live, 1), else_=0)),
            )
            .select_from(offers.outerjoin(tickets, tickets.c.id == offers.c.ticket))
            .where(sa.or_(offers.c.at >= month_since, live))
            .group_by(offers.c.volunteer)
        )
        return {UserId(r[0]): Load(r[1], r[2], r[3], r[4]) for r in self._all(query)}
