"""The directory of volunteers, and the record of who helped whom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import (
    Area,
    select,
)
from helpbot.adapters.db.tables import (
    help_log,
    offers,
    tickets,
    volunteers,
)
from helpbot.core.ids import UserId
from helpbot.core.records import (
    Load,
    Seed,
    Totals,
)
from helpbot.core.tickets import OfferState, State

_PEOPLE_AT_WORK = (State.ASKED.value, State.CLAIMED.value)
_SEED_VOLUNTEER = upsert(
    volunteers, ("user", "themes", "hours", "zone", "school", "academie", "level", "seeded")
)
_VOLUNTEERS = select(volunteers, order=volunteers.c.user)


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
        gone = sa.delete(volunteers).where(volunteers.c.seeded, volunteers.c.user.not_in(kept))
        self._connection.execute(gone)

    def volunteers(self) -> list[tuple[Seed, bool]]:
        """Return the directory, with whether each had their first notice."""
        return [
            (
                Seed(
                    UserId(r.user),
                    tuple(json.loads(r.themes)),
                    r.hours,
                    r.zone,
                    r.school,
                    r.academie,
                    r.level,
                ),
                r.noticed_at is not None,
            )
            for r in self._rows(_VOLUNTEERS)
        ]

    def note_noticed(self, users: Iterable[UserId], now: int) -> None:
        """Note that volunteers were told that they are, and how to stop."""
        query = sa.update(volunteers).where(
            volunteers.c.user.in_(list(users)), volunteers.c.noticed_at.is_(None)
        )
        self._connection.execute(query.values(noticed_at=now))

    def loads(self, *, day_since: int, week_since: int) -> dict[UserId, Load]:
        """Return how often each volunteer was asked."""
        held = offers.c.state.in_((OfferState.OPEN.value, OfferState.CLAIMED.value))
        live = held & tickets.c.state.in_(_PEOPLE_AT_WORK)
        query = (
            sa.select(
                offers.c.volunteer,
                sa.func.sum(sa.case((offers.c.at >= day_since, 1), else_=0)),
                sa.func.sum(sa.case((offers.c.at >= week_since, 1), else_=0)),
                sa.func.sum(sa.case((live, 1), else_=0)),
            )
            .select_from(offers.outerjoin(tickets, tickets.c.id == offers.c.ticket))
            .where(sa.or_(offers.c.at >= week_since, live))
            .group_by(offers.c.volunteer)
        )
        return {UserId(r[0]): Load(r[1], r[2], r[3]) for r in self._all(query)}

    def totals(self, *, since: int, timezone: str) -> Totals:
        """Return the counts of a report."""
        zone = ZoneInfo(timezone)
        ended: dict[str, int] = {}
        themes: dict[str, dict[str, int]] = {}
        months: dict[str, dict[str, int]] = {}
        feedback = {"yes": 0, "no": 0, "none": 0}
        claim, answer = [], []
        for r in self._all(sa.select(help_log).where(help_log.c.ended_at >= since)):
            ended[r.outcome] = ended.get(r.outcome, 0) + 1
            by_theme = themes.setdefault(r.theme or "", {})
            by_theme[r.outcome] = by_theme.get(r.outcome, 0) + 1
            month = datetime.fromtimestamp(r.asked_at / 1000, UTC).astimezone(zone).strftime("%Y-%m")
            by_month = months.setdefault(month, {})
            by_month[r.outcome] = by_month.get(r.outcome, 0) + 1
            feedback["none" if r.feedback is None else "yes" if r.feedback else "no"] += 1
            if r.claimed_at is not None:
                claim.append(r.claimed_at - r.asked_at)
            if r.answered_at is not None and r.helper is not None:
                answer.append(r.answered_at - r.asked_at)
        count = sa.select(tickets.c.state, sa.func.count()).group_by(tickets.c.state)
        states = {r[0]: r[1] for r in self._all(count)}
        return Totals(ended, states, themes, feedback, tuple(claim), tuple(answer), months)
